// links: shared
// A table when a process ends between any two steps of a change, with and without others who change
// the same bucket meanwhile: the change has been made whole or not at all, and no blob is lost.
#include <string>
#include <vector>

#include "shared/table.h"
#include "shared_process.h"
#include "tap.h"

namespace {

using rondo::shared::Contents;
using rondo::shared::kCells;
using rondo::shared::Kind;
using rondo::shared::Table;
using rondo::shared::TableShape;
using shared_test::Found;
using shared_test::HasAllBlobs;
using shared_test::Memory;
using shared_test::Process;
using tap::is;
using tap::ok;

constexpr TableShape kShape = {3, 8};

// A process with the table open.
struct User {
  Process process;
  Table table;

  explicit User(const Memory& memory) : process(memory) {
    Found found;
    FindOrMake(process.region, {Kind::kMap, "table", {}, kShape.bytes()}, &found);
    table.Open(process.region, found.large_at, kShape, process.cells.index());
  }

  std::vector<uint64_t> Get(uint64_t bucket) {
    std::vector<uint64_t> words(kShape.blob_words);
    words.resize(table.Read(bucket, words.data()).used);
    return words;
  }

  bool Set(uint64_t bucket, const std::vector<uint64_t>& words) {
    std::vector<uint64_t> old(kShape.blob_words);
    const Contents before = table.Read(bucket, old.data());
    return table.Replace(before, words.data(), words.size());
  }
};

void TestReplace() {
  Memory memory;
  User one(memory);
  User two(memory);
  is(one.Get(0).size(), 0, "a bucket is empty");
  ok(one.Set(0, {1, 2, 3}) && two.Get(0) == std::vector<uint64_t>({1, 2, 3}), "one sets it");
  ok(two.Set(0, {4}) && one.Get(0) == std::vector<uint64_t>({4}), "another sets it anew");
  ok(one.Get(1).empty() && one.Get(2).empty(), "the others stay empty");
  std::vector<uint64_t> words(kShape.blob_words);
  const Contents old = one.table.Read(0, words.data());
  two.Set(0, {5});
  ok(!one.table.Replace(old, words.data(), 1),
     "nothing comes of a change of what is not there now");
  ok(one.Get(0) == std::vector<uint64_t>({5}), "which stays");
  ok(HasAllBlobs(one.table), "all blobs are there");
}

constexpr int kSteps = 6;

// The first `steps` of a change.
bool DoSteps(Table* table, const Contents& before, const std::vector<uint64_t>& words, int steps) {
  if (steps > 0) table->WriteSpare(words.data(), words.size());
  if (steps > 1) table->NoteIntent(before);
  if (steps > 2) table->NotePending();
  const bool is_swapped = steps > 3 && table->Swap(before);
  if (steps > 4 && is_swapped) table->TakeOver(before.word);
  if (steps > 5) table->NoteIdle();
  return is_swapped;
}

// `before` and `after` are how often another process changes the bucket before the swap and after
// the end.
void TestEndAfter(int steps, int before, int after, bool is_used_before) {
  const std::string name = std::to_string(steps) + " steps, " + std::to_string(before) +
                           " changes before, " + std::to_string(after) + " after" +
                           (is_used_before ? ", used before" : "");
  Memory memory;
  User survivor(memory);
  survivor.Set(1, {10});
  bool is_swapped = false;
  {
    User killed(memory);
    if (is_used_before) killed.Set(1, {11});
    std::vector<uint64_t> words(kShape.blob_words);
    const Contents contents = killed.table.Read(1, words.data());
    for (int i = 0; i < before; i++) survivor.Set(1, {20, static_cast<uint64_t>(i)});
    is_swapped = DoSteps(&killed.table, contents, {30, 31}, steps);
  }
  is(is_swapped, steps > 3 && before == 0, name + ": swapped if it came that far");
  const bool is_new = survivor.Get(1) == std::vector<uint64_t>({30, 31});
  is(is_new, is_swapped, name + ": the change is whole or not at all");
  for (int i = 0; i < after; i++) ok(survivor.Set(1, {40}), name + ": others go on");
  User next(memory);
  is(next.process.cells.index(), 1, name + ": the next owner");
  ok(HasAllBlobs(survivor.table), name + ": no blob is lost");
  ok(next.Set(1, {50}) && survivor.Get(1) == std::vector<uint64_t>({50}), name + ": it goes on");
  ok(survivor.Set(1, {60}) && HasAllBlobs(survivor.table), name + ": and all are there still");
}

// One that was stopped, not killed: when it goes on, nothing has changed for it.
void TestStopAfter(int steps, int after) {
  const std::string name =
      "stopped after " + std::to_string(steps) + ", " + std::to_string(after) + " changes";
  Memory memory;
  User survivor(memory);
  User stopped(memory);
  std::vector<uint64_t> words(kShape.blob_words);
  const Contents contents = stopped.table.Read(1, words.data());
  const std::vector<uint64_t> own = {30, 31};
  bool is_swapped = DoSteps(&stopped.table, contents, own, steps);
  for (int i = 0; i < after; i++) ok(survivor.Set(1, {40}), name + ": others go on");
  if (steps <= 0) stopped.table.WriteSpare(own.data(), own.size());
  if (steps <= 1) stopped.table.NoteIntent(contents);
  if (steps <= 2) stopped.table.NotePending();
  if (steps <= 3) is_swapped = stopped.table.Swap(contents);
  if (steps <= 4 && is_swapped) stopped.table.TakeOver(contents.word);
  if (steps <= 5) stopped.table.NoteIdle();
  is(is_swapped, steps > 3 || after == 0, name + ": swapped if nobody was before it");
  ok(HasAllBlobs(survivor.table), name + ": all blobs are there");
  ok(stopped.Set(1, {50}) && survivor.Set(1, {60}), name + ": both go on");
  ok(HasAllBlobs(survivor.table), name + ": and all are there still");
}

// Words that no process writes.
void TestGarbage() {
  Memory memory;
  User user(memory);
  user.Set(0, {1, 2});
  uint64_t random = 1;
  for (int round = 0; round < 200; round++) {
    Found found;
    FindOrMake(user.process.region, {Kind::kMap, "table", {}, kShape.bytes()}, &found);
    rondo::shared::Mapping all;
    all.Map(user.process.region.fd(), found.large_at, found.large_bytes);
    for (uint64_t i = 0; i < kShape.bytes() / 8; i++) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      // Small numbers are the ones that look like something.
      *all.At<rondo::shared::Word>(i * 8) = round % 2 == 0 ? random : random >> 56;
    }
    User other(memory);
    for (uint64_t bucket = 0; bucket < kShape.buckets; bucket++) {
      other.Get(bucket);
      user.Set(bucket, {1});
    }
  }
  ok(true, "garbage leads nowhere");
}

}  // namespace

int main() {
  TestReplace();
  for (int steps = 0; steps <= kSteps; steps++) {
    for (const int before : {0, 1}) {
      for (const int after : {0, 1, 2}) {
        for (const bool is_used_before : {false, true}) {
          TestEndAfter(steps, before, after, is_used_before);
        }
      }
    }
    for (const int after : {0, 1, 2}) TestStopAfter(steps, after);
  }
  TestGarbage();
  return tap::done();
}
