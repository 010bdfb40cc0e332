// links: shared
// What a process reads of names that others have made: all of it, nothing more than there is in
// memory full of nonsense, and no access is a data race while they are made (under
// ThreadSanitizer).
#include <errno.h>
#include <string.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "shared/counter.h"
#include "shared/metrics.h"
#include "shared/names.h"
#include "shared_process.h"
#include "tap.h"

namespace {

using rondo::shared::Definition;
using rondo::shared::Found;
using rondo::shared::Gauge;
using rondo::shared::GetCount;
using rondo::shared::Histogram;
using rondo::shared::Kind;
using rondo::shared::kLargeAt;
using rondo::shared::kNamesAt;
using rondo::shared::kNameSlots;
using rondo::shared::kRecordsAt;
using rondo::shared::Listed;
using rondo::shared::ListRecords;
using rondo::shared::ReadRecord;
using rondo::shared::Word;
using shared_test::Memory;
using shared_test::Process;
using tap::is;
using tap::ok;

std::map<std::string, Listed> ReadAll(const Process& process) {
  std::map<std::string, Listed> all;
  for (const uint64_t at : ListRecords(process.region)) {
    Listed listed;
    if (ReadRecord(process.region, at, &listed) == 0) all[listed.name] = listed;
  }
  return all;
}

void TestAll() {
  Memory memory;
  Process worker(memory, 3);
  Process primary(memory);
  ok(ReadAll(primary).empty(), "nothing is there at first");
  Found found;
  FindOrMake(worker.region, {Kind::kCounter, "requests", {}, 0}, &found);
  int64_t sum = 0;
  rondo::shared::AddToCount(found.value, 42, &sum);
  FindOrMake(worker.region, Gauge::Define("open"), &found);
  Gauge gauge;
  gauge.Open(worker.region, &worker.cells, found);
  gauge.Set(7.5);
  FindOrMake(worker.region, Histogram::Define("seconds", {0.1, 1}), &found);
  Histogram histogram;
  histogram.Open(worker.region, &worker.cells, found);
  histogram.Observe(0.5);
  FindOrMake(worker.region, {Kind::kMap, "m", {3, 4}, 9000}, &found);

  std::map<std::string, Listed> all = ReadAll(primary);
  is(static_cast<long long>(all.size()), 4, "each name is listed");
  is(static_cast<long long>(all["requests"].kind), static_cast<long long>(Kind::kCounter), "kind");
  is(GetCount(*all["requests"].found.value), 42, "a counter's value is in its record");
  Gauge watched;
  is(watched.Watch(primary.region, &primary.cells, all["open"].found), 0, "a gauge can be watched");
  ok(watched.Shares().size() == 1 && watched.Shares()[0].sum == 7.5, "without a share of its own");
  is(watched.Shares()[0].owner.seat, 3, "whose it is");
  Histogram seen;
  is(seen.Watch(primary.region, &primary.cells, all["seconds"].found), 0, "so can a histogram");
  ok(seen.bounds() == std::vector<double>({0.1, 1}), "with its bounds");
  ok(seen.Total().counts == std::vector<uint64_t>({0, 1, 0}) && seen.Total().sum == 0.5, "counts");
  ok(all["m"].found.parameters == std::vector<uint64_t>({3, 4}), "other things are listed, too");

  Gauge wrong;
  is(wrong.Watch(primary.region, &primary.cells, all["seconds"].found), -EIO, "one for another");
  Histogram none;
  is(none.Watch(primary.region, &primary.cells, all["open"].found), -EIO, "is none");
}

void TestPlaces() {
  Memory memory;
  Process process(memory);
  Found found;
  FindOrMake(process.region, {Kind::kCounter, "a", {}, 0}, &found);
  Listed listed;
  is(ReadRecord(process.region, kRecordsAt, &listed), 0, "a record");
  for (const uint64_t at :
       {uint64_t{0}, uint64_t{64}, kRecordsAt - 64, kRecordsAt + 8, kLargeAt - 32, kLargeAt,
        kLargeAt + 64, uint64_t{1} << 40, ~uint64_t{0}}) {
    is(ReadRecord(process.region, at, &listed), -EIO, "none");
  }
  is(ReadRecord(process.region, kRecordsAt + 128, &listed), -EIO, "where nothing was written");
}

// Whatever is written there, by whom ever: it is read as something or refused.
void TestGarbage() {
  Memory memory;
  Process process(memory);
  uint64_t random = 1;
  auto next = [&random] {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return random >> (random >> 58);
  };
  int read = 0;
  int refused = 0;
  for (int round = 0; round < 50; round++) {
    for (uint64_t i = 0; i < 512; i++) {
      *process.region.At<Word>(kRecordsAt + i * 8) = next();
      *process.region.At<Word>(kNamesAt + i * 8) = i % 3 == 0 ? next() : kRecordsAt + i % 64 * 64;
    }
    // Some that look like metrics, with sizes and bounds of any kind.
    for (uint64_t i = 0; i < 32; i += 2) {
      Word* const record = process.region.At<Word>(kRecordsAt + i * 64);
      const uint64_t kind = 1 + next() % 3;
      record[1] = kind | (next() % 220) << 8 | (next() % 90) << 32;
      record[2] = next() % 2 == 0 ? kLargeAt + next() % 4096 * 4096 : next();
      record[3] = next() % 2 == 0 ? next() % 64 * 4096 : next();
    }
    process.region.header()->cells_used = next();
    for (const uint64_t at : ListRecords(process.region)) {
      Listed listed;
      if (ReadRecord(process.region, at, &listed) != 0) {
        refused++;
        continue;
      }
      Gauge gauge;
      Histogram histogram;
      if (gauge.Watch(process.region, &process.cells, listed.found) == 0) gauge.Shares();
      if (histogram.Watch(process.region, &process.cells, listed.found) == 0) histogram.Total();
      read++;
    }
  }
  ok(read > 0 && refused > 0, "nonsense is read or refused");
}

// Sizes that fit, with rows and cells of nonsense.
void TestGarbageRows() {
  Memory memory;
  Process process(memory);
  Found found;
  FindOrMake(process.region, Histogram::Define("h", {1, 5}), &found);
  rondo::shared::Mapping rows;
  rows.Map(process.region.fd(), found.large_at, found.large_bytes);
  uint64_t random = 7;
  for (uint64_t i = 0; i < found.large_bytes / 8; i++) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    *rows.At<Word>(i * 8) = random;
  }
  process.region.header()->cells_used = ~uint64_t{0};
  Histogram histogram;
  is(histogram.Watch(process.region, &process.cells, found), 0, "rows of nonsense");
  is(static_cast<long long>(histogram.Total().counts.size()), 3, "are numbers of as many buckets");
  for (const double bound : {5.0, 0.5, 1.0 / 0.0, 0.0 / 0.0}) {
    Found bad = found;
    std::vector<uint64_t> bits(1);
    memcpy(bits.data(), &bound, 8);
    bad.parameters[1] = bits[0];
    if (bound == 5.0) bad.parameters[0] = bits[0];
    Histogram none;
    is(none.Watch(process.region, &process.cells, bad), -EIO, "bounds that do not rise");
  }
}

