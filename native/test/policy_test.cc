// links: engine/policy.cc engine/peer.cc channel/about.cc
// Which slot each policy picks: a table, what its definition says of any field, and what holds of
// many picks. The vectors that the TypeScript policies share are in
// test/fixtures/policy-vectors.json.
#include "engine/policy.h"

#include <string.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tap.h"

namespace {

using rondo::Field;
using rondo::kMaxSlots;
using rondo::Measure;
using rondo::Peer;
using rondo::Policy;
using rondo::PolicyOptions;
using rondo::SlotSet;
using tap::is;
using tap::ok;

using Slots = std::vector<uint32_t>;

std::unique_ptr<Policy> Make(const char* name) {
  PolicyOptions options;
  options.name = name;
  return Policy::Make(options);
}

// What a policy sees, as it can be changed.
struct World {
  SlotSet serving;
  SlotSet eligible;
  std::vector<int64_t> count = std::vector<int64_t>(kMaxSlots);
  std::vector<uint32_t> open = std::vector<uint32_t>(kMaxSlots);
  std::vector<uint32_t> weight = std::vector<uint32_t>(kMaxSlots, 1);
  std::vector<uint32_t> delay_us = std::vector<uint32_t>(kMaxSlots);
  int last = -1;
  Peer peer;
  bool may_wait = false;

  explicit World(const Slots& slots = {}) {
    for (const uint32_t slot : slots) Add(slot);
  }
  void Add(uint32_t slot) {
    serving.Add(slot);
    eligible.Add(slot);
  }
  Field field() const {
    Field field;
    field.serving = &serving;
    field.eligible = &eligible;
    field.count = count.data();
    field.open = open.data();
    field.weight = weight.data();
    field.delay_us = delay_us.data();
    field.last = last;
    field.peer = &peer;
    field.may_wait = may_wait;
    return field;
  }
};

Slots ListOf(const SlotSet& set) {
  Slots slots;
  set.ForEach([&](uint32_t slot) { slots.push_back(slot); });
  return slots;
}

Peer Ipv4(uint32_t address) {
  Peer peer;
  peer.family = 4;
  for (int i = 0; i < 4; i++) peer.address[i] = static_cast<uint8_t>(address >> (24 - 8 * i));
  return peer;
}

// ---- the table --------------------------------------------------------------------------------

struct Load {
  uint32_t slot;
  int64_t count;
  uint32_t open;
  uint32_t weight = 1;
  uint32_t delay_us = 0;
};

struct Row {
  const char* policy;
  const char* name;
  std::vector<Load> slots;
  int last;
  int slot;
};

const Row kTable[] = {
    {"round-robin", "the first", {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}}, -1, 0},
    {"round-robin", "the next", {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}}, 0, 1},
    {"round-robin", "round the circle", {{0, 0, 0}, {1, 0, 0}}, 1, 0},
    {"round-robin", "the only one", {{7, 9, 0}}, 7, 7},
    {"round-robin", "the last is not there any more", {{0, 0, 0}, {9, 0, 0}}, 4, 9},
    {"round-robin", "the last was beyond all", {{2, 0, 0}, {3, 0, 0}}, 1023, 2},
    {"round-robin", "the least count", {{0, 5, 0}, {1, 4, 9}, {2, 6, 0}}, 1, 1},
    {"round-robin", "what is open does not matter", {{0, 0, 0}, {1, 0, 9}}, 0, 1},
    {"function", "as round-robin", {{0, 5, 0}, {1, 4, 9}, {2, 4, 0}}, 1, 2},
    {"least-connections", "the fewest open", {{0, 0, 5}, {1, 9, 3}, {2, 0, 4}}, -1, 1},
    {"least-connections", "equals take turns", {{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}, 0, 1},
    {"least-connections", "equals, and one above", {{0, 0, 1}, {1, 0, 2}, {2, 0, 1}}, 0, 2},
    {"least-connections", "the most there can be", {{0, 0, UINT32_MAX}, {1, 0, UINT32_MAX}}, 0, 1},
    {"weighted", "the heavier one first", {{0, 0, 0, 1}, {1, 0, 0, 3}}, -1, 1},
    {"weighted", "by share", {{0, 1, 0, 1}, {1, 5, 0, 3}}, -1, 0},
    {"weighted", "equal shares take turns", {{0, 1, 0, 1}, {1, 3, 0, 2}}, 0, 1},
    {"weighted", "large weights", {{0, 70000, 0, 65535}, {1, 70000, 0, 65534}}, -1, 0},
    {"two-choices", "the first two", {{0, 0, 3}, {1, 0, 9}, {2, 0, 2}}, -1, 2},
    {"two-choices", "one alone", {{5, 0, 3}}, -1, 5},
    {"least-loaded", "the fewest open", {{0, 0, 2, 1, 100}, {1, 0, 1, 1, 19999}}, -1, 1},
    {"least-loaded", "a late one is left out", {{0, 0, 2, 1, 100}, {1, 0, 1, 1, 20001}}, -1, 0},
    {"least-loaded", "late as the others", {{0, 0, 2, 1, 30000}, {1, 0, 1, 1, 60000}}, -1, 1},
    {"least-loaded", "later than the others", {{0, 0, 2, 1, 30000}, {1, 0, 1, 1, 60001}}, -1, 0},
    {"least-loaded", "late beyond measure", {{3, 0, 2, 1, UINT32_MAX}}, -1, 3},
};

