// Whose turn it is, for one listener: how many connections each slot was dealt, and how far ahead
// of the others a slot may be. A pure object: it knows no socket and no clock.
//
// The turn is kept by counts and not by a cursor. A slot takes a connection only if its count is
// below the limit: the least count among the slots that keep up, plus a lead. So whoever has the
// CPU during a burst cannot take more than its share, and a slot that does not keep up holds up
// nobody, for it does not count towards the limit.
#ifndef RONDO_ENGINE_TURN_H_
#define RONDO_ENGINE_TURN_H_

#include <stdint.h>

#include <vector>

#include "engine/policy.h"
#include "engine/slot_set.h"

namespace rondo {

class Turn {
 public:
  Turn() { Reserve(63); }

  // What slots are compared by. `weights` is indexed by slot and outlives this.
  void Compare(Measure measure, const uint32_t* weights);

  // A slot begins to serve the listener: with the least count of the others, so that it gets no
  // flood, nor waits until they have caught up with what its former process was dealt.
  void Join(uint32_t slot);
  void Leave(uint32_t slot);
  // Its process is gone: what that had open is not the next one's.
  void Forget(uint32_t slot);
  // Of a closed listener with this one's number: workers count what has ended by number, and what
  // is still open of that one is open here.
  void Inherit(const Turn& former);
  // Which slots keep up, now. One that was away for long is forgiven what it has missed: its count
  // is lifted to that of the others, less the lead.
  void SetKeepers(const SlotSet& keepers, uint64_t now_ns);

  // A connection was taken into a frame for the slot. `is_counted`: it is no refused connection of
  // another slot, which was counted there.
  void Dealt(uint32_t slot, bool is_counted);
  // It was not sent, or was taken back.
  void Undealt(uint32_t slot, bool was_counted);
  // The worker has sent it back: it is not open there, but was its turn.
  void Returned(uint32_t slot) { CameBack(slot); }
  // How many of the slot's connections of this listener have ended, as its worker says: whatever it
  // says, no more than it was given.
  void SetEnded(uint32_t slot, uint32_t ended);

  const SlotSet& serving() const { return serving_; }
  const SlotSet& keepers() const { return keepers_; }
  // Fills in what a policy sees.
  void Describe(Field* field) const;

  // Whether the slot may take one more.
  bool IsBelowLimit(uint32_t slot) const;
  // Nothing waits any more: what comes next is another burst.
  void EndBurst() { dealt_in_burst_ = 0; }
  // Connections that are pending or open, over all slots.
  uint64_t Open() const;

 private:
  void Reserve(uint32_t slot);
  // A worker may name another listener than the one whose connection it was.
  void CameBack(uint32_t slot) {
    if (given_[slot] > 0) given_[slot]--;
  }
  void FindLowest();
  int64_t NumberOf(uint32_t slot) const;
  int64_t Lead() const;

  Measure measure_ = Measure::kCount;
  const uint32_t* weights_ = nullptr;
  SlotSet serving_;
  SlotSet known_;    // whose present process serves the listener, or did
  SlotSet keepers_;  // of serving_
  SlotSet lowest_;   // of keepers_, those whose count was the least when it was last looked for and
                     // that were dealt nothing since; empty only if there are no keepers
  int64_t least_ = 0;
  std::vector<int64_t> count_;
  std::vector<uint32_t> given_;  // to the present process, less what came back
  std::vector<uint32_t> open_;
  std::vector<uint64_t> away_since_ns_;  // of a slot that is not among the keepers
  uint64_t dealt_in_burst_ = 0;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_TURN_H_
