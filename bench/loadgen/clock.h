// The clock that Node's process.hrtime.bigint() reads too, so times of this process and of a worker
// can be compared.
#ifndef RONDO_BENCH_LOADGEN_CLOCK_H_
#define RONDO_BENCH_LOADGEN_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace loadgen {

constexpr int64_t kSecond = 1'000'000'000;

inline int64_t Now() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_CLOCK_H_
