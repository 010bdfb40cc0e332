// links: engine/policy.cc
// Which slot each policy picks: a table, and what holds for any list. The vectors that the
// TypeScript policies share are in test/fixtures/policy-vectors.json.
#include "engine/policy.h"

#include <limits.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tap.h"

namespace {

using rondo::Candidate;
using rondo::Policy;
using tap::is;
using tap::ok;

struct Row {
  const char* name;
  const char* policy;
  std::vector<Candidate> candidates;
  int last;
  int slot;  // the slot to be picked
};

constexpr uint32_t kMost = UINT32_MAX;

const Row kTable[] = {
    {"the first of all", "round-robin", {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}}, -1, 0},
    {"the next", "round-robin", {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}}, 0, 1},
    {"round the circle", "round-robin", {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}}, 2, 0},
    {"the only one", "round-robin", {{7, 0, 0}}, 7, 7},
    {"the last is not there any more", "round-robin", {{0, 0, 0}, {3, 0, 0}, {9, 0, 0}}, 4, 9},
    {"the last was beyond all", "round-robin", {{2, 0, 0}, {3, 0, 0}}, 1023, 2},
    {"numbers begin above 0", "round-robin", {{5, 0, 0}, {6, 0, 0}}, -1, 5},
    {"load does not matter", "round-robin", {{0, 0, 0}, {1, 9, 9}}, 0, 1},

    {"the fewest active", "least-connections", {{0, 0, 5}, {1, 0, 3}, {2, 0, 4}}, -1, 1},
    {"pending counts", "least-connections", {{0, 2, 0}, {1, 0, 1}}, -1, 1},
    {"the sum counts", "least-connections", {{0, 1, 2}, {1, 2, 2}, {2, 2, 0}}, -1, 2},
    {"equals take turns", "least-connections", {{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}, 0, 1},
    {"equals, round the circle", "least-connections", {{0, 0, 1}, {1, 0, 1}}, 1, 0},
    {"equals, and one above", "least-connections", {{0, 0, 1}, {1, 0, 2}, {2, 0, 1}}, 0, 2},
    {"the least is before the last", "least-connections", {{0, 0, 0}, {1, 0, 1}}, 0, 0},
    {"the only one", "least-connections", {{4, kMost, kMost}}, -1, 4},
    {"no overflow", "least-connections", {{0, kMost, 1}, {1, 5, 5}}, -1, 1},
};

void TestTable() {
  for (const Row& row : kTable) {
    const Policy* const policy = Policy::Find(row.policy);
    const size_t index = policy->pick(row.candidates.data(), row.candidates.size(), row.last);
    const int slot = index < row.candidates.size() ? row.candidates[index].slot : -1;
    is(slot, row.slot, std::string(row.policy) + ": " + row.name);
  }
}

void TestFind() {
  for (const char* const name : {"round-robin", "least-connections"}) {
    const Policy* const policy = Policy::Find(name);
    ok(policy != nullptr && std::string(policy->name) == name, std::string("finds ") + name);
  }
  for (const char* const name : {"", "round", "round-robin ", "Round-Robin", "random"}) {
    ok(Policy::Find(name) == nullptr, "does not find '" + std::string(name) + "'");
  }
}

void TestTurns() {
  const Candidate slots[] = {{1, 0, 0}, {4, 0, 0}, {6, 0, 0}};
  for (const char* const name : {"round-robin", "least-connections"}) {
    std::map<int, int> picked;
    int last = -1;
    for (int i = 0; i < 300; i++) {
      last = slots[Policy::Find(name)->pick(slots, 3, last)].slot;
      picked[last]++;
    }
    ok(picked[1] == 100 && picked[4] == 100 && picked[6] == 100,
       std::string(name) + ": idle slots share evenly");
  }
}

// Whatever the list, the pick is one of it, and of least-connections none has fewer.
void TestAnyList() {
  std::mt19937 random(20240229);
  int wrong = 0;
  for (int round = 0; round < 20000; round++) {
    std::vector<Candidate> candidates;
    for (size_t slot = random() % 4; slot < 64; slot += 1 + random() % 16) {
      const auto below = [&random](uint32_t most) {
        return static_cast<uint32_t>(random() % most);
      };
      candidates.push_back({static_cast<uint16_t>(slot), below(3), below(5)});
    }
    const int last = static_cast<int>(random() % 66) - 1;
    const auto load = [](const Candidate& one) { return one.pending + one.active; };
    const auto least = std::min_element(
        candidates.begin(), candidates.end(),
        [load](const Candidate& a, const Candidate& b) { return load(a) < load(b); });
    const size_t turn =
        Policy::Find("round-robin")->pick(candidates.data(), candidates.size(), last);
    const size_t few =
        Policy::Find("least-connections")->pick(candidates.data(), candidates.size(), last);
    if (turn >= candidates.size() || few >= candidates.size()) {
      wrong++;
    } else if (load(candidates[few]) != load(*least)) {
      wrong++;
    }
  }
  is(wrong, 0, "any list: one of it, and one with the fewest");
}

}  // namespace

int main() {
  TestTable();
  TestFind();
  TestTurns();
  TestAnyList();
  return tap::done();
}
