// links: engine/policy.cc
// flags: -O3
// What a pick costs, with all slots eligible. It is shown and asserted by nothing, for a machine
// that has other work to do takes longer.
#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "engine/policy.h"
#include "tap.h"

namespace {

using rondo::Field;
using rondo::kMaxSlots;
using rondo::Peer;
using rondo::Policy;
using rondo::SlotSet;

using Clock = std::chrono::steady_clock;

constexpr int kPicks = 10'000;
constexpr int kRounds = 40;

class Bench {
 public:
  Bench(const rondo::PolicyOptions& options, uint32_t slots)
      : policy_(Policy::Make(options)), slots_(slots) {
    for (uint32_t slot = 0; slot < slots; slot++) {
      eligible_.Add(slot);
      weight_[slot] = 1 + slot % 3;
      delay_us_[slot] = 100 + slot % 7 * 10;
    }
    lowest_ = eligible_;
  }

  // The least of some rounds, in nanoseconds for each pick and the noting of it.
  double Measure() {
    double least = 1e9;
    for (int round = 0; round < kRounds; round++) {
      const auto start = Clock::now();
      for (int i = 0; i < kPicks; i++) Deal();
      const std::chrono::duration<double, std::nano> took = Clock::now() - start;
      least = std::min(least, took.count() / kPicks);
    }
    return least;
  }

 private:
  void Deal() {
    random_ = random_ * 1664525 + 1013904223;
    Peer peer;
    peer.family = 4;
    for (int i = 0; i < 4; i++) peer.address[i] = static_cast<uint8_t>(random_ >> (8 * i));
    Field field;
    field.serving = &eligible_;
    field.eligible = &eligible_;
    field.lowest = &lowest_;
    field.count = count_.data();
    field.open = open_.data();
    field.weight = weight_.data();
    field.delay_us = delay_us_.data();
    field.last = last_;
    field.peer = &peer;
    field.may_wait = true;
    last_ = policy_->Pick(field);
    policy_->NotePick();
    const uint32_t slot = static_cast<uint32_t>(last_);
    count_[slot]++;
    open_[slot]++;
    // As Turn keeps it.
    lowest_.Remove(slot);
    if (lowest_.IsEmpty()) lowest_ = eligible_;
    // One ends for each that is dealt.
    const uint32_t other = static_cast<uint32_t>(uint64_t{random_} * slots_ >> 32);
    if (open_[other] > 0) open_[other]--;
  }

  const std::unique_ptr<Policy> policy_;
  const uint32_t slots_;
  SlotSet eligible_;
  SlotSet lowest_;
  std::vector<int64_t> count_ = std::vector<int64_t>(kMaxSlots);
  std::vector<uint32_t> open_ = std::vector<uint32_t>(kMaxSlots);
  std::vector<uint32_t> weight_ = std::vector<uint32_t>(kMaxSlots, 1);
  std::vector<uint32_t> delay_us_ = std::vector<uint32_t>(kMaxSlots);
  int last_ = -1;
  uint32_t random_ = 20250401;
};

void Show(const char* name, uint32_t bound_permille = 0) {
  rondo::PolicyOptions options;
  options.name = name;
  options.bound_permille = bound_permille;
  for (const uint32_t slots : {2u, 64u, 1024u}) {
    printf("# pick %s%s: %.1f ns at %u slots\n", name, bound_permille > 0 ? " with a bound" : "",
           Bench(options, slots).Measure(), slots);
  }
}

}  // namespace

int main() {
  printf("# compiled with -O3; the least of %d rounds, the bookkeeping of a pick included\n",
         kRounds);
  for (const char* const name : {"round-robin", "least-connections", "weighted", "two-choices",
                                 "least-loaded", "random", "source-ip"}) {
    Show(name);
  }
  Show("source-ip", 1250);
  tap::ok(true, "what a pick costs is shown");
  return tap::done();
}