void TestTable() {
  for (const Row& row : kTable) {
    World world;
    for (const Load& load : row.slots) {
      world.Add(load.slot);
      world.count[load.slot] = load.count;
      world.open[load.slot] = load.open;
      world.weight[load.slot] = load.weight;
      world.delay_us[load.slot] = load.delay_us;
    }
    world.last = row.last;
    is(Make(row.policy)->Pick(world.field()), row.slot, std::string(row.policy) + ": " + row.name);
  }
}

void TestNames() {
  const struct {
    const char* name;
    Measure measure;
  } policies[] = {{"round-robin", Measure::kCount}, {"least-connections", Measure::kOpen},
                  {"two-choices", Measure::kNone},  {"least-loaded", Measure::kNone},
                  {"source-ip", Measure::kNone},    {"random", Measure::kNone},
                  {"weighted", Measure::kWeighted}, {"function", Measure::kNone}};
  for (const auto& policy : policies) {
    const auto made = Make(policy.name);
    ok(made != nullptr && made->measure == policy.measure, std::string("there is ") + policy.name);
  }
  for (const char* const name : {"", "round", "round-robin ", "Round-Robin", "toString"}) {
    ok(Make(name) == nullptr, "there is no '" + std::string(name) + "'");
  }
}

// ---- the definitions, as they are written
// ----------------------------------------------------------

int InTurn(const Slots& tied, int last) {
  for (const uint32_t slot : tied) {
    if (static_cast<int>(slot) > last) return static_cast<int>(slot);
  }
  return static_cast<int>(tied[0]);
}

template <typename Less>
int Least(const Slots& slots, int last, Less less) {
  Slots tied;
  for (const uint32_t slot : slots) {
    const bool is_least =
        std::none_of(slots.begin(), slots.end(), [&](uint32_t other) { return less(other, slot); });
    if (is_least) tied.push_back(slot);
  }
  return InTurn(tied, last);
}

int LeastOpen(const Slots& slots, const World& world) {
  return Least(slots, world.last,
               [&](uint32_t a, uint32_t b) { return world.open[a] < world.open[b]; });
}

uint32_t Fmix(uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6b;
  h ^= h >> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >> 16);
}

uint32_t ScoreOf(const std::vector<uint8_t>& key_bytes, uint32_t slot) {
  uint32_t hash = 0x811c9dc5;
  for (const uint8_t byte : key_bytes) hash = (hash ^ byte) * 0x01000193;
  const uint32_t salt = Fmix(slot * 0x9E3779B1u + 1);
  uint32_t score = (Fmix(hash) ^ salt) * 0x9E3779B1u;
  score ^= score >> 15;
  return score * 0x85EBCA6Bu;
}

int HighestScore(const Slots& slots, const std::vector<uint8_t>& key_bytes) {
  return static_cast<int>(*std::max_element(
      slots.begin(), slots.end(),
      [&](uint32_t a, uint32_t b) { return ScoreOf(key_bytes, a) < ScoreOf(key_bytes, b); }));
}

