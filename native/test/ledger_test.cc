// links: engine channel base uv
// The accounts of processes: that what is counted of one stays its own, that a slot's figures are
// the sum of its processes', and that a page full of nonsense makes no counter fall and harms
// nobody else's.
#include "engine/ledger.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <memory>
#include <random>
#include <string>

#include "tap.h"

namespace {

using rondo::kTimeBuckets;
using rondo::Ledger;
using rondo::PageMapping;
using rondo::ProcessCounters;
using rondo::Reading;
using rondo::Scoreboard;
using rondo::WorkerPage;
using tap::is;
using tap::ok;

constexpr uint16_t kSlot = 3;

// One process of a slot: what the engine writes, and what the process does.
struct Process {
  std::shared_ptr<Scoreboard> scoreboard = std::make_shared<Scoreboard>();
  PageMapping<WorkerPage> page;
  std::shared_ptr<ProcessCounters> counters;

  Process(Ledger* ledger, uint32_t generation, uint16_t slot = kSlot) {
    scoreboard->Create();
    page.Map(scoreboard->worker_fd.get(), true);
    counters = ledger->Begin(slot, generation, scoreboard);
  }

  void Hand(uint32_t count) {
    counters->handed += count;
    scoreboard->engine->handed.fetch_add(count);
  }
  void Receive(uint32_t count) { page->received.fetch_add(count); }
  void End(uint32_t count) { page->ended.fetch_add(count); }
  // As the engine does when it looks.
  void Look() {
    counters->received = page->received.load();
    counters->ended = page->ended.load();
  }
  void SetTime(size_t field, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    page->handoff_times[field].store(bits);
  }
};

void TestOneProcess() {
  Ledger ledger;
  is(static_cast<long long>(ledger.OfSlot(kSlot).handed), 0, "no process: nothing");
  ok(ledger.counters(kSlot) == nullptr, "and no counters");
  Process process(&ledger, 1);
  process.Hand(5);
  process.Receive(4);
  process.End(1);
  Reading reading = ledger.OfProcess(kSlot, 1);
  is(static_cast<long long>(reading.received), 4, "received is what its page says");
  is(static_cast<long long>(reading.ended), 1, "ended, too");
  is(reading.open, 3, "the others are open");
  is(reading.pending, 1, "and one is on its way");
  process.Look();
  is(static_cast<long long>(ledger.OfProcess(kSlot, 1).received), 4,
     "the engine has seen the same");
  process.Receive(1);
  is(static_cast<long long>(ledger.OfProcess(kSlot, 1).received), 5, "and what comes is added");
  is(static_cast<long long>(ledger.OfProcess(kSlot, 2).received), 0, "another process has its own");
  is(static_cast<long long>(ledger.OfProcess(kSlot, 1).cpu_ns), -1, "its CPU time is not known");
  ledger.Watch(kSlot, 1, getpid());
  ok(ledger.OfProcess(kSlot, 1).cpu_ns > 0, "until its pid is");
  ledger.NoteExit(kSlot, 1);
  is(static_cast<long long>(ledger.OfProcess(kSlot, 1).cpu_ns), -1, "and while it is its own");
  process.counters->cpu_ns = 77;
  is(static_cast<long long>(ledger.OfProcess(kSlot, 1).cpu_ns), 77,
     "as the engine saw it at the end");
}

// Far more connections than the page's numbers hold.
void TestWrap() {
  Ledger ledger;
  Process process(&ledger, 1);
  const uint64_t many = (1ull << 32) * 3 + 10;
  process.counters->handed = many + 5;
  process.counters->received = many;
  process.counters->ended = many - 7;
  process.page->received = static_cast<uint32_t>(many + 2);
  process.page->ended = static_cast<uint32_t>(many - 6);
  const Reading reading = ledger.OfProcess(kSlot, 1);
  is(static_cast<long long>(reading.received), static_cast<long long>(many + 2), "received");
  is(static_cast<long long>(reading.ended), static_cast<long long>(many - 6), "ended");
  is(reading.open, 8, "open");
}

// A released process goes on while its slot has another.
void TestSumOfASlot() {
  Ledger ledger;
  Process former(&ledger, 1);
  former.Hand(10);
  former.Receive(10);
  former.End(4);
  former.counters->has_left = true;
  former.counters->handoff_errors.Count(EAGAIN);
  Process present(&ledger, 2);
  present.Hand(3);
  present.Receive(3);
  former.End(1);
  // Two connections that took no time.
  former.SetTime(1, 2);
  is(ledger.OfProcess(kSlot, 1).open, 5, "what a released process has open is its own");
  is(ledger.OfProcess(kSlot, 2).open, 3, "and not its successor's");
  Reading slot = ledger.OfSlot(kSlot);
  is(static_cast<long long>(slot.handed), 13, "a slot's counters are those of all");
  is(static_cast<long long>(slot.ended), 5, "also of what ended later");
  is(slot.open, 3, "open is its present process's");
  ledger.End(kSlot, 1);
  ledger.End(kSlot, 1);
  slot = ledger.OfSlot(kSlot);
  is(static_cast<long long>(slot.handed), 13, "the end of a process, told twice, changes no sum");
  is(static_cast<long long>(slot.unfinished), 5, "but that it died with what it had open");
  is(static_cast<long long>(slot.handoff_times.counts[0]), 2, "nor of the histogram");
  is(static_cast<long long>(ledger.OfProcess(kSlot, 1).handed), 0, "it has no account any more");
  is(static_cast<long long>(ledger.ErrorsOfSlot(kSlot)[EAGAIN]), 1, "its errors are the slot's");
  ok(ledger.ErrorsOfProcess(kSlot, 2).empty() && ledger.HasErrors(kSlot),
     "and not its successor's");
  present.counters->is_gone = true;
  present.counters->unfinished = 3;
  ledger.End(kSlot, 2);
  is(static_cast<long long>(ledger.OfSlot(kSlot).unfinished), 8,
     "what the engine has counted as unfinished is not counted twice");
  ledger.End(kSlot, 9);
  ledger.End(kSlot + 1, 1);
}

void TestHandoffTimes() {
  Ledger ledger;
  Process process(&ledger, 1);
  process.Hand(4);
  process.Receive(4);
  process.SetTime(0, 150.5);
  process.SetTime(1, 1);
  process.SetTime(3, 2);
  const auto times = [&] { return ledger.OfProcess(kSlot, 1).handoff_times; };
  ok(times().sum_us == 150.5 && times().counts[0] == 1 && times().counts[2] == 2, "times are read");
  const double wrong[] = {-1, 0.5, 1e300, INFINITY, NAN, 5};
  for (const double value : wrong) {
    process.SetTime(1, value);
    ok(times().counts[0] == 1 && times().counts[2] == 2,
       "a count of " + std::to_string(value) + ": they stay");
  }
  process.SetTime(1, 2);
  ok(times().counts[0] == 2, "and go on when it makes sense again");
  process.SetTime(3, 1);
  ok(times().counts[2] == 2, "none falls");
  process.SetTime(3, 2);
  for (const double value :
       {-1.0, 150.0, 1e300, static_cast<double>(INFINITY), static_cast<double>(NAN)}) {
    process.SetTime(0, value);
    ok(times().sum_us == 150.5, "a sum of " + std::to_string(value) + ": it stays");
  }
}

bool HasFallen(const Reading& now, const Reading& before) {
  bool has_fallen =
      now.handed < before.handed || now.handoff_times.sum_us < before.handoff_times.sum_us;
  for (size_t i = 0; i < kTimeBuckets; i++) {
    has_fallen = has_fallen || now.handoff_times.counts[i] < before.handoff_times.counts[i];
  }
  return has_fallen;
}

// What a worker shows of its loop, and when that is too old to be of now.
void TestFigures() {
  Ledger ledger;
  Process process(&ledger, 1);
  const auto read = [&ledger] { return ledger.OfProcess(kSlot, 1); };
  is(read().busy_permille, -1, "nothing is known of a loop that has not turned");
  is(read().is_slow, -1, "nor of its requests");
  process.page->busy_permille = 700;
  process.page->delay_us = 5000;
  process.page->memory_kb = 9;
  process.page->figures_at = rondo::HeartbeatNow();
  is(read().busy_permille, 700, "a loop is at work");
  is(read().delay_us, 5000, "and late");
  process.page->figures_at = rondo::HeartbeatNow() - 5000;
  is(read().busy_permille, 0, "one that has waited for seconds is not at work");
  is(read().delay_us, 0, "and late with nothing");
  is(read().memory_kb, 9, "though it has its memory");
  process.page->turn_since_ns = 1;
  is(read().busy_permille, 700, "but not one that is in a long turn");
  process.page->busy_permille = UINT32_MAX;
  is(read().busy_permille, 1000, "nobody is at work for more than all of the time");
  process.page->pace = static_cast<uint32_t>(rondo::RequestPace::kQuick);
  is(read().is_slow, 0, "quick requests");
  process.page->pace = static_cast<uint32_t>(rondo::RequestPace::kSlow);
  is(read().is_slow, 1, "slow ones");
  process.page->pace = 3;
  is(read().is_slow, -1, "nonsense is nothing known");
}

// A page with anything in it, again and again, beside a process that is well.
void TestHostilePages() {
  Ledger ledger;
  Process hostile(&ledger, 1);
  Process well(&ledger, 1, kSlot + 1);
  hostile.Hand(20);
  well.Hand(7);
  well.Receive(7);
  std::mt19937_64 random(20241207);
  Reading before = ledger.OfProcess(kSlot, 1);
  int wrong = 0;
  for (int round = 0; round < 20000; round++) {
    auto* const bytes = reinterpret_cast<unsigned char*>(hostile.page.get());
    const size_t at = random() % sizeof(WorkerPage);
    const size_t length = 1 + random() % (sizeof(WorkerPage) - at);
    const bool is_all = round % 100 == 0;
    for (size_t i = is_all ? 0 : at; i < (is_all ? sizeof(WorkerPage) : at + length); i++) {
      bytes[i] = static_cast<unsigned char>(random());
    }
    const Reading now = ledger.OfProcess(kSlot, 1);
    const bool is_possible = now.handed >= 20 && now.handed <= 20 + rondo::kMaxBatch &&
                             now.received <= now.handed && now.ended <= now.received &&
                             now.lost <= now.handed;
    double total = 0;
    for (const double count : now.handoff_times.counts) total += count;
    const bool is_bounded = total <= 20 + static_cast<double>(rondo::kMaxBatch);
    const Reading other = ledger.OfProcess(kSlot + 1, 1);
    const bool is_other_well = other.received == 7 && other.handed == 7 && other.open == 7;
    if (!is_possible || !is_bounded || !is_other_well || now.handoff_times.sum_us < 0) wrong++;
    if (HasFallen(now, {}) || now.handoff_times.sum_us < before.handoff_times.sum_us) wrong++;
    before = now;
  }
  is(wrong, 0,
     "20,000 pages of nonsense: nothing that cannot be, no time falls, no other is harmed");
  ledger.End(kSlot, 1);
  const Reading slot = ledger.OfSlot(kSlot);
  ok(slot.received <= slot.handed && slot.ended + slot.unfinished <= slot.received,
     "and what is left of it can be, too");
}

}  // namespace

int main() {
  TestOneProcess();
  TestWrap();
  TestSumOfASlot();
  TestHandoffTimes();
  TestFigures();
  TestHostilePages();
  return tap::done();
}
