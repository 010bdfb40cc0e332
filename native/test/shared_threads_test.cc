// links: shared
// Threads as the processes of a program, all on the same few things at once: no count is lost, no
// limit passed, no value mixed up, and no access is a data race (under ThreadSanitizer).
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "shared/counter.h"
#include "shared/metrics.h"
#include "shared_process.h"
#include "tap.h"

namespace {

using rondo::shared::Algorithm;
using rondo::shared::Bytes;
using rondo::shared::Found;
using rondo::shared::Gauge;
using rondo::shared::Histogram;
using rondo::shared::Kind;
using rondo::shared::Map;
using rondo::shared::SetResult;
using rondo::shared::Word;
using shared_test::HasAllBlobs;
using shared_test::Memory;
using shared_test::Process;
using tap::is;
using tap::ok;

constexpr int kThreads = 4;
constexpr int kRounds = 3000;

template <typename Run>
void InThreads(Run run) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; i++) threads.emplace_back(run, i);
  for (std::thread& thread : threads) thread.join();
}

// All make the same names at once: each is one thing.
void TestNames() {
  Memory memory;
  std::atomic<int> failed{0};
  InThreads([&](int) {
    Process process(memory);
    for (int i = 0; i < 300; i++) {
      const std::string name = "name " + std::to_string(i);
      Found found;
      if (FindOrMake(process.region, {Kind::kCounter, name, {7}, 0}, &found) != 0) failed++;
      int64_t sum = 0;
      if (!rondo::shared::AddToCount(found.value, 1, &sum)) failed++;
      if (FindOrMake(process.region, {Kind::kMap, name, {7}, 5000}, &found) != 0) failed++;
    }
  });
  Process process(memory);
  std::set<uint64_t> places;
  int wrong = 0;
  for (int i = 0; i < 300; i++) {
    const std::string name = "name " + std::to_string(i);
    Found found;
    FindOrMake(process.region, {Kind::kCounter, name, {7}, 0}, &found);
    if (rondo::shared::GetCount(*found.value) != kThreads) wrong++;
    FindOrMake(process.region, {Kind::kMap, name, {7}, 5000}, &found);
    places.insert(found.large_at);
  }
  is(failed, 0, "all find or make all of them");
  is(wrong, 0, "each counter has what all have added");
  is(static_cast<long long>(places.size()), 300, "each thing has a place of its own");
  is(static_cast<long long>(process.region.header()->names_used), 600, "none is there twice");
}

void TestCounts() {
  Memory memory;
  InThreads([&](int) {
    Process process(memory);
    Found found;
    FindOrMake(process.region, {Kind::kCounter, "c", {}, 0}, &found);
    Word* const counter = found.value;
    FindOrMake(process.region, Gauge::Define("g"), &found);
    Gauge gauge;
    gauge.Open(process.region, &process.cells, found);
    FindOrMake(process.region, Histogram::Define("h", {10}), &found);
    Histogram histogram;
    histogram.Open(process.region, &process.cells, found);
    int64_t sum = 0;
    for (int i = 0; i < kRounds; i++) {
      rondo::shared::AddToCount(counter, 1, &sum);
      gauge.Add(1);
      histogram.Observe(i % 20);
      if (i % 100 == 0) histogram.Total();
      if (i % 100 == 50) gauge.Sum();
    }
  });
  Process process(memory);
  Found found;
  FindOrMake(process.region, {Kind::kCounter, "c", {}, 0}, &found);
  is(rondo::shared::GetCount(*found.value), kThreads * kRounds, "no count is lost");
  FindOrMake(process.region, Histogram::Define("h", {10}), &found);
  Histogram histogram;
  histogram.Open(process.region, &process.cells, found);
  const std::vector<uint64_t> counts = histogram.Total().counts;
  is(static_cast<long long>(counts[0] + counts[1]), kThreads * kRounds, "nor an observation");
}

void TestLimiter(Algorithm algorithm) {
  Memory memory;
  std::atomic<int> granted{0};
  InThreads([&](int) {
    Process process(memory);
    const auto limiter = process.OpenLimiter("l", {algorithm, 1000, 1'000'000}, 10);
    for (int i = 0; i < kRounds; i++) {
      if (limiter->Take("key", 3, 1, 5000).ok) granted++;
      limiter->Take("other", 5, 1, 5000);
    }
  });
  is(granted, 1000, "of all takes as many as the limit are allowed");
}

