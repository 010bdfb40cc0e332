// links: shared
// The directory of names, counters, and the rows of gauges and histograms.
#include <errno.h>

#include <string>

#include "shared/counter.h"
#include "shared/metrics.h"
#include "shared/names.h"
#include "shared_process.h"
#include "tap.h"

namespace {

using rondo::shared::AddToCount;
using rondo::shared::Definition;
using rondo::shared::Found;
using rondo::shared::Gauge;
using rondo::shared::GetCount;
using rondo::shared::Histogram;
using rondo::shared::Kind;
using rondo::shared::kLargestCount;
using rondo::shared::kMostNames;
using rondo::shared::kRecordsAt;
using rondo::shared::Share;
using rondo::shared::Word;
using shared_test::Memory;
using shared_test::Process;
using tap::is;
using tap::ok;

Word* OpenCounter(const Process& process, const std::string& name) {
  Found found;
  const int result = FindOrMake(process.region, {Kind::kCounter, name, {}, 0}, &found);
  return result == 0 ? found.value : nullptr;
}

void TestNames() {
  Memory memory;
  Process one(memory);
  Process two(memory);
  Word* const a = OpenCounter(one, "a");
  int64_t sum = 0;
  AddToCount(a, 5, &sum);
  is(GetCount(*OpenCounter(two, "a")), 5, "one name is one counter in all processes");
  is(GetCount(*OpenCounter(two, "b")), 0, "another name another");
  ok(OpenCounter(one, "a") == a, "always the same");
  is(GetCount(*OpenCounter(two, std::string("a\0", 2))), 0, "names are compared whole");
  Found found;
  is(FindOrMake(one.region, {Kind::kGauge, "a", {}, 4096}, &found), 0, "each kind has its names");
  ok(found.large_at > 0 && found.large_bytes == 4096, "and memory where it needs some");
  is(FindOrMake(two.region, {Kind::kMap, "m", {3, 4}, 9000}, &found), 0, "one with sizes");
  is(FindOrMake(one.region, {Kind::kMap, "m", {3, 5}, 9000}, &found), -EEXIST, "others are not it");
  ok(found.parameters == std::vector<uint64_t>({3, 4}), "and what they are is said");
  const uint64_t large_used = one.region.header()->large_used;
  is(FindOrMake(one.region, {Kind::kMap, "huge", {}, uint64_t{1} << 50}, &found), -ENOSPC,
     "one for which there is no room");
  is(static_cast<long long>(one.region.header()->large_used), static_cast<long long>(large_used),
     "takes none");
}

void TestCounts() {
  Word counter{0};
  int64_t sum = 0;
  ok(AddToCount(&counter, kLargestCount, &sum) && sum == kLargestCount, "up to the largest");
  ok(!AddToCount(&counter, 1, &sum) && GetCount(counter) == kLargestCount, "and not beyond");
  ok(AddToCount(&counter, -kLargestCount, &sum) && sum == 0, "down again");
  ok(AddToCount(&counter, -kLargestCount, &sum) && !AddToCount(&counter, -1, &sum),
     "to the least and not beyond");
}

// All names there can be, and what a process does that is killed while it makes one.
void TestMostNames() {
  Memory memory;
  Process process(memory);
  // Given out, written in part and never made known.
  process.region.header()->records_used += 128;
  *process.region.At<Word>(kRecordsAt) = 77;
  uint64_t made = 0;
  while (OpenCounter(process, "counter " + std::to_string(made)) != nullptr) made++;
  is(static_cast<long long>(made), kMostNames, "as many names as there may be");
  is(GetCount(*OpenCounter(process, "counter 0")), 0, "those that are there are found");
  is(GetCount(*OpenCounter(process, "counter " + std::to_string(made - 1))), 0, "to the last");
}

void TestGarbage() {
  Memory memory;
  Process process(memory);
  uint64_t random = 1;
  for (int round = 0; round < 100; round++) {
    for (uint64_t i = 0; i < rondo::shared::kNameSlots; i++) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      *process.region.At<Word>(rondo::shared::kNamesAt + i * 8) = random >> (random >> 58);
    }
    for (int i = 0; i < 20; i++) OpenCounter(process, "a" + std::to_string(i));
    // Records of nonsense, where the slots lead.
    for (uint64_t i = 0; i < 512; i++) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      *process.region.At<Word>(kRecordsAt + i * 8) = random >> (random >> 58);
      *process.region.At<Word>(rondo::shared::kNamesAt + i * 8) = kRecordsAt + i % 64 * 64;
    }
    for (int i = 0; i < 20; i++) OpenCounter(process, "b" + std::to_string(i));
  }
  ok(true, "garbage leads nowhere");
}

void TestGauge() {
  Memory memory;
  Process one(memory, 1);
  Gauge gauge;
  Found found;
  FindOrMake(one.region, Gauge::Define("g"), &found);
  gauge.Open(one.region, &one.cells, found);
  gauge.Set(1.5);
  {
    Process two(memory, 2);
    Gauge other;
    other.Open(two.region, &two.cells, found);
    other.Set(10);
    other.Add(-0.25);
    ok(gauge.Sum() == 11.25 && other.Sum() == 11.25, "a gauge is the sum over all processes");
  }
  ok(gauge.Sum() == 1.5, "that live");
  const std::vector<Share> shares = gauge.Shares();
  ok(shares.size() == 2 && shares[0].owner.is_alive && shares[0].owner.seat == 1, "one's share");
  ok(shares.size() == 2 && !shares[1].owner.is_alive && shares[1].sum == 9.75,
     "and the dead one's");
  Process three(memory, 3);
  is(static_cast<long long>(gauge.Shares().size()), 1, "until another has its cell");
  Gauge next;
  next.Open(three.region, &three.cells, found);
  ok(gauge.Shares()[1].sum == 0 && gauge.Shares()[1].owner.seat == 3, "who starts at 0");
}

void TestHistogram() {
  Memory memory;
  Process one(memory, 1);
  Found found;
  FindOrMake(one.region, Histogram::Define("h", {1, 5}), &found);
  Histogram histogram;
  histogram.Open(one.region, &one.cells, found);
  for (const double value : {0.5, 1.0, 1.5, 5.0, 6.0}) histogram.Observe(value);
  ok(histogram.Total().counts == std::vector<uint64_t>({2, 2, 1}), "bounds belong to their bucket");
  ok(histogram.Total().sum == 14, "the sum");
  {
    Process two(memory, 2);
    Histogram other;
    other.Open(two.region, &two.cells, found);
    other.Observe(3);
  }
  ok(histogram.Total().counts == std::vector<uint64_t>({2, 3, 1}), "a dead process's counts stay");
  std::vector<Share> shares = histogram.Shares();
  ok(shares.size() == 2 && !shares[1].owner.is_alive, "and are told apart");
  Process three(memory, 3);
  Histogram next;
  next.Open(three.region, &three.cells, found);
  next.Observe(100);
  ok(histogram.Total().counts == std::vector<uint64_t>({2, 3, 2}), "the next one adds to them");
  shares = histogram.Shares();
  ok(shares.size() == 2 && shares[1].counts == std::vector<uint64_t>({0, 0, 1}), "and has its own");
  ok(shares[1].sum == 100, "with its own sum");
}

}  // namespace

int main() {
  TestNames();
  TestCounts();
  TestMostNames();
  TestGarbage();
  TestGauge();
  TestHistogram();
  return tap::done();
}
