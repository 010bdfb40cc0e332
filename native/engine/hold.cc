#include "engine/hold.h"

#include <algorithm>

#include "base/clock.h"

namespace rondo {

namespace {

constexpr uint64_t kBudgetNs = 50 * kMillisecond;
constexpr uint64_t kProgressNs = 1 * kMillisecond;
constexpr uint64_t kRefill = 10;  // a tenth

}  // namespace

bool Hold::MayHold(uint64_t now_ns, uint64_t progress_ns) {
  const uint64_t elapsed_ns = asked_at_ns_ == 0 ? 0 : now_ns - asked_at_ns_;
  if (is_holding_) {
    const uint64_t since_ns = std::max(asked_at_ns_, progress_ns + kProgressNs);
    const uint64_t idle_ns = now_ns > since_ns ? now_ns - since_ns : 0;
    budget_ns_ -= std::min(budget_ns_, idle_ns);
  }
  budget_ns_ = std::min(kBudgetNs, budget_ns_ + elapsed_ns / kRefill);
  asked_at_ns_ = now_ns;
  if (is_spent_) {
    is_spent_ = budget_ns_ < kBudgetNs / 2;
  } else {
    is_spent_ = budget_ns_ < kProgressNs;
  }
  is_holding_ = !is_spent_;
  return is_holding_;
}

}  // namespace rondo
