// How long connections of one listener may be held back for slots that are behind though others
// have room. A pure object. Proof of the bound: what is held spends a budget whenever nobody that
// is waited for receives; the budget is at most kBudgetNs and comes back by a tenth of the time
// that passes. So in any T at most kBudgetNs + T / 10 are spent so, and in the rest of the time
// that is held somebody receives: within kProgressNs, and the time from one look to the next.
#ifndef RONDO_ENGINE_HOLD_H_
#define RONDO_ENGINE_HOLD_H_

#include <stdint.h>

namespace rondo {

class Hold {
 public:
  // To be asked before connections are held, and while they are. `progress_ns`: when one of those
  // that are waited for received last.
  bool MayHold(uint64_t now_ns, uint64_t progress_ns);
  // Nothing is held from here on.
  void End() { is_holding_ = false; }
  bool IsHolding() const { return is_holding_; }

 private:
  uint64_t budget_ns_ = 50'000'000;
  uint64_t asked_at_ns_ = 0;
  bool is_holding_ = false;
  bool is_spent_ = false;  // until half of it is back
};

}  // namespace rondo

#endif  // RONDO_ENGINE_HOLD_H_