void TestWhileOthersMake() {
  Memory memory;
  std::atomic<bool> is_over{false};
  std::atomic<int> wrong{0};
  std::thread reader([&] {
    Process primary(memory);
    while (!is_over.load()) {
      for (const auto& [name, listed] : ReadAll(primary)) {
        if (listed.kind == Kind::kCounter) continue;
        Gauge gauge;
        if (gauge.Watch(primary.region, &primary.cells, listed.found) != 0) wrong++;
        for (const auto& share : gauge.Shares()) wrong += share.sum == 0 || share.sum == 1 ? 0 : 1;
      }
    }
  });
  std::vector<std::thread> makers;
  for (int i = 0; i < 3; i++) {
    makers.emplace_back([&, i] {
      Process process(memory, i);
      for (int k = 0; k < 60; k++) {
        Found found;
        FindOrMake(process.region, {Kind::kCounter, "c" + std::to_string(k), {}, 0}, &found);
        FindOrMake(process.region, Gauge::Define("g" + std::to_string(k)), &found);
        Gauge gauge;
        gauge.Open(process.region, &process.cells, found);
        gauge.Set(1);
      }
    });
  }
  for (std::thread& maker : makers) maker.join();
  is_over = true;
  reader.join();
  is(wrong.load(), 0, "what is read while others make it is right");
  Process process(memory);
  is(static_cast<long long>(ReadAll(process).size()), 120, "and in the end all is there");
}

}  // namespace

int main() {
  TestAll();
  TestPlaces();
  TestGarbage();
  TestGarbageRows();
  TestWhileOthersMake();
  return tap::done();
}
