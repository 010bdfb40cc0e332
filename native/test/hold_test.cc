// links: engine/hold.cc
// How long connections may be held: as long as somebody receives, and otherwise no longer than the
// proof in hold.h says.
#include "engine/hold.h"

#include <algorithm>
#include <random>
#include <string>

#include "base/clock.h"
#include "tap.h"

namespace {

using rondo::Hold;
using rondo::kMillisecond;
using rondo::kSecond;
using tap::is;
using tap::ok;

constexpr uint64_t kStart = 1000 * kSecond;
constexpr uint64_t kBudget = 50 * kMillisecond;
constexpr uint64_t kLook = 2 * kMillisecond;

// Asks every so often until the answer is no, or for ten seconds. Gives for how long it was held.
uint64_t HeldFor(Hold* hold, uint64_t* now_ns, uint64_t step_ns, uint64_t progress_ns) {
  const uint64_t start_ns = *now_ns;
  while (hold->MayHold(*now_ns, progress_ns) && *now_ns < start_ns + 10 * kSecond) {
    *now_ns += step_ns;
  }
  return *now_ns - start_ns;
}

void TestNoProgress() {
  for (const uint64_t step_ns : {kMillisecond / 10, kMillisecond, kLook, 5 * kMillisecond}) {
    const std::string name = "asked each " + std::to_string(step_ns / 1000) + " us: ";
    Hold hold;
    uint64_t now_ns = kStart;
    const uint64_t held_ns = HeldFor(&hold, &now_ns, step_ns, kStart);
    ok(hold.IsHolding() == false, name + "it ends");
    // What comes back meanwhile is a tenth; the first millisecond without a receipt is free.
    ok(held_ns >= kBudget && held_ns <= kBudget * 10 / 9 + kMillisecond + 2 * step_ns,
       name + "after the budget, or a little more");
    const uint64_t spent_at_ns = now_ns;
    while (!hold.MayHold(now_ns, kStart) && now_ns < spent_at_ns + 10 * kSecond) now_ns += step_ns;
    const uint64_t pause_ns = now_ns - spent_at_ns;
    ok(pause_ns >= 10 * (kBudget / 2 - kMillisecond) && pause_ns <= 10 * kBudget / 2 + step_ns,
       name + "and not again until half of it is back");
    const uint64_t again_ns = HeldFor(&hold, &now_ns, step_ns, kStart);
    ok(again_ns < held_ns, name + "then for less long");
  }
}

void TestProgress() {
  Hold hold;
  uint64_t now_ns = kStart;
  int held = 0;
  for (int i = 0; i < 10'000; i++) {
    held += hold.MayHold(now_ns, now_ns - kMillisecond);
    now_ns += kLook;
  }
  is(held, 10'000, "held for as long as one that is waited for received within a millisecond");
  ok(HeldFor(&hold, &now_ns, kLook, now_ns) >= kBudget, "and the budget is whole then");
}

void TestEnd() {
  Hold hold;
  uint64_t now_ns = kStart;
  for (int i = 0; i < 1000; i++) {
    hold.MayHold(now_ns, now_ns);
    hold.End();
    now_ns += 20 * kMillisecond;
  }
  ok(HeldFor(&hold, &now_ns, kLook, now_ns) >= kBudget, "what is not held spends nothing");
}

// In any stretch T of time, of what was held, no more than the budget and T / 10 are without a
// receipt: within a millisecond, and until the next look, which sees only the last one. By how much
// a look comes late is more, once for each time that the budget is spent.
void TestBound() {
  std::mt19937_64 random(20250317);
  int broken = 0;
  int unfair = 0;
  for (int seed = 0; seed < 3000; seed++) {
    Hold hold;
    uint64_t now_ns = kStart;
    uint64_t progress_ns = kStart;
    // How often somebody receives, in this run.
    const uint64_t pace_ns = 1 + random() % (30 * kMillisecond);
    double idle_ns = 0;  // held without a receipt, up to now
    double lowest = 0;   // of idle_ns - now / 10, at any time before
    double most = 0;     // by how much idle_ns - now / 10 has risen since
    bool is_held = false;
    uint64_t until_ns = kStart;
    for (int i = 0; i < 500; i++) {
      // Until the next look the answer holds.
      const uint64_t step_ns = 1 + random() % kLook;
      const uint64_t next_ns = now_ns + step_ns;
      if (is_held) {
        const uint64_t since_ns = std::max(now_ns, progress_ns + kMillisecond + kLook);
        if (next_ns > since_ns) idle_ns += static_cast<double>(next_ns - since_ns);
      }
      now_ns = next_ns;
      const double risen = idle_ns - static_cast<double>(now_ns - kStart) / 10;
      lowest = std::min(lowest, risen);
      most = std::max(most, risen - lowest);
      if (random() % (pace_ns / kMillisecond + 1) == 0) progress_ns = now_ns - random() % step_ns;
      // Sometimes there is nothing to hold for a while.
      if (random() % 50 == 0) {
        hold.End();
        is_held = false;
        continue;
      }
      is_held = hold.MayHold(now_ns, progress_ns);
      if (!is_held) until_ns = now_ns;
    }
    const double times_spent = 1 + static_cast<double>(now_ns - kStart) / (10.0 * kBudget / 2);
    broken += most > kBudget + times_spent * kLook;
    // And it is not stingy: with a receipt in each millisecond nothing is spent.
    unfair += pace_ns < kMillisecond / 2 && until_ns > kStart + kMillisecond && idle_ns == 0;
  }
  is(broken, 0, "3000 runs: never held for longer without a receipt than is proved");
  is(unfair, 0, "and not refused where nothing was spent");
}

}  // namespace

int main() {
  TestNoProgress();
  TestProgress();
  TestEnd();
  TestBound();
  return tap::done();
}