int Expected(const std::string& policy, const World& world, uint64_t picks, uint32_t seed,
             uint32_t bound_permille) {
  const Slots slots = ListOf(world.eligible);
  const size_t n = slots.size();
  if (policy == "round-robin" || policy == "function") {
    return Least(slots, world.last,
                 [&](uint32_t a, uint32_t b) { return world.count[a] < world.count[b]; });
  }
  if (policy == "least-connections") return LeastOpen(slots, world);
  if (policy == "weighted") {
    return Least(slots, world.last, [&](uint32_t a, uint32_t b) {
      return (world.count[a] + 1) * world.weight[b] < (world.count[b] + 1) * world.weight[a];
    });
  }
  if (policy == "two-choices") {
    const size_t a = picks % n;
    size_t b = (2 * n - 1 - (picks % n) - (picks / n % n)) % n;
    if (a == b) b = (b + 1) % n;
    return static_cast<int>(world.open[slots[b]] < world.open[slots[a]] ? slots[b] : slots[a]);
  }
  if (policy == "least-loaded") {
    uint64_t least = UINT64_MAX;
    for (const uint32_t slot : slots) least = std::min<uint64_t>(least, world.delay_us[slot]);
    Slots prompt;
    for (const uint32_t slot : slots) {
      const bool is_late = world.delay_us[slot] > std::max<uint64_t>(20000, 2 * least);
      if (!is_late) prompt.push_back(slot);
    }
    return LeastOpen(prompt, world);
  }
  if (policy == "random") {
    const uint32_t state = seed + static_cast<uint32_t>(picks + 1) * 0x6D2B79F5u;
    uint32_t z = (state ^ (state >> 15)) * (state | 1);
    z ^= z + (z ^ (z >> 7)) * (z | 61);
    const uint32_t r = z ^ (z >> 14);
    return static_cast<int>(slots[static_cast<size_t>(uint64_t{r} * n >> 32)]);
  }
  // source-ip
  const std::vector<uint8_t> key(world.peer.address, world.peer.address + 4);
  const Slots serving = ListOf(world.serving);
  const Slots& among = world.may_wait ? serving : slots;
  if (bound_permille == 0) return HighestScore(among, key);
  uint64_t total = 1;
  for (const uint32_t slot : serving) total += world.open[slot];
  Slots within;
  for (const uint32_t slot : among) {
    // open < ceil(bound * total / n), without fractions.
    const uint64_t bound =
        (bound_permille * total + 1000 * serving.size() - 1) / (1000 * serving.size());
    if (world.open[slot] < bound) within.push_back(slot);
  }
  return HighestScore(within.empty() ? among : within, key);
}

