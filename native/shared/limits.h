// What a limit allows: arithmetic on the state of one key, in integers, so that all processes come
// to the same answer. No memory and no clock: `now_ms` is CLOCK_MONOTONIC, which all processes of a
// machine see alike. A process that was interrupted after it had read the clock may come with a
// time before the state's: that counts as the state's time.
#ifndef RONDO_SHARED_LIMITS_H_
#define RONDO_SHARED_LIMITS_H_

#include <stdint.h>

namespace rondo::shared {

enum class Algorithm : uint32_t {
  // Up to `limit` from a key's first take on until `window_ms` later.
  kFixedWindow,
  // Windows follow one another; what was taken in the one before counts by how much of it is less
  // than
  // `window_ms` ago.
  kSlidingWindow,
  // `limit` tokens at first, and `limit` new ones in each `window_ms`, evenly.
  kTokenBucket,
};
constexpr uint32_t kAlgorithms = 3;

// So that no product of these leaves 63 bits.
constexpr uint64_t kLargestLimit = 1'000'000'000;
constexpr uint64_t kLongestWindowMs = 2'147'483'647;

struct LimitRule {
  Algorithm algorithm = Algorithm::kFixedWindow;
  uint64_t limit = 1;
  uint64_t window_ms = 1;
};

// Of a key: both 0 for one that has taken nothing. What they are, by algorithm:
//   fixed window     when it ends; how many were taken
//   sliding window   when the present one began; taken in the one before << 32 | in this one
//   token bucket     when `amount` was true; how much is missing, a token being `window_ms`
struct LimitState {
  uint64_t at_ms = 0;
  uint64_t amount = 0;
};

struct Verdict {
  bool ok = false;
  uint64_t remaining = 0;
  uint64_t reset_ms = 0;  // from now, until nothing counts as taken any more
};

// Takes `n` if that is allowed, and nothing otherwise. Anything that `state` can be is taken for
// some state.
Verdict Take(const LimitRule& rule, uint64_t now_ms, uint64_t n, LimitState* state);

// Gives back `n`, or as many as count as taken.
void GiveBack(const LimitRule& rule, uint64_t now_ms, uint64_t n, LimitState* state);

// Whether the state says no more than that of a new key.
bool IsBlank(const LimitRule& rule, uint64_t now_ms, const LimitState& state);

}  // namespace rondo::shared

#endif  // RONDO_SHARED_LIMITS_H_
