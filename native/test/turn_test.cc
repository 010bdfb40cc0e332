// links: engine/turn.cc engine/policy.cc
// Whose turn it is: the order of a lap, how far ahead a slot may be, who is waited for, and what a
// slot that comes, goes or comes back is counted with.
#include "engine/turn.h"

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tap.h"

namespace {

using rondo::Field;
using rondo::kMaxSlots;
using rondo::kMillisecond;
using rondo::Measure;
using rondo::Policy;
using rondo::SlotSet;
using rondo::Turn;
using tap::is;
using tap::ok;

using Slots = std::vector<uint32_t>;

constexpr int kLead = 1;
constexpr uint64_t kSoonNs = 40 * kMillisecond;
constexpr uint64_t kLongNs = 60 * kMillisecond;
constexpr int kLongestLead = 8;

SlotSet SetOf(const Slots& slots) {
  SlotSet set;
  for (const uint32_t slot : slots) set.Add(slot);
  return set;
}

// A turn, its policy, and weights. All that serve are eligible.
struct Bench {
  Turn turn;
  std::unique_ptr<Policy> policy;
  std::vector<uint32_t> weights = std::vector<uint32_t>(kMaxSlots, 1);
  int last = -1;

  explicit Bench(const Slots& slots, const char* name = "round-robin") {
    rondo::PolicyOptions options;
    options.name = name;
    policy = Policy::Make(options);
    turn.Compare(policy->measure, weights.data());
    for (const uint32_t slot : slots) turn.Join(slot);
  }

  int64_t count(uint32_t slot) {
    Field field;
    turn.Describe(&field);
    return field.count[slot];
  }
  uint32_t open(uint32_t slot) {
    Field field;
    turn.Describe(&field);
    return field.open[slot];
  }

  int Pick(const SlotSet& eligible) {
    Field field;
    turn.Describe(&field);
    field.eligible = &eligible;
    field.last = last;
    return policy->Pick(field);
  }
  // Picks and deals, whether or not it is below the limit.
  int Deal(const SlotSet& eligible) {
    last = Pick(eligible);
    turn.Dealt(static_cast<uint32_t>(last), true);
    policy->NotePick();
    return last;
  }
  std::string Lap(int deals, const SlotSet& eligible) {
    std::string lap;
    for (int i = 0; i < deals; i++) lap += std::to_string(Deal(eligible)) + " ";
    return lap;
  }
  std::string Lap(int deals) { return Lap(deals, turn.serving()); }

