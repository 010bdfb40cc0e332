// links: shared/limits.cc
// What each algorithm allows: sequences with known answers, and what holds for any sequence.
#include <string>
#include <vector>

#include "shared/limits.h"
#include "tap.h"

namespace {

using rondo::shared::Algorithm;
using rondo::shared::GiveBack;
using rondo::shared::IsBlank;
using rondo::shared::kLargestLimit;
using rondo::shared::kLongestWindowMs;
using rondo::shared::LimitRule;
using rondo::shared::LimitState;
using rondo::shared::Take;
using rondo::shared::Verdict;
using tap::is;
using tap::ok;

constexpr uint64_t kStart = 1'000'000;

struct Step {
  uint64_t at_ms;
  int64_t n;  // below 0: given back
  bool ok;
  uint64_t remaining;
  uint64_t reset_ms;
};

std::string Text(const Verdict& verdict) {
  return std::string(verdict.ok ? "ok " : "no ") + std::to_string(verdict.remaining) + " " +
         std::to_string(verdict.reset_ms);
}

void TestSequence(const std::string& name, const LimitRule& rule, const std::vector<Step>& steps) {
  LimitState state;
  for (const Step& step : steps) {
    const uint64_t now_ms = kStart + step.at_ms;
    if (step.n < 0) GiveBack(rule, now_ms, static_cast<uint64_t>(-step.n), &state);
    const uint64_t n = step.n < 0 ? 0 : static_cast<uint64_t>(step.n);
    const std::string wanted = Text({step.ok, step.remaining, step.reset_ms});
    is(Text(Take(rule, now_ms, n, &state)), wanted,
       name + ": " + std::to_string(step.n) + " at " + std::to_string(step.at_ms));
  }
}

void TestSequences() {
  TestSequence("fixed window", {Algorithm::kFixedWindow, 3, 100},
               {{0, 0, true, 3, 0},
                {0, 1, true, 2, 100},
                {30, 1, true, 1, 70},
                {40, 2, false, 1, 60},
                {99, 1, true, 0, 1},
                {99, 1, false, 0, 1},
                {99, 4, false, 0, 1},
                {100, 3, true, 0, 100},
                {150, -1, true, 1, 50},
                {150, 1, true, 0, 50},
                {150, -9, true, 3, 0},
                {5000, 1, true, 2, 100},
                // A process that had read the clock before.
                {4990, 1, true, 1, 100}});
  TestSequence("sliding window", {Algorithm::kSlidingWindow, 10, 100},
               {{0, 10, true, 0, 200},
                {99, 1, false, 0, 101},
                {100, 0, true, 0, 100},
                {110, 1, true, 0, 190},
                {110, 1, false, 0, 190},
                {150, 4, true, 0, 150},
                {199, 5, false, 4, 101},
                {199, 4, true, 0, 101},
                {200, 1, true, 0, 200},
                {250, -1, true, 5, 50},
                {250, -1, true, 6, 50},
                {299, 0, true, 9, 1},
                {300, 0, true, 10, 0},
                {310, 3, true, 7, 200},
                {510, 10, true, 0, 200}});
  TestSequence("token bucket", {Algorithm::kTokenBucket, 4, 100},
               {{0, 4, true, 0, 100},
                {24, 1, false, 0, 76},
                {25, 1, true, 0, 100},
                {74, 2, false, 1, 51},
                {75, 2, true, 0, 100},
                {75, -1, true, 1, 75},
                {100, 0, true, 2, 50},
                {150, 0, true, 4, 0},
                {9000, 5, false, 4, 0},
                {9000, 1, true, 3, 25},
                {8990, 1, true, 2, 50}});
}

class Random {
 public:
  uint64_t Below(uint64_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % limit;
  }

 private:
  uint64_t state_ = 42;
};

void TestAnySequence(Algorithm algorithm, const std::string& name) {
  Random random;
  int bad_reset = 0;
  int bad_sum = 0;
  int bad_refusal = 0;
  int bad_return = 0;
  for (int round = 0; round < 300; round++) {
    const LimitRule rule = {algorithm, 1 + random.Below(20), 1 + random.Below(500)};
    std::vector<std::pair<uint64_t, uint64_t>> granted;
    LimitState state;
    uint64_t now_ms = kStart;
    for (int i = 0; i < 200; i++) {
      now_ms += random.Below(rule.window_ms / 4 + 2);
      const uint64_t n = random.Below(rule.limit + 2);
      const Verdict look = Take(rule, now_ms, 0, &state);
      const Verdict verdict = Take(rule, now_ms, n, &state);
      if (verdict.ok != (n <= look.remaining)) bad_refusal++;
      if (verdict.ok && verdict.remaining > look.remaining - n) bad_refusal++;
      if (verdict.ok) granted.emplace_back(now_ms, n);
      // Nothing counts when the time is over, and something does before.
      if (!IsBlank(rule, now_ms + verdict.reset_ms, state)) bad_reset++;
      if (verdict.reset_ms > 0 && IsBlank(rule, now_ms + verdict.reset_ms - 1, state)) bad_reset++;
      LimitState returned = state;
      if (verdict.ok) GiveBack(rule, now_ms, n, &returned);
      const Verdict again = Take(rule, now_ms, 0, &returned);
      if (again.remaining != look.remaining && n > 0) bad_return++;
    }
    for (size_t i = 0; i < granted.size(); i++) {
      uint64_t sum = 0;
      for (size_t k = i; k < granted.size(); k++) {
        if (granted[k].first < granted[i].first + rule.window_ms) sum += granted[k].second;
      }
      if (sum > 2 * rule.limit) bad_sum++;
    }
  }
  is(bad_refusal, 0, name + ": as many are granted as were said to remain, and no more");
  is(bad_reset, 0, name + ": the time until nothing counts is exact");
  is(bad_return, 0, name + ": what is given back is there again");
  is(bad_sum, 0, name + ": no time as long as a window has more than twice the limit");
}

void TestLargest() {
  for (const Algorithm algorithm :
       {Algorithm::kFixedWindow, Algorithm::kSlidingWindow, Algorithm::kTokenBucket}) {
    const LimitRule rule = {algorithm, kLargestLimit, kLongestWindowMs};
    const uint64_t now_ms = uint64_t{1} << 45;
    LimitState state;
    ok(Take(rule, now_ms, kLargestLimit, &state).ok, "the largest limit can be taken at once");
    ok(!Take(rule, now_ms, 1, &state).ok, "and no more");
    ok(!Take(rule, now_ms, UINT64_MAX, &state).ok, "nor any number");
    GiveBack(rule, now_ms, UINT64_MAX, &state);
    is(static_cast<long long>(Take(rule, now_ms, 0, &state).remaining), kLargestLimit,
       "any number can be given back");
    // Whatever stands in memory gives some answer within the rule.
    Random random;
    bool is_sane = true;
    for (int i = 0; i < 10'000; i++) {
      LimitState garbage = {random.Below(UINT64_MAX) << random.Below(40), ~random.Below(1 << 30)};
      const Verdict verdict = Take(rule, now_ms, random.Below(3), &garbage);
      if (verdict.remaining > rule.limit || verdict.reset_ms > 2 * rule.window_ms) is_sane = false;
    }
    ok(is_sane, "garbage gives an answer within the rule");
  }
}

}  // namespace

int main() {
  TestSequences();
  TestAnySequence(Algorithm::kFixedWindow, "fixed window");
  TestAnySequence(Algorithm::kSlidingWindow, "sliding window");
  TestAnySequence(Algorithm::kTokenBucket, "token bucket");
  TestLargest();
  return tap::done();
}
