// Pick: who gets the next connection of a listener. The policy names a slot among those that have
// room; for the policies that keep slots even, Turn says whether it is that slot's turn, and Hold
// for how long the others may be waited for. Moves nothing.
#ifndef RONDO_ENGINE_CHOOSER_H_
#define RONDO_ENGINE_CHOOSER_H_

#include <stdint.h>

#include <vector>

#include "channel/frames.h"
#include "engine/listener.h"
#include "engine/workers.h"

namespace rondo {

struct Choice {
  enum Kind {
    kSlot,    // `slot`
    kWait,    // `slot`, once it has room: the policy names it
    kNoRoom,  // nobody has room
    kHeld,    // somebody has room, but it is another's turn
  };
  Kind kind;
  int slot;
  // kSlot: it does nothing, and it is another's turn.
  bool is_ahead = false;
};

class Chooser {
 public:
  explicit Chooser(Workers* workers) : workers_(workers), delays_us_(kMaxSlots) {}

  // `connection`: null for one that is not accepted yet, and refused by nobody. `peer`: for
  // policies that need it; without a connection it may wait for its worker.
  Choice Choose(Listener* listener, const Connection* connection, const Peer* peer,
                uint64_t now_ns);
  // The slots that can take it, as far as is known.
  SlotSet EligibleFor(const Listener& listener, const Connection* connection) const;
  // Reads anew those without room that have not been asked to tell.
  void RefreshWithoutRoom(const Listener& listener, uint64_t now_ns);
  // Once per run: what has ended, and how late the loops are.
  void ReadLoads(Listener* listener, uint64_t now_ns);

 private:
  void RefreshPending(const Listener& listener, uint64_t now_ns);
  int PickResting(const Policy& policy, Field field) const;
  static SlotSet PreferKeepers(const Listener& listener, const SlotSet& eligible);
  void LookAtLaggards(Listener* listener, const SlotSet& eligible, uint64_t now_ns);

  Workers* const workers_;
  std::vector<uint32_t> delays_us_;    // by slot
  uint64_t laggards_progress_ns_ = 0;  // when one of them received last
};

}  // namespace rondo

#endif  // RONDO_ENGINE_CHOOSER_H_
