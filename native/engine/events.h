// What the engine tells its owner, and what both of them count in. No behaviour here.
#ifndef RONDO_ENGINE_EVENTS_H_
#define RONDO_ENGINE_EVENTS_H_

#include <stdint.h>

#include <array>

#include "channel/frames.h"
#include "engine/counters.h"
#include "engine/slot_set.h"

namespace rondo {

// Why a slot no longer gets connections. The numbers are known to
// src/dispatcher/native/transport.ts.
enum class GoneReason {
  kExited = 0,      // its process is gone
  kClosed = 1,      // the program closed the slot
  kBadFrame = 2,    // the worker sent what is no frame, or not in this order
  kBadBoard = 3,    // the worker wrote counts that cannot be
  kBadVersion = 4,  // the worker speaks another version of the protocol
  kChannel = 5,     // the channel itself failed; the event has the errno
};

// The numbers are known to src/native/engine.ts.
enum class EventType {
  kServing = 0,         // id: slot; count: the listeners it serves now
  kGone = 1,            // id: slot; code: GoneReason; error; count: connections taken back
  kTakenBack = 2,       // id: slot that does not receive; count
  kStarved = 3,         // connections have waited for room for a while
  kFlowing = 4,         // and now there is room
  kAcceptError = 5,     // id: listener; error: errno
  kListenerBroken = 6,  // id: listener; error: errno
  kHandOffError = 7,    // id: slot; error: errno
  kListenerClosed = 9,  // id: listener; its socket is closed, as asked
  kStopped = 8,         // the engine's thread ends
  kPick = 10,           // id: listener; count: connections that wait for the program's choice
  kPickTimedOut = 11,   // id: listener; count: connections for which it came too late
  // id: listener; code: HeaderFault of the last one; count: connections closed for one since it was
  // told last
  kHeaderFault = 20,
  kPassing = 12,        // there is something for another primary
  kRouteTimedOut = 13,  // as kPickTimedOut, of the function that names listeners
};

struct Event {
  EventType type;
  uint32_t id = 0;
  uint32_t generation = 0;
  int code = 0;
  int error = 0;
  uint64_t count = 0;
};

class EventSink {
 public:
  virtual void Emit(const Event& event) = 0;

 protected:
  ~EventSink() = default;
};

// What the engine counts, but for processes. Outlives its thread, so that figures can be read after
// the end.
struct Shared {
  EngineCounters engine;
  std::array<ListenerCounters, kMaxListeners> listeners;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_EVENTS_H_
