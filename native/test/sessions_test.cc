// links: engine/look/sessions.cc
// The table of sessions: what it promises of each key, its bounds, and many steps beside a plain
// map.
#include "engine/look/sessions.h"

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "tap.h"

namespace {

using rondo::SessionCounters;
using rondo::SessionOwner;
using rondo::Sessions;
using tap::is;
using tap::ok;

// "slot:generation", or ''.
std::string Owner(Sessions* sessions, uint64_t key, uint64_t now_ms = 0) {
  SessionOwner owner;
  if (!sessions->Find(key, now_ms, &owner)) return "";
  return std::to_string(owner.slot) + ":" + std::to_string(owner.generation);
}

long long Read(const rondo::Counter& counter) { return static_cast<long long>(counter.load()); }

std::string Counts(const SessionCounters& counted) {
  const auto text = [](const rondo::Counter& counter) { return std::to_string(Read(counter)); };
  return "held " + text(counted.held) + ", created " + text(counted.created) + ", moved " +
         text(counted.moved) + ", evicted " + text(counted.evicted) + ", expired " +
         text(counted.expired) + ", ended " + text(counted.ended);
}

void TestKeys() {
  SessionCounters counted;
  Sessions sessions(100, 0, &counted);
  is(Owner(&sessions, 1), "", "an unknown key");
  sessions.Put(1, {3, 7}, 0);
  sessions.Put(17, {4, 8}, 0);
  is(Owner(&sessions, 1), "3:7", "a key leads to its worker");
  is(Owner(&sessions, 17), "4:8", "and another one of the same chain to its own");
  sessions.Put(1, {5, 9}, 0);
  is(Owner(&sessions, 1), "5:9", "it may move");
  sessions.Remove(1, {5, 8});
  is(Owner(&sessions, 1), "5:9", "a former worker does not remove it");
  sessions.Remove(1, {5, 9});
  is(Owner(&sessions, 1), "", "its own does");
  is(sessions.size(), 1, "one is left");
  is(Counts(counted), "held 1, created 2, moved 1, evicted 0, expired 0, ended 1",
     "all is counted");
}

void TestBounds() {
  SessionCounters counted;
  Sessions sessions(3, 0, &counted);
  for (uint64_t key = 1; key <= 3; key++) sessions.Put(key, {1, 1}, 0);
  Owner(&sessions, 1);
  sessions.Put(4, {1, 1}, 0);
  is(sessions.size(), 3, "no more than there may be");
  is(Owner(&sessions, 2), "", "the one that was used least recently is forgotten");
  ok(Owner(&sessions, 1) == "1:1" && Owner(&sessions, 3) == "1:1" && Owner(&sessions, 4) == "1:1",
     "and no other");
  is(Counts(counted), "held 3, created 4, moved 0, evicted 1, expired 0, ended 0", "it is counted");
  Sessions one(1, 0, &counted);
  one.Put(1, {1, 1}, 0);
  one.Put(2, {2, 2}, 0);
  ok(Owner(&one, 1).empty() && Owner(&one, 2) == "2:2", "a table of one");
}

void TestIdle() {
  SessionCounters counted;
  Sessions sessions(100, 1000, &counted);
  sessions.Put(1, {1, 1}, 0);
  is(Owner(&sessions, 1, 999), "1:1", "below the idle time it is there");
  is(Owner(&sessions, 1, 1998), "1:1", "and was used");
  is(Owner(&sessions, 1, 2998), "", "then it is not");
  for (uint64_t key = 1; key <= 8; key++) sessions.Put(key, {1, 1}, 3000);
  sessions.Put(9, {1, 1}, 9000);
  sessions.Put(10, {1, 1}, 9000);
  is(sessions.size(), 2, "those whose time is over leave as new ones come");
  is(Counts(counted), "held 2, created 11, moved 0, evicted 0, expired 9, ended 0", "counted so");
}

// The same, slowly.
class Model {
 public:
  Model(size_t most, uint64_t idle_ms) : most_(most), idle_ms_(idle_ms) {}
  void Put(uint64_t key, SessionOwner owner, uint64_t now) {
    if (known_.count(key) == 0 && known_.size() == most_) Forget(order_.front());
    Forget(key);
    known_[key] = {owner, now};
    order_.push_back(key);
  }
  bool Find(uint64_t key, uint64_t now, SessionOwner* out) {
    const auto found = known_.find(key);
    if (found == known_.end()) return false;
    const SessionOwner owner = found->second.first;
    const bool is_over = now - found->second.second >= idle_ms_;
    Forget(key);
    if (is_over) return false;
    known_[key] = {owner, now};
    order_.push_back(key);
    *out = owner;
    return true;
  }
  void Forget(uint64_t key) {
    known_.erase(key);
    order_.remove(key);
  }

 private:
  const size_t most_;
  const uint64_t idle_ms_;
  std::map<uint64_t, std::pair<SessionOwner, uint64_t>> known_;
  std::list<uint64_t> order_;
};

void TestSteps() {
  std::mt19937_64 random(3);
  int wrong = 0;
  // Without an idle time: who is forgotten at the bound would depend on when those are found.
  SessionCounters counted;
  Sessions sessions(50, 0, &counted);
  Model model(50, UINT64_MAX);
  for (uint64_t now = 0; now < 50000; now++) {
    const uint64_t key = random() % 80 * 0x100000001;
    const SessionOwner owner = {static_cast<uint16_t>(random() % 4), 1};
    switch (random() % 5) {
      case 0:
      case 1:
        sessions.Put(key, owner, now);
        model.Put(key, owner, now);
        break;
      case 2: {
        SessionOwner found;
        if (model.Find(key, now, &found)) {
          sessions.Find(key, now, &found);
          sessions.Remove(key, found);
          model.Forget(key);
        }
        break;
      }
      default: {
        SessionOwner a;
        SessionOwner b;
        const bool is_known = model.Find(key, now, &a);
        if (sessions.Find(key, now, &b) != is_known || (is_known && a.slot != b.slot)) wrong++;
      }
    }
  }
  is(wrong, 0, "50,000 steps: as a plain map has it");
  is(Read(counted.created) - Read(counted.evicted) - Read(counted.ended), sessions.size(),
     "what has come and not gone is there");
  is(Read(counted.held), sessions.size(), "and counted so");
}

}  // namespace

int main() {
  TestKeys();
  TestBounds();
  TestIdle();
  TestSteps();
  return tap::done();
}
