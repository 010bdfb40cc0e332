// What happens to connections that cannot be served now: those beyond a limit of the primary's wait
// in the backlog or are turned away with a reset, so are those that have waited for too long, and
// those that the backlog has no place for are parked, as its overflow.
#ifndef RONDO_ENGINE_OVERLOAD_H_
#define RONDO_ENGINE_OVERLOAD_H_

#include <stdint.h>

#include "engine/chooser.h"
#include "engine/events.h"
#include "engine/idle.h"
#include "engine/listener.h"
#include "engine/look/looking.h"
#include "engine/parked.h"
#include "engine/workers.h"

namespace rondo {

// Counts and reports what accept(2) said. True: the listener may go on at once. One that is broken
// is closed.
bool OnAcceptError(EventSink* events, Listener* listener, AcceptOutcome outcome, int error,
                   uint64_t now_ns);

class Overload {
 public:
  Overload(Workers* workers, Parked* parked, const Idle* idle, const Looking* looking,
           Chooser* chooser, Shared* shared, EventSink* events)
      : workers_(workers),
        parked_(parked),
        idle_(idle),
        looking_(looking),
        chooser_(chooser),
        shared_(shared),
        events_(events) {}

  // Connections in all: pending, open and parked. 0: no limit.
  void SetMaxConnections(uint32_t max_connections) { max_connections_ = max_connections; }

  // Whether a limit of the primary's keeps the listener from accepting. Read anew before it says
  // so.
  bool IsFull(Listener* listener, uint64_t now_ns);
  // Whether it is by their own limits that no worker can take more of the listener's.
  bool AreWorkersFull(const Listener& listener) const;

  // Accepts one connection, or takes the first of the overflow, and resets it. False: there was
  // none.
  bool TurnAway(Listener* listener, uint64_t now_ns);
  // What has waited in the backlog, or in the primary, for longer than it may.
  void TurnAwayOld(Listener* listener, uint32_t backlog_length, uint64_t now_ns);
  void TurnAwayOldParked(Listener* listener, uint64_t now_ns);
  // What the backlog has no place for.
  void ParkOverflow(Listener* listener, BacklogLength backlog, uint64_t now_ns);

 private:
  Workers* const workers_;
  Parked* const parked_;
  const Idle* const idle_;
  const Looking* const looking_;
  Chooser* const chooser_;
  Shared* const shared_;
  EventSink* const events_;
  uint32_t max_connections_ = 0;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_OVERLOAD_H_
