// CLOCK_MONOTONIC in nanoseconds: what every process of the machine sees alike, and libuv's hrtime.
#ifndef RONDO_BASE_CLOCK_H_
#define RONDO_BASE_CLOCK_H_

#include <stdint.h>
#include <time.h>

namespace rondo {

constexpr uint64_t kMicrosecond = 1000;
constexpr uint64_t kMillisecond = 1000 * kMicrosecond;
constexpr uint64_t kSecond = 1000 * kMillisecond;

inline uint64_t NowNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * kSecond + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace rondo

#endif  // RONDO_BASE_CLOCK_H_
