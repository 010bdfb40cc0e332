// links: shared
// Processes that are killed, or stopped, at any instant while they count, take and set. Each notes
// before and after every call, in memory that is none of the region's, so that what must be there
// is known but for the one call in which it was killed. A survivor uses the same things all the
// time and finds nothing spoiled, lost or held.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <atomic>
#include <string>
#include <vector>

#include "base/clock.h"
#include "shared/counter.h"
#include "shared_process.h"
#include "tap.h"

namespace {

using rondo::NowNs;
using rondo::shared::Algorithm;
using rondo::shared::Bytes;
using rondo::shared::Found;
using rondo::shared::Kind;
using rondo::shared::LimitRule;
using rondo::shared::Map;
using rondo::shared::SetResult;
using rondo::shared::Verdict;
using rondo::shared::Word;
using shared_test::HasAllBlobs;
using shared_test::Memory;
using shared_test::Process;
using tap::is;
using tap::ok;

constexpr uint64_t kNow = 5000;
constexpr LimitRule kWide = {Algorithm::kTokenBucket, 1'000'000'000, 1'000'000};
constexpr LimitRule kNarrow = {Algorithm::kFixedWindow, 2000, 1'000'000};

// What processes say that they begin and have done.
struct Ledger {
  std::atomic<bool> is_up[4096];
  struct Call {
    std::atomic<uint64_t> begun;
    std::atomic<uint64_t> done;
  } counted, taken, granted, updated;
};

Ledger* MakeLedger() {
  void* const memory =
      mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return static_cast<Ledger*>(memory);
}

bool IsBetween(int64_t value, const Ledger::Call& call) {
  return value >= static_cast<int64_t>(call.done) && value <= static_cast<int64_t>(call.begun);
}

struct User {
  Process process;
  Word* counter = nullptr;
  std::unique_ptr<rondo::shared::Limiter> wide;
  std::unique_ptr<rondo::shared::Limiter> narrow;
  std::unique_ptr<Map> map;

  explicit User(const Memory& memory) : process(memory) {
    Found found;
    FindOrMake(process.region, {Kind::kCounter, "c", {}, 0}, &found);
    counter = found.value;
    wide = process.OpenLimiter("wide", kWide, 20);
    narrow = process.OpenLimiter("narrow", kNarrow, 10);
    map = process.OpenMap("map", {24, 8, 64});
  }

  uint64_t Taken() { return kWide.limit - wide->Take("key", 3, 0, kNow).remaining; }

  std::string Get(const std::string& key) {
    Bytes value;
    if (!map->Get({key.data(), key.size()}, kNow, &value)) return "";
    return std::string(static_cast<const char*>(value.data), value.length);
  }

  bool Set(const std::string& key, const std::string& value, const Map::Condition& condition) {
    return map->Set({key.data(), key.size()}, {value.data(), value.size()}, 0, kNow, condition) ==
           SetResult::kSet;
  }

  // One more by read and conditional set.
  void Update() {
    bool is_set = false;
    while (!is_set) {
      const std::string before = Get("count");
      Map::Condition condition;
      condition.is_any = false;
      condition.is_absent = before.empty();
      condition.value = {before.data(), before.size()};
      is_set = Set("count", std::to_string(atoi(before.c_str()) + 1), condition);
    }
  }

  void DoAll(Ledger* ledger, uint64_t i) {
    int64_t sum = 0;
    ledger->counted.begun++;
    rondo::shared::AddToCount(counter, 1, &sum);
    ledger->counted.done++;
    ledger->taken.begun++;
    if (wide->Take("key", 3, 1, kNow).ok) ledger->taken.done++;
    ledger->granted.begun++;
    if (narrow->Take("key", 3, 1, kNow).ok) {
      ledger->granted.done++;
    } else {
      ledger->granted.begun--;
    }
    ledger->updated.begun++;
    Update();
    ledger->updated.done++;
    const std::string key = "key " + std::to_string(i % 8);
    if (i % 16 == 5) {
      map->Delete({key.data(), key.size()}, kNow, {});
    } else {
      Set(key, std::string(1 + i % 64, static_cast<char>('a' + i % 26)), {});
    }
    wide->Take(key.data(), key.size(), 1, kNow);
  }

  // Each value is one character again and again.
  int CountBadValues() {
    int bad = 0;
    for (int i = 0; i < 8; i++) {
      const std::string value = Get("key " + std::to_string(i));
      if (value != std::string(value.size(), value.empty() ? ' ' : value[0])) bad++;
    }
    return bad;
  }
};

struct Child {
  pid_t pid;
  std::atomic<bool>* is_up;
};

Child StartChild(const Memory& memory, Ledger* ledger, size_t number) {
  std::atomic<bool>* const is_up = &ledger->is_up[number];
  const pid_t pid = fork();
  if (pid != 0) return {pid, is_up};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  User user(memory);
  if (user.process.error != 0) _exit(1);
  *is_up = true;
  for (uint64_t i = number;; i++) user.DoAll(ledger, i);
}

void WaitUntilUp(const Child& child) {
  const uint64_t limit_ns = NowNs() + 10 * rondo::kSecond;
  while (!*child.is_up && NowNs() < limit_ns) sched_yield();
}

void Wait(uint64_t ns) {
  const uint64_t until_ns = NowNs() + ns;
  while (NowNs() < until_ns) continue;
}

void End(pid_t child) {
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
}

// The next owners of all cells that were in use, at once.
void TakeAllCells(const Memory& memory, uint32_t count) {
  std::vector<std::unique_ptr<User>> users;
  for (uint32_t i = 0; i < count; i++) users.push_back(std::make_unique<User>(memory));
}

void Check(const Memory& memory, User* survivor, const Ledger& ledger) {
  TakeAllCells(memory, survivor->process.cells.used());
  ok(IsBetween(rondo::shared::GetCount(*survivor->counter), ledger.counted),
     "the counter has what was counted");
  ok(IsBetween(static_cast<int64_t>(survivor->Taken()), ledger.taken),
     "the wide limiter what was taken");
  ok(IsBetween(atoi(survivor->Get("count").c_str()), ledger.updated), "the map all updates");
  ok(ledger.granted.done <= kNarrow.limit && ledger.granted.begun >= kNarrow.limit,
     "the narrow limiter has granted its limit, and no more");
  ok(!survivor->narrow->Take("key", 3, 1, kNow).ok, "which is reached");
  is(survivor->CountBadValues(), 0, "no value is spoiled");
  ok(HasAllBlobs(*survivor->wide->table()) && HasAllBlobs(*survivor->narrow->table()) &&
         HasAllBlobs(*survivor->map->table()),
     "no blob is lost");
}

void TestKills() {
  constexpr int kKills = 1500;
  constexpr size_t kAtOnce = 2;
  Memory memory;
  Ledger* const ledger = MakeLedger();
  User survivor(memory);
  std::vector<Child> children;
  size_t started = 0;
  int bad_values = 0;
  srand(1);
  for (int kills = 0; kills < kKills; kills++) {
    while (children.size() < kAtOnce) children.push_back(StartChild(memory, ledger, started++));
    const size_t index = static_cast<size_t>(rand()) % children.size();
    // Every eighth while it starts, which is a part of it.
    if (rand() % 8 != 0) WaitUntilUp(children[index]);
    Wait(static_cast<uint64_t>(rand() % 300) * 1000);
    End(children[index].pid);
    children.erase(children.begin() + static_cast<ptrdiff_t>(index));
    survivor.DoAll(ledger, static_cast<uint64_t>(kills));
    bad_values += survivor.CountBadValues();
  }
  for (const Child& child : children) End(child.pid);
  is(bad_values, 0, "no value is ever spoiled, in " + std::to_string(kKills) + " kills");
  ok(ledger->updated.done > kKills, "the processes have done something");
  ok(survivor.process.cells.used() <= kAtOnce + 2, "the dead leave their cells to others");
  Check(memory, &survivor, *ledger);
}

void TestStops() {
  Memory memory;
  Ledger* const ledger = MakeLedger();
  User survivor(memory);
  const Child child = StartChild(memory, ledger, 1);
  const Child other = StartChild(memory, ledger, 2);
  WaitUntilUp(child);
  WaitUntilUp(other);
  srand(2);
  int bad_values = 0;
  for (int i = 0; i < 300; i++) {
    Wait(static_cast<uint64_t>(rand() % 100) * 1000);
    kill(child.pid, SIGSTOP);
    // Would not return if a stopped process held anything.
    for (uint64_t k = 0; k < 50; k++) survivor.DoAll(ledger, k);
    bad_values += survivor.CountBadValues();
    kill(child.pid, SIGCONT);
  }
  kill(child.pid, SIGSTOP);
  ok(survivor.process.cells.Look(1).is_alive, "a stopped process keeps its cell");
  End(child.pid);
  End(other.pid);
  is(bad_values, 0, "no value is spoiled by a process that was stopped");
  Check(memory, &survivor, *ledger);
}

// Processes that are killed while they make things.
void TestKillsOfMakers() {
  constexpr int kKills = 500;
  Memory memory;
  Process survivor(memory);
  srand(3);
  int failed = 0;
  std::atomic<uint64_t>* const made = &MakeLedger()->counted.begun;
  for (int kills = 0; kills < kKills; kills++) {
    const uint64_t before = *made;
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Process process(memory);
      // As many as there are names for.
      for (uint64_t i = before; i < before + 60; i++) {
        process.OpenMap("map " + std::to_string(i), {10, 8, 8});
        *made = i + 1;
      }
      for (;;) pause();
    }
    const uint64_t until_ns = NowNs() + 10 * rondo::kSecond;
    while (*made == before && NowNs() < until_ns) sched_yield();
    Wait(static_cast<uint64_t>(rand() % 100) * 1000);
    End(child);
    const std::string name = "map " + std::to_string(*made);
    const auto map = survivor.OpenMap(name, {10, 8, 8});
    if (survivor.error != 0 || map->Set({"a", 1}, {"b", 1}, 0, 1, {}) != SetResult::kSet) failed++;
  }
  is(failed, 0, "what a killed process was making is made by the next");
  const uint64_t large = survivor.region.header()->large_used;
  Found found;
  FindOrMake(survivor.region, Map::Define("map 0", {10, 8, 8}), &found);
  const uint64_t lost = large / found.large_bytes - *made;
  ok(lost <= kKills + 1, "each kill has cost the room of one thing at most");
}

}  // namespace

int main() {
  TestKills();
  TestStops();
  TestKillsOfMakers();
  return tap::done();
}
