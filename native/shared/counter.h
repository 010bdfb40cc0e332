// A counter: one atomic 64-bit integer in its record. It holds what a JavaScript number holds
// exactly, so that no process is ever told a rounded value: what would leave that range is refused
// and changes nothing. A process that is killed has added what it was to add, or nothing.
#ifndef RONDO_SHARED_COUNTER_H_
#define RONDO_SHARED_COUNTER_H_

#include <stdint.h>

#include "shared/layout.h"

namespace rondo::shared {

// Number.MAX_SAFE_INTEGER; the least is its negative.
constexpr int64_t kLargestCount = (int64_t{1} << 53) - 1;

inline bool IsCount(int64_t value) { return value >= -kLargestCount && value <= kLargestCount; }

inline int64_t GetCount(const Word& counter) { return static_cast<int64_t>(counter.load()); }

// `n` must be a count. False if the sum is none.
inline bool AddToCount(Word* counter, int64_t n, int64_t* sum) {
  uint64_t before = counter->load(std::memory_order_relaxed);
  do {
    // Both are below 2^53, or the value in memory is nonsense, and its sum may wrap.
    *sum = static_cast<int64_t>(before + static_cast<uint64_t>(n));
    if (!IsCount(*sum)) return false;
  } while (!counter->compare_exchange_weak(before, static_cast<uint64_t>(*sum)));
  return true;
}

}  // namespace rondo::shared

#endif  // RONDO_SHARED_COUNTER_H_
