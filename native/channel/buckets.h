// The buckets of the histograms of times. The same numbers, in seconds, are in
// src/native/figures.ts.
#ifndef RONDO_CHANNEL_BUCKETS_H_
#define RONDO_CHANNEL_BUCKETS_H_

#include <stddef.h>
#include <stdint.h>

namespace rondo {

// The longest time of each, in microseconds. One more bucket follows, for what is longer.
constexpr uint64_t kTimeBoundsUs[] = {
    25,     50,     100,     250,     500,     1'000,     2'500,     5'000,     10'000,
    25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000,
};
constexpr size_t kTimeBuckets = sizeof(kTimeBoundsUs) / sizeof(kTimeBoundsUs[0]) + 1;

inline size_t BucketOf(uint64_t time_ns) {
  size_t bucket = 0;
  while (bucket + 1 < kTimeBuckets && time_ns > kTimeBoundsUs[bucket] * 1000) bucket++;
  return bucket;
}

}  // namespace rondo

#endif  // RONDO_CHANNEL_BUCKETS_H_