  void Give(uint32_t slot, int times) {
    for (int i = 0; i < times; i++) turn.Dealt(slot, true);
  }
  // How many one slot can be dealt until it is not below the limit.
  int Room(uint32_t slot) const {
    Turn copy = turn;
    int room = 0;
    for (; room < 1000 && copy.IsBelowLimit(slot); room++) copy.Dealt(slot, true);
    return room;
  }
};

void TestLaps() {
  is(Bench({0, 1, 2}).Lap(7), "0 1 2 0 1 2 0 ", "in turn, round and round");
  is(Bench({3, 64, 200}).Lap(7), "3 64 200 3 64 200 3 ", "also where numbers are far apart");
  is(Bench({7}).Lap(3), "7 7 7 ", "one alone has all");

  Bench late({0, 1, 2});
  late.Deal(SetOf({0}));
  is(late.Lap(3, SetOf({0, 2})), "2 0 2 ", "one without room is passed over");
  is(late.Lap(4), "1 1 2 0 ", "and then has what it is behind, before the others go on");

  Bench two({0, 1});
  two.Lap(4);
  two.turn.Join(2);
  is(two.Lap(6), "2 0 1 2 0 1 ", "one that comes has one of each lap");
}

void TestLimit() {
  Bench bench({0, 1, 2});
  is(bench.Room(0), kLead, "a slot may be a lead ahead of the one with the least");
  bench.Give(0, kLead);
  ok(!bench.turn.IsBelowLimit(0) && bench.turn.IsBelowLimit(1) && bench.turn.IsBelowLimit(2),
     "and no more");
  bench.Give(1, kLead);
  ok(!bench.turn.IsBelowLimit(0), "as long as one has the least");
  bench.Give(2, 1);
  is(bench.Room(0), 1, "each one it gets moves the limit by one");
  bench.turn.Leave(2);
  is(bench.Room(0), kLead, "one that leaves holds up nobody");
}

void TestKeepers() {
  Bench bench({0, 1, 2});
  bench.Give(0, kLead);
  bench.turn.SetKeepers(SetOf({0, 1}), 0);
  ok(!bench.turn.IsBelowLimit(0), "one that keeps up is waited for");
  bench.turn.SetKeepers(SetOf({0}), 0);
  ok(bench.turn.IsBelowLimit(0), "ones that do not are not");
  ok(bench.turn.IsBelowLimit(1) && bench.turn.IsBelowLimit(2), "and may take what they can");
  bench.turn.SetKeepers({}, 0);
  bench.Give(0, 100);
  ok(bench.turn.IsBelowLimit(0), "if nobody keeps up there is no limit");
  bench.turn.SetKeepers(SetOf({0, 5, 1000}), 0);
  ok(bench.turn.keepers() == SetOf({0}), "only those that serve count");
}

// Who comes back after a long time gets no flood.
void TestForgiveness() {
  Bench bench({0, 1});
  bench.turn.SetKeepers(SetOf({0}), 0);
  bench.Give(0, 100);
  bench.turn.SetKeepers(SetOf({0, 1}), kLongNs);
  is(bench.count(1), 100 - kLead, "one that was away for long is a lead behind");
  is(bench.count(0), 100, "the other's count stays");
  is(bench.Lap(4), "1 0 1 0 ", "so it is the next, and has no more than its share");

  Bench soon({0, 1});
  soon.turn.SetKeepers(SetOf({0}), kLongNs);
  soon.Give(0, 100);
  soon.turn.SetKeepers(SetOf({0, 1}), kLongNs + kSoonNs);
  is(soon.count(1), 0, "one that is back soon has what it has missed still to come");
  soon.turn.SetKeepers(SetOf({0}), 2 * kLongNs);
  soon.turn.SetKeepers(SetOf({0, 1}), 2 * kLongNs + kSoonNs);
  is(soon.count(1), 0, "however often it is away");

  Bench ahead({0, 1});
  ahead.Give(1, 50);
  ahead.turn.SetKeepers(SetOf({0}), 0);
  ahead.turn.SetKeepers(SetOf({0, 1}), kLongNs);
  is(ahead.count(1), 50, "one that was ahead is lifted no further");

  // While nobody keeps up, and when the last that did goes as the first comes back.
  const std::vector<std::vector<Slots>> ways = {{{1}, {0, 1}}, {{}, {1}, {0, 1}}, {{}, {0, 1}}};
  for (const auto& way : ways) {
    Bench alone({0, 1});
    alone.turn.SetKeepers(SetOf({0}), 0);
    alone.Give(0, 100);
    for (const Slots& keepers : way) alone.turn.SetKeepers(SetOf(keepers), kLongNs);
    ok(alone.count(1) >= 100 - kLead,
       "forgiven by way of " + std::to_string(way.size()) + " changes of who keeps up");
  }
}

void TestJoin() {
  Bench bench({0, 1});
  bench.Give(0, 10);
  bench.Give(1, 12);
  bench.turn.Join(2);
  is(bench.count(2), 10, "a slot begins with the least count of the others");
  bench.turn.Join(2);
  bench.Give(2, 5);
  bench.turn.Join(2);
  is(bench.count(2), 15, "once");
  bench.turn.Leave(2);
  bench.turn.Join(2);
  is(bench.count(2), 15, "one that only stopped serving has its own count again");
  bench.turn.Forget(2);
  ok(!bench.turn.serving().Has(2), "one whose process is gone does not serve");
  bench.turn.Join(2);
  is(bench.count(2), 10, "its next process begins anew");

  Bench slow({0, 1});
  slow.Give(0, 100);
  slow.turn.SetKeepers(SetOf({0}), 0);
  slow.turn.Join(2);
  is(slow.count(2), 100, "the least of those that keep up");
  slow.turn.Forget(0);
  slow.turn.Forget(1);
  slow.turn.Forget(2);
  slow.turn.Leave(900);
  slow.turn.Join(900);
  is(slow.Lap(2), "900 900 ", "one that comes alone has all");
}

// Neither what was refused nor what is dealt again changes whose turn it is.
void TestRefused() {
  Bench bench({0, 1, 2});
  bench.Lap(2);
  bench.turn.Returned(0);
  is(bench.count(0), 1, "a refusal was the slot's turn");
  bench.turn.Dealt(2, false);
  is(bench.count(2), 0, "what another refused is nobody's turn");
  is(bench.Lap(4), "2 0 1 2 ", "so the lap goes on as it would have");
  bench.turn.SetEnded(0, 0);
  is(bench.open(0), 1, "what was refused is not open");
  is(bench.open(2), 3, "and what was refused elsewhere is, where it went");
}

void TestUndealt() {
  Bench bench({0, 1});
  bench.Give(0, 2);
  bench.turn.Undealt(0, true);
  bench.turn.Undealt(0, true);
  is(bench.count(0), 0, "what was not sent, or was taken back, was nobody's turn");
  is(bench.open(0), 0, "and is not open");
  bench.turn.Dealt(1, false);
  bench.turn.Undealt(1, false);
  is(bench.count(1), 0, "the same of one that was not counted");
  is(bench.open(1), 0, "(not open)");
  bench.Give(0, 3);
  bench.Give(1, 3);
  bench.turn.Undealt(1, true);
  ok(bench.turn.IsBelowLimit(1), "what was taken back may be dealt to it again");
  is(bench.Room(0), 0, "and the limit is lower by it");
}

void TestOpen() {
  Bench bench({0, 1});
  bench.Give(0, 5);
  bench.Give(1, 3);
  is(static_cast<long long>(bench.turn.Open()), 8, "what is dealt is open");
  bench.turn.SetEnded(0, 2);
  is(bench.open(0), 3, "less what has ended");
  is(static_cast<long long>(bench.turn.Open()), 6, "(over all)");
  bench.turn.SetEnded(0, 2);
  is(bench.open(0), 3, "said twice is once");
  for (const uint32_t ended : {6u, 1000u, UINT32_MAX, 0x80000000u}) {
    bench.turn.SetEnded(0, ended);
    is(bench.open(0), 0, std::to_string(ended) + " ended of 5: none is open, and no more");
  }
  bench.turn.SetEnded(0, 0);
  is(bench.open(0), 5, "whatever it says, no more than it was given");
  bench.turn.Forget(0);
  is(static_cast<long long>(bench.turn.Open()), 3, "what a process had open is gone with it");
  bench.turn.Join(0);
  bench.turn.SetEnded(0, 0);
  is(bench.open(0), 0, "and not the next one's");
  bench.turn.Leave(1);
  is(static_cast<long long>(bench.turn.Open()), 3, "one that stopped serving still has its own");
}

// A worker may send back to a listener what it was given for another.
void TestMoreBackThanGiven() {
  Bench bench({0, 1});
  bench.Give(0, 1);
  bench.turn.Returned(0);
  bench.turn.Returned(0);
  bench.turn.Undealt(0, true);
  bench.turn.SetEnded(0, 0);
  is(bench.open(0), 0, "when more comes back than was given, nothing is open");
  is(static_cast<long long>(bench.turn.Open()), 0, "(over all)");
  bench.Give(0, 2);
  bench.turn.SetEnded(0, 0);
  is(bench.open(0), 2, "and what is given then counts");
}

void TestByOpen() {
  Bench bench({0, 1}, "least-connections");
  is(bench.Room(0), kLead, "by open connections: a lead");
  bench.Give(0, kLead);
  ok(!bench.turn.IsBelowLimit(0), "and no more");
  bench.turn.SetEnded(0, 1);
  ok(bench.turn.IsBelowLimit(0), "but what has ended counts no longer");
  bench.turn.SetKeepers(SetOf({0}), 0);
  ok(bench.turn.IsBelowLimit(0), "one that does not keep up is not waited for");
  bench.Give(0, 50);
  bench.turn.SetKeepers(SetOf({0, 1}), 0);
  is(bench.count(1), 0, "nothing is forgiven, for what is open is what counts");
}

void TestByWeight() {
  Bench bench({0, 1}, "weighted");
  bench.weights[0] = 3;
  is(bench.Lap(8), "0 0 1 0 0 0 1 0 ", "by weight: three to one, mixed");
  Bench limit({0, 1}, "weighted");
  limit.weights[1] = 10;
  ok(limit.Room(0) >= 1 && limit.Room(0) <= kLead, "a light one may be a little ahead");
  const int room = limit.Room(1);
  ok(room >= kLead && room <= 10 * kLead, "a heavy one, by what it weighs");
  limit.Give(1, 10);
  ok(limit.turn.IsBelowLimit(0), "then it is the light one's turn");
}

// In a long burst a slot may be ahead by more, up to a bound, and less than a hundredth of what it
// has.
void TestLongBurst() {
  Bench bench({0, 1});
  int longest = 0;
  bool is_small = true;
  for (int dealt = 0; dealt < 5000; dealt += 2) {
    const int room = bench.Room(0);
    longest = std::max(longest, room);
    is_small = is_small && (room <= kLead || (room - kLead) * 100 <= dealt / 2);
    bench.Give(0, 1);
    bench.Give(1, 1);
  }
  is(longest, kLongestLead, "the lead grows in a long burst, to a bound");
  ok(is_small, "and what it grows by is below a hundredth of what a slot was dealt");
  bench.turn.EndBurst();
  is(bench.Room(0), kLead, "the next burst begins with the short one");
}

void TestNoMeasure() {
  Bench bench({0, 1}, "random");
  bench.Give(0, 1000);
  ok(bench.turn.IsBelowLimit(0), "where the policy alone decides there is no limit");
}

// Another policy goes on with the counts there are.
void TestCompare() {
  Bench bench({0, 1, 2});
  bench.Give(0, 5);
  bench.turn.Compare(Measure::kOpen, bench.weights.data());
  ok(!bench.turn.IsBelowLimit(0), "by what is open");
  bench.turn.SetEnded(0, 5);
  ok(bench.turn.IsBelowLimit(0), "(which has ended)");
  bench.turn.Compare(Measure::kCount, bench.weights.data());
  ok(!bench.turn.IsBelowLimit(0), "and by what was dealt");
}

// The process has not changed, and what it counts as ended goes on for listeners of that number.
void TestInherit() {
  Bench former({0, 1});
  former.Give(0, 10);
  former.turn.SetEnded(0, 8);
  former.turn.Leave(0);
  Bench next({1});
  next.turn.Inherit(former.turn);
  next.turn.Join(0);
  is(next.open(0), 2, "what is still open of a former listener counts with the next of its number");
  next.Give(0, 1);
  next.turn.SetEnded(0, 10);
  is(next.open(0), 1, "so that what ends does not count against what the next was dealt");
  is(next.count(0), 1, "and it has a turn of its own");
}

}  // namespace

int main() {
  TestLaps();
  TestLimit();
  TestKeepers();
  TestForgiveness();
  TestJoin();
  TestRefused();
  TestUndealt();
  TestOpen();
  TestMoreBackThanGiven();
  TestByOpen();
  TestByWeight();
  TestLongBurst();
  TestNoMeasure();
  TestCompare();
  TestInherit();
  return tap::done();
}
