// Connections that are accepted and looked at before they are dealt. Most have sent their first
// bytes by then and are through at once; the others wait here, each with a watch of its own, until
// enough has come, the client has ended, or the time is over. Nothing is read but a PROXY header,
// of which exactly its own bytes are taken. Picks nobody and deals nothing.
//
//   header --whole--> first bytes --enough, or the time is over--> seen
//      |                                  (without a header to come: begins at first bytes)
//      +--untrusted, wrong, missing, the time is over--> closed and counted
//
// Bounded: kMostLooking connections of one listener wait; for one more the one that has waited the
// longest goes, closed if it lacks its header, else dealt as it is. What has come of each stays in
// the kernel, which bounds it.
#ifndef RONDO_ENGINE_LOOK_LOOKING_H_
#define RONDO_ENGINE_LOOK_LOOKING_H_

#include <stddef.h>
#include <stdint.h>

#include <array>
#include <list>
#include <memory>
#include <vector>

#include "base/loop.h"
#include "channel/frames.h"
#include "engine/events.h"
#include "engine/look/header_fault.h"
#include "engine/look/look_options.h"

namespace rondo {

class Looking {
 public:
  static constexpr size_t kMostLooking = 1024;

  enum class Outcome {
    kSeen,    // it is the caller's still, with what was seen
    kWaits,   // it waits here; TakeSeen() gives it back
    kClosed,  // and counted
  };

  Looking(Shared* shared, EventSink* events) : shared_(shared), events_(events) {}

  // `on_seen(data)` is called when TakeSeen() has something. 0 or -errno.
  int Open(Loop* loop, void* data, void (*on_seen)(void* data));
  // Closes what waits and counts it as closed.
  void Close();
  // Of a listener that is no more.
  void CloseOf(uint16_t listener);

  // `connection` has just been accepted and has been silent for `silent_ns`. Takes ownership of it
  // unless it answers kSeen.
  Outcome Begin(Connection* connection, const std::shared_ptr<const LookOptions>& options,
                uint64_t silent_ns, uint64_t now_ns);
  // What has waited and is to be dealt.
  std::vector<Connection> TakeSeen();

  size_t size() const { return waiting_.size(); }
  size_t CountOf(uint16_t listener) const { return count_of_[listener]; }

 private:
  enum class Phase { kHeader, kFirstBytes };
  // How far a connection has come; it has no place in the list before it has to wait.
  struct Look {
    Connection connection;
    std::shared_ptr<const LookOptions> options;
    Phase phase = Phase::kHeader;
    uint64_t due_ns = 0;
  };
  struct Waiting {
    Look look;
    Watch watch;
    Looking* looking = nullptr;
    std::list<Waiting>::iterator place;
  };

  Outcome Step(Look* look);
  Outcome TakeHeader(Look* look, const char** bytes, size_t* length);
  Outcome Refuse(Look* look, HeaderFault fault);
  Outcome GiveUp(Look* look, HeaderFault fault);
  Outcome Wait(Look look, uint64_t now_ns);
  void Finish(Waiting* waiting, Outcome outcome);
  void MakeRoom(uint16_t listener);
  void OnReadable(Waiting* waiting);
  void OnTime();
  Connection Remove(Waiting* waiting);
  void Show();

  Shared* const shared_;
  EventSink* const events_;
  Loop* loop_ = nullptr;
  void* data_ = nullptr;
  void (*on_seen_)(void* data) = nullptr;
  Timer timer_;
  std::list<Waiting> waiting_;  // in the order in which they came
  std::vector<Connection> seen_;
  std::array<uint32_t, kMaxListeners> count_of_ = {};  // of waiting_
  // Faults that the owner has not been told of, and when it may be next.
  struct Report {
    uint64_t count = 0;
    uint64_t next_at_ns = 0;
  };
  std::array<Report, kMaxListeners> reports_ = {};
  std::unique_ptr<char[]> buffer_;  // kMostLookedAt bytes, for one look
};

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_LOOKING_H_
