// Numbers as good as random, and the same in every run: each contestant is asked the same requests.
#ifndef RONDO_BENCH_LOADGEN_CHANCE_H_
#define RONDO_BENCH_LOADGEN_CHANCE_H_

#include <cstdint>

namespace loadgen {

// SplitMix64, by Sebastiano Vigna (https://prng.di.unimi.it/splitmix64.c).
class Chance {
 public:
  explicit Chance(uint64_t seed) : state_(seed) {}

  // 0 … bound - 1. What the remainder favours is less than a billionth of it for any bound here.
  uint64_t Below(uint64_t bound) {
    uint64_t bits = (state_ += 0x9e3779b97f4a7c15);
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return (bits ^ (bits >> 31)) % bound;
  }

 private:
  uint64_t state_;
};

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_CHANCE_H_