// Any field: few slots and many, next to each other and far apart, equal numbers and extreme ones.
void TestDefinitions() {
  std::mt19937 random(20250329);
  const auto below = [&](uint32_t most) { return static_cast<uint32_t>(random() % most); };
  for (const char* const name : {"round-robin", "function", "least-connections", "weighted",
                                 "two-choices", "least-loaded", "random", "source-ip"}) {
    std::string wrong;
    for (uint32_t round = 0; round < 3000 && wrong.empty(); round++) {
      PolicyOptions options;
      options.name = name;
      options.seed = static_cast<uint32_t>(random());
      options.bound_permille = below(2) * (1010 + below(2000));
      const auto policy = Policy::Make(options);
      World world;
      const uint32_t last_slot = below(10) == 0 ? kMaxSlots : 1 + below(130);
      const uint32_t gap = below(3) == 0 ? 1 + below(40) : 1;
      for (uint32_t slot = below(3); slot < last_slot; slot += gap) world.Add(slot);
      if (world.serving.IsEmpty()) world.Add(below(kMaxSlots));
      const uint32_t spread = 1 + below(6);
      world.serving.ForEach([&](uint32_t slot) {
        world.count[slot] = 1000 + below(spread);
        world.open[slot] = below(spread);
        world.weight[slot] = below(2) == 0 ? 1 + below(4) : 1 + below(65535);
        world.delay_us[slot] = below(3) == 0 ? below(90'000) : below(3000);
        if (below(4) == 0 && world.eligible.Count() > 1) world.eligible.Remove(slot);
      });
      world.last = static_cast<int>(below(kMaxSlots + 1)) - 1;
      world.peer = Ipv4(static_cast<uint32_t>(random()));
      world.may_wait = below(2) == 0;
      const uint32_t picks = below(5) == 0 ? below(20'000) : below(20);
      for (uint32_t i = 0; i < picks; i++) policy->NotePick();
      const int found = policy->Pick(world.field());
      const int wanted = Expected(name, world, picks, options.seed, options.bound_permille);
      if (found != wanted || policy->Pick(world.field()) != found) {
        wrong = "round " + std::to_string(round) + ": " + std::to_string(found) + " and not " +
                std::to_string(wanted);
      }
    }
    is(wrong, "", std::string(name) + ": 3000 fields, as it is defined");
  }
}

// ---- many picks
// ----------------------------------------------------------------------------------

// Chi-square of counts that should be equal; with 63 degrees of freedom it is above 104 once in a
// thousand.
double ChiSquare(const std::vector<int>& counts) {
  double total = 0;
  for (const int count : counts) total += count;
  const double mean = total / static_cast<double>(counts.size());
  double sum = 0;
  for (const int count : counts) sum += (count - mean) * (count - mean) / mean;
  return sum;
}

World Idle(uint32_t slots) {
  World world;
  for (uint32_t slot = 0; slot < slots; slot++) world.Add(slot);
  return world;
}

void TestRandom() {
  for (const uint32_t seed : {0u, 1u, 12345u, UINT32_MAX}) {
    PolicyOptions options;
    options.name = "random";
    options.seed = seed;
    const auto policy = Policy::Make(options);
    const auto again = Policy::Make(options);
    const World world = Idle(64);
    std::vector<int> counts(64);
    std::vector<int> pairs(64);
    int before = 0;
    int different = 0;
    for (int i = 0; i < 64'000; i++) {
      const int slot = policy->Pick(world.field());
      different += again->Pick(world.field()) != slot;
      policy->NotePick();
      again->NotePick();
      counts[static_cast<size_t>(slot)]++;
      pairs[static_cast<size_t>((slot - before) & 63)]++;
      before = slot;
    }
    const std::string name = "random, seed " + std::to_string(seed) + ": ";
    ok(ChiSquare(counts) < 104, name + "even");
    ok(ChiSquare(pairs) < 104, name + "whatever was picked before");
    is(different, 0, name + "the same sequence for the same seed");
  }
}

void TestTwoChoicesMeetsEveryPair() {
  for (uint32_t slots = 2; slots <= 20; slots++) {
    const auto policy = Make("two-choices");
    World world = Idle(slots);
    std::set<std::pair<int, int>> met;
    std::vector<int> counts(slots);
    for (uint32_t i = 0; i < slots * slots; i++) {
      const int a = policy->Pick(world.field());
      counts[static_cast<size_t>(a)]++;
      // Whichever it would be if that one had more.
      world.open[static_cast<size_t>(a)] = 1;
      const int b = policy->Pick(world.field());
      world.open[static_cast<size_t>(a)] = 0;
      met.insert(std::minmax(a, b));
      policy->NotePick();
    }
    const bool meets_all = met.size() == slots * (slots - 1) / 2;
    const bool is_even = ChiSquare(counts) == 0;
    if (slots < 4 || slots == 20 || !meets_all || !is_even) {
      ok(meets_all, "two-choices: of " + std::to_string(slots) + " every one meets every other");
      ok(is_even, "two-choices: and idle ones share evenly");
    }
  }
}

void TestLeastLoadedLeavesSomebody() {
  std::mt19937 random(7);
  const auto policy = Make("least-loaded");
  int wrong = 0;
  for (int round = 0; round < 5000; round++) {
    World world;
    for (uint32_t slot = random() % 3; slot < 70; slot += 1 + random() % 9) {
      world.Add(slot);
      world.delay_us[slot] = static_cast<uint32_t>(random() >> random() % 32);
      world.open[slot] = random() % 3;
    }
    const int slot = policy->Pick(world.field());
    wrong += slot < 0 || !world.eligible.Has(static_cast<uint32_t>(slot));
  }
  is(wrong, 0, "least-loaded: never leaves out all, however late they are");
}

// A loop of deals, by weight.
void TestWeightedShares() {
  const auto policy = Make("weighted");
  World world = Idle(3);
  world.weight = {5, 1, 2};
  std::string order;
  for (int i = 0; i < 16; i++) {
    world.last = policy->Pick(world.field());
    world.count[static_cast<size_t>(world.last)]++;
    order += std::to_string(world.last);
  }
  is(static_cast<long long>(std::count(order.begin(), order.end(), '0')), 10, "weighted: five");
  is(static_cast<long long>(std::count(order.begin(), order.end(), '1')), 2, "weighted: one");
  is(static_cast<long long>(std::count(order.begin(), order.end(), '2')), 4, "weighted: two");
  ok(order.find("0000") == std::string::npos, "weighted: mixed, " + order);
}

// ---- source-ip
// -------------------------------------------------------------------------------------

std::vector<int> MapAll(const Policy& policy, World world, int clients) {
  std::vector<int> slots;
  for (int client = 0; client < clients; client++) {
    world.peer = Ipv4(0x0A000000u + static_cast<uint32_t>(client) * 7);
    slots.push_back(policy.Pick(world.field()));
  }
  return slots;
}

void TestSourceIpMoves() {
  constexpr int kClients = 64'000;
  const auto policy = Make("source-ip");
  World world = Idle(64);
  world.may_wait = true;
  const std::vector<int> before = MapAll(*policy, world, kClients);
  std::vector<int> counts(64);
  for (const int slot : before) counts[static_cast<size_t>(slot)]++;
  printf("# source-ip: chi-square of 64 slots %.0f\n", ChiSquare(counts));
  ok(ChiSquare(counts) < 104, "source-ip: clients are spread evenly");

  // A slot goes.
  world.serving.Remove(17);
  world.eligible.Remove(17);
  const std::vector<int> without = MapAll(*policy, world, kClients);
  int moved = 0;
  std::vector<int> takers(64);
  for (size_t i = 0; i < before.size(); i++) {
    if (before[i] == 17) takers[static_cast<size_t>(without[i])]++;
    moved += before[i] != 17 && without[i] != before[i];
  }
  is(moved, 0, "source-ip: a slot that goes moves only its own clients");
  is(takers[17], 0, "source-ip: (it has none)");
  takers.erase(takers.begin() + 17);
  ok(ChiSquare(takers) < 104, "source-ip: which are spread over all the others");

  // And comes back, and another comes.
  world.Add(17);
  ok(MapAll(*policy, world, kClients) == before, "source-ip: when it comes back it has them again");
  world.Add(200);
  const std::vector<int> with = MapAll(*policy, world, kClients);
  int taken = 0;
  for (size_t i = 0; i < before.size(); i++) {
    taken += with[i] == 200;
    moved += with[i] != 200 && with[i] != before[i];
  }
  is(moved, 0, "source-ip: a slot that comes moves only what is its own then");
  ok(taken > kClients / 65 * 8 / 10 && taken < kClients / 65 * 12 / 10, "source-ip: its share");
}

void TestSourceIpWaits() {
  const auto policy = Make("source-ip");
  World world = Idle(5);
  world.peer = Ipv4(0x7F000001);
  world.may_wait = true;
  const int own = policy->Pick(world.field());
  world.eligible.Remove(static_cast<uint32_t>(own));
  is(policy->Pick(world.field()), own,
     "source-ip: the same slot though it has no room, to wait for");
  world.may_wait = false;
  const int next = policy->Pick(world.field());
  ok(next != own && world.eligible.Has(static_cast<uint32_t>(next)), "source-ip: or the next");
  world.serving.Remove(static_cast<uint32_t>(own));
  world.may_wait = true;
  is(policy->Pick(world.field()), next, "source-ip: which is the one that has it if that is gone");
}

void TestSourceIpBound() {
  PolicyOptions options;
  options.name = "source-ip";
  options.bound_permille = 1250;
  const auto policy = Policy::Make(options);
  World world = Idle(8);
  world.may_wait = true;
  uint32_t total = 0;
  bool is_within = true;
  for (uint32_t i = 0; i < 4000; i++) {
    // A few clients, so that without a bound a few slots would have all.
    world.peer = Ipv4(i % 3);
    const size_t slot = static_cast<size_t>(policy->Pick(world.field()));
    world.open[slot]++;
    total++;
    const double bound = 1.25 * total / 8;
    is_within = is_within && world.open[slot] < bound + 1;
  }
  ok(is_within, "source-ip: with a bound no slot has more than that share");
  ok(*std::min_element(world.open.begin(), world.open.begin() + 8) > 0,
     "source-ip: so all have some");
}

void TestSourceIpAddresses() {
  World world = Idle(64);
  world.may_wait = true;
  const auto pick = [&](const Policy& policy, const char* address) {
    world.peer = rondo::ParsePeer(address);
    return policy.Pick(world.field());
  };
  const auto policy = Make("source-ip");
  for (const char* const address : {"10.1.2.3", "255.255.255.255", "0.0.0.0"}) {
    is(pick(*policy, (std::string("::ffff:") + address).c_str()), pick(*policy, address),
       std::string("source-ip: ") + address + ", mapped into IPv6, is the same client");
  }
  is(pick(*policy, "2001:db8:1:2:3:4:5:6"), pick(*policy, "2001:db8:1:2:ffff::1"),
     "source-ip: one IPv6 network is one client");
  std::set<int> networks;
  for (int i = 0; i < 50; i++) {
    networks.insert(pick(*policy, ("2001:db8:1:" + std::to_string(i) + "::1").c_str()));
  }
  ok(networks.size() > 20, "source-ip: and others are others");
  for (const uint32_t prefix : {1u, 8u, 47u, 48u, 49u, 56u, 63u, 128u}) {
    PolicyOptions options;
    options.name = "source-ip";
    options.ipv6_prefix = prefix;
    const auto by_prefix = Policy::Make(options);
    Peer one = rondo::ParsePeer("2001:db8:1:2:3:4:5:6");
    int same_inside = 0;
    int same_outside = 0;
    for (uint32_t bit = 0; bit < 128; bit++) {
      Peer other = one;
      other.address[bit / 8] = static_cast<uint8_t>(other.address[bit / 8] ^ (0x80 >> (bit % 8)));
      world.peer = one;
      const int slot = by_prefix->Pick(world.field());
      world.peer = other;
      const bool is_same = by_prefix->Pick(world.field()) == slot;
      (bit < prefix ? same_inside : same_outside) += is_same;
    }
    is(same_outside, static_cast<long long>(128 - prefix),
       "source-ip: what is behind a prefix of " + std::to_string(prefix) + " does not matter");
    ok(same_inside <= static_cast<int>(prefix / 8 + 2), "source-ip: and what is in it does");
  }
  // The lowest score there is, and nobody else.
  const struct {
    uint32_t slot;
    const char* address;
  } lowest[] = {{1, "12.31.22.248"}, {5, "222.103.121.3"}};
  for (const auto& one : lowest) {
    World alone({one.slot});
    alone.peer = rondo::ParsePeer(one.address);
    const std::string name = std::string("source-ip: ") + one.address;
    is(policy->Pick(alone.field()), static_cast<int>(one.slot), name + " of one slot");
    PolicyOptions options;
    options.name = "source-ip";
    options.bound_permille = 1250;
    alone.open[one.slot] = 9;
    is(Policy::Make(options)->Pick(alone.field()), static_cast<int>(one.slot), name + ", bound");
    alone.Add(7);
    alone.open[7] = 90;
    is(Policy::Make(options)->Pick(alone.field()), static_cast<int>(one.slot),
       name + ", one of two that is within its bound");
  }
  world.peer = Peer();
  world.last = 4;
  is(policy->Pick(world.field()), 5, "source-ip: without an address, in turn");
}

}  // namespace

int main() {
  TestTable();
  TestNames();
  TestDefinitions();
  TestRandom();
  TestTwoChoicesMeetsEveryPair();
  TestLeastLoadedLeavesSomebody();
  TestWeightedShares();
  TestSourceIpMoves();
  TestSourceIpWaits();
  TestSourceIpBound();
  TestSourceIpAddresses();
  return tap::done();
}