// A value says by whom it was set and how often, all over.
std::string ValueOf(int thread, int round) {
  return std::string(1 + static_cast<size_t>((thread * 31 + round) % 90),
                     static_cast<char>('A' + thread));
}

void TestMap() {
  Memory memory;
  std::atomic<int> wrong{0};
  std::atomic<int> updates{0};
  InThreads([&](int thread) {
    Process process(memory);
    const auto map = process.OpenMap("m", {16, 8, 100});
    for (int i = 0; i < kRounds; i++) {
      const std::string key = "key " + std::to_string(i % 8);
      const Bytes key_bytes = {key.data(), key.size()};
      const std::string value = ValueOf(thread, i);
      map->Set(key_bytes, {value.data(), value.size()}, 0, 1000, {});
      Bytes found;
      if (!map->Get(key_bytes, 1000, &found) && i % 8 != 7) wrong++;
      const std::string text(static_cast<const char*>(found.data), found.length);
      if (text != std::string(text.size(), text.empty() ? ' ' : text[0])) wrong++;
      if (i % 8 == 7) map->Delete(key_bytes, 1000, {});

      // A count, by read and conditional set.
      Bytes count;
      Map::Condition condition;
      condition.is_any = false;
      std::string before;
      if (map->Get({"count", 5}, 1000, &count)) {
        before = std::string(static_cast<const char*>(count.data), count.length);
        condition.value = {before.data(), before.size()};
      } else {
        condition.is_absent = true;
      }
      const std::string after = std::to_string(atoi(before.c_str()) + 1);
      if (map->Set({"count", 5}, {after.data(), after.size()}, 0, 1000, condition) ==
          SetResult::kSet) {
        updates++;
      }
    }
  });
  Process process(memory);
  const auto map = process.OpenMap("m", {16, 8, 100});
  Bytes count;
  map->Get({"count", 5}, 1000, &count);
  const std::string text(static_cast<const char*>(count.data), count.length);
  is(wrong, 0, "no value is missing or mixed of two");
  is(atoi(text.c_str()), updates, "each conditional set that was made counts once");
  ok(HasAllBlobs(*map->table()), "all blobs are there");
}

// Large values, so that many reads are overtaken by changes.
void TestReaders() {
  Memory memory;
  std::atomic<int> up{0};
  std::atomic<int> reading{kThreads / 2};
  std::atomic<int> wrong{0};
  InThreads([&](int thread) {
    Process process(memory);
    const auto map = process.OpenMap("m", {1, 1, 4000});
    std::string value(4000, static_cast<char>('A' + thread));
    map->Set({"k", 1}, {value.data(), value.size()}, 0, 1000, {});
    up++;
    while (up < kThreads) std::this_thread::yield();
    if (thread % 2 == 0) {
      for (size_t i = 0; reading > 0; i++) {
        map->Set({"k", 1}, {value.data(), 2000 + i % 2000}, 0, 1000, {});
      }
      return;
    }
    // Long enough that threads are interrupted in the middle of a read.
    const uint64_t end_ns = rondo::NowNs() + 500 * rondo::kMillisecond;
    while (rondo::NowNs() < end_ns) {
      Bytes found;
      if (!map->Get({"k", 1}, 1000, &found)) wrong++;
      const std::string text(static_cast<const char*>(found.data), found.length);
      if (text != std::string(text.size(), text.empty() ? ' ' : text[0])) wrong++;
    }
    reading--;
  });
  is(wrong, 0, "no value is read while it is changed");
}

// Cells are claimed and given up while others look.
void TestCells() {
  Memory memory;
  std::atomic<int> wrong{0};
  InThreads([&](int thread) {
    for (int i = 0; i < 100; i++) {
      Process process(memory, thread);
      if (process.error != 0 || process.cells.index() >= kThreads) wrong++;
      const rondo::shared::Owner owner = process.cells.Look(process.cells.index());
      if (!owner.is_alive || owner.seat != thread) wrong++;
      for (uint32_t k = 0; k < process.cells.used(); k++) process.cells.Look(k);
    }
  });
  is(wrong, 0, "each has a cell of its own");
}

}  // namespace

int main() {
  TestNames();
  TestCounts();
  TestLimiter(Algorithm::kFixedWindow);
  TestLimiter(Algorithm::kSlidingWindow);
  TestLimiter(Algorithm::kTokenBucket);
  TestMap();
  TestReaders();
  TestCells();
  return tap::done();
}
