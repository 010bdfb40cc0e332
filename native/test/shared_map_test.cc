// links: shared
// The map and the limiter's table, against a model: any sequence of calls has the answers that a
// plain std::map gives, with times to live, full buckets by both answers, conditions, and what is
// counted.
#include <errno.h>

#include <map>
#include <string>

#include "shared/map.h"
#include "shared_process.h"
#include "tap.h"

namespace {

using rondo::shared::Bytes;
using rondo::shared::Limiter;
using rondo::shared::Map;
using rondo::shared::SetResult;
using rondo::shared::Verdict;
using shared_test::HasAllBlobs;
using shared_test::Memory;
using shared_test::Process;
using tap::is;
using tap::ok;

Bytes ToBytes(const std::string& text) { return {text.data(), text.size()}; }

std::string Get(Map* map, const std::string& key, uint64_t now_ms) {
  Bytes value;
  if (!map->Get(ToBytes(key), now_ms, &value)) return "(none)";
  return std::string(static_cast<const char*>(value.data), value.length);
}

class Random {
 public:
  uint64_t Below(uint64_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % limit;
  }

 private:
  uint64_t state_ = 7;
};

// Two processes in turn, on as many keys as the map has room for.
void TestAgainstModel() {
  struct Kept {
    std::string value;
    uint64_t expires_ms;
  };
  Memory memory;
  Process processes[2] = {Process(memory), Process(memory)};
  const auto one = processes[0].OpenMap("map", {64, 20, 40});
  const auto two = processes[1].OpenMap("map", {64, 20, 40});
  std::map<std::string, Kept> model;
  Random random;
  uint64_t now_ms = 1000;
  int wrong = 0;
  for (int i = 0; i < 40'000; i++) {
    Map* const map = i % 2 == 0 ? one.get() : two.get();
    now_ms += random.Below(3);
    for (auto kept = model.begin(); kept != model.end();) {
      const bool is_over = kept->second.expires_ms != 0 && now_ms >= kept->second.expires_ms;
      kept = is_over ? model.erase(kept) : std::next(kept);
    }
    const std::string key(1 + random.Below(20), static_cast<char>('a' + random.Below(3)));
    const auto kept = model.find(key);
    const std::string now = kept == model.end() ? "(none)" : kept->second.value;
    const std::string value(random.Below(41), static_cast<char>('A' + random.Below(26)));
    const uint64_t ttl_ms = random.Below(2) == 0 ? 0 : 1 + random.Below(50);
    const Kept next = {value, ttl_ms == 0 ? 0 : now_ms + ttl_ms};
    Map::Condition condition;
    condition.is_any = random.Below(2) == 0;
    condition.is_absent = random.Below(2) == 0;
    const std::string expected = random.Below(2) == 0 ? now : value;
    condition.value = ToBytes(expected);
    const bool is_met =
        condition.is_any ||
        (condition.is_absent ? kept == model.end() : now == expected && kept != model.end());
    switch (random.Below(4)) {
      case 0:
      case 1: {
        const SetResult result = map->Set(ToBytes(key), ToBytes(value), ttl_ms, now_ms, condition);
        if (result != (is_met ? SetResult::kSet : SetResult::kChanged)) wrong++;
        if (is_met) model[key] = next;
        break;
      }
      case 2: {
        const SetResult result = map->Delete(ToBytes(key), now_ms, condition);
        const SetResult right = !is_met               ? SetResult::kChanged
                                : kept == model.end() ? SetResult::kRefused
                                                      : SetResult::kSet;
        if (result != right) wrong++;
        if (right == SetResult::kSet) model.erase(key);
        break;
      }
      default:
        if (Get(map, key, now_ms) != now) wrong++;
    }
    if (i % 100 == 0) {
      if (map->CountEntries(now_ms) != model.size()) wrong++;
      for (const std::string& found : map->Keys(now_ms)) {
        if (model.count(found) == 0) wrong++;
      }
    }
  }
  is(wrong, 0, "40,000 calls have the answers of a plain map");
  is(static_cast<long long>(one->table()->refused()->load()), 0, "none was refused");
  ok(HasAllBlobs(*one->table()), "all blobs are there");
}

void TestFull() {
  Memory memory;
  Process process(memory);
  const auto map = process.OpenMap("refuses", {3, 8, 8});
  const auto evicting = process.OpenMap("refuses", {3, 8, 8}, true);
  for (const std::string key : {"a", "b", "c"}) {
    map->Set(ToBytes(key), ToBytes("1"), key == "b" ? 10 : 0, 1000, {});
  }
  ok(map->Set(ToBytes("d"), ToBytes("2"), 0, 1009, {}) == SetResult::kRefused, "full: refused");
  ok(map->Set(ToBytes("a"), ToBytes("2"), 0, 1009, {}) == SetResult::kSet, "not what is there");
  is(static_cast<long long>(map->table()->refused()->load()), 1, "and counted");
  ok(map->Set(ToBytes("d"), ToBytes("2"), 0, 1010, {}) == SetResult::kSet,
     "what has expired makes room");
  is(Get(map.get(), "b", 1010), "(none)", "and is gone");
  ok(evicting->Set(ToBytes("e"), ToBytes("3"), 0, 1010, {}) == SetResult::kSet, "full: evicts");
  is(Get(map.get(), "c", 1010), "(none)", "the one that was set longest ago");
  is(Get(map.get(), "a", 1010), "2", "not the one that was set anew");
  is(static_cast<long long>(map->table()->evicted()->load()), 1, "and counts it");

  // As many as were asked for find room, in any bucket.
  const auto large = process.OpenMap("large", {2000, 16, 8});
  int refused = 0;
  for (int i = 0; i < 2000; i++) {
    const std::string key = "key " + std::to_string(i);
    if (large->Set(ToBytes(key), ToBytes("x"), 0, 1000, {}) != SetResult::kSet) refused++;
  }
  is(refused, 0, "2000 of 2000 keys find room");
  is(static_cast<long long>(large->CountEntries(1000)), 2000, "and are there");
  int more = 0;
  for (int i = 2000; i < 20'000; i++) {
    const std::string key = "key " + std::to_string(i);
    if (large->Set(ToBytes(key), ToBytes("x"), 0, 1000, {}) == SetResult::kSet) more++;
  }
  ok(more > 0 && more < 6001, "some more do, up to four times as many");
}

void TestLimiter() {
  Memory memory;
  Process processes[2] = {Process(memory), Process(memory)};
  const rondo::shared::LimitRule rule = {rondo::shared::Algorithm::kFixedWindow, 3, 100};
  const auto one = processes[0].OpenLimiter("limiter", rule, 2, false);
  const auto two = processes[1].OpenLimiter("limiter", rule, 2, true);
  is(static_cast<long long>(one->Take("a", 1, 2, 1000).remaining), 1, "a takes 2");
  is(static_cast<long long>(two->Take("a", 1, 1, 1050).remaining), 0, "and 1 in another process");
  ok(!one->Take("a", 1, 1, 1099).ok, "and no more");
  ok(one->Take("b", 1, 1, 1010).ok, "b has a count of its own");
  const Verdict allowed = one->Take("c", 1, 1, 1050);
  ok(allowed.ok && allowed.remaining == 2, "without room a key is allowed");
  const Verdict denied = two->Take("c", 1, 1, 1050);
  ok(!denied.ok && denied.remaining == 0, "or denied");
  is(static_cast<long long>(one->table()->refused()->load()), 2, "both are counted");
  is(static_cast<long long>(one->CountEntries(1050)), 2, "2 keys count");
  ok(two->Take("c", 1, 1, 1100).ok, "a window that is over makes room");
  is(static_cast<long long>(one->CountEntries(1100)), 2, "2 keys count: b and c");
  is(static_cast<long long>(one->Take("b", 1, 0, 1100).remaining), 2, "b counts still");
  one->GiveBack("b", 1, 1, 1100);
  is(static_cast<long long>(two->Take("b", 1, 0, 1100).remaining), 3, "given back");
  two->Reset("c", 1, 1100);
  is(static_cast<long long>(one->CountEntries(1100)), 0, "and reset");

  const rondo::shared::LimitRule larger = {rondo::shared::Algorithm::kFixedWindow, 4, 100};
  const auto next = processes[0].OpenLimiter("limiter", larger, 2);
  ok(one->Take("d", 1, 3, 1200).ok && !one->Take("d", 1, 1, 1200).ok, "all of the limit");
  is(static_cast<long long>(next->Take("d", 1, 1, 1200).remaining), 0,
     "and 1 more by a larger one");
  ok(!one->Take("d", 1, 1, 1200).ok && !next->Take("d", 1, 1, 1200).ok, "which both count");
  one->Reset("d", 1, 1200);
  processes[0].OpenLimiter("limiter", larger, 3);
  is(processes[0].error, -EEXIST, "the same name with another number of entries");
  const rondo::shared::LimitRule bucket = {rondo::shared::Algorithm::kTokenBucket, 3, 100};
  processes[0].OpenLimiter("limiter", bucket, 2);
  is(processes[0].error, -EEXIST, "and with another algorithm");
  ok(HasAllBlobs(*one->table()), "all blobs are there");
}

}  // namespace

int main() {
  TestAgainstModel();
  TestFull();
  TestLimiter();
  return tap::done();
}
