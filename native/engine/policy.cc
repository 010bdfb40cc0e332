#include "engine/policy.h"

#include <string.h>

#include <algorithm>

namespace rondo {

namespace {

// In two steps, so that the first, over all slots, is a loop without branches: the least number,
// and then who is the first in turn that has it.
template <typename Number>
int LeastInTurn(const SlotSet& among, int last, Number number) {
  const auto least = among.Least(number);
  return among.FirstAfter(last, [=](uint32_t slot) { return number(slot) == least; });
}

// The same in one step, for numbers of which what is beyond a million may count as a million:
// number and place in the turn are compared as one, in 32 bits. `may(slot)`: false for those that
// are left out, which must not be all.
template <typename May>
int FewestInTurn(const SlotSet& among, int last, const uint32_t* number, May may) {
  constexpr uint32_t kMost = (1u << 20) - 1;
  static_assert(kMaxSlots <= 1u << 10, "a place in the turn has 10 bits");
  const uint32_t first = static_cast<uint32_t>(last + 1);
  const int32_t least = among.Least([=](uint32_t slot) {
    const uint32_t place = (slot - first) % kMaxSlots;
    const uint32_t key = std::min(number[slot], kMost) * kMaxSlots + place;
    return static_cast<int32_t>(key | (may(slot) ? 0 : INT32_MAX));
  });
  return among.IsEmpty() ? -1
                         : static_cast<int>((static_cast<uint32_t>(least) + first) % kMaxSlots);
}

class RoundRobin : public Policy {
 public:
  explicit RoundRobin(const PolicyOptions&) : Policy({Measure::kCount, false, false, false}) {}
  int Pick(const Field& field) const override {
    if (field.lowest != nullptr) {
      const int next = field.lowest->FirstAfter(
          field.last, [eligible = field.eligible](uint32_t slot) { return eligible->Has(slot); });
      if (next >= 0) return next;
    }
    return LeastInTurn(*field.eligible, field.last,
                       [count = field.count](uint32_t slot) { return count[slot]; });
  }

 protected:
  explicit RoundRobin(Traits traits) : Policy(traits) {}
};

// The program's function picks. What it does not decide is dealt in turn.
class Function final : public RoundRobin {
 public:
  explicit Function(const PolicyOptions&) : RoundRobin(Traits{Measure::kNone, true, false, true}) {}
};

class LeastConnections final : public Policy {
 public:
  explicit LeastConnections(const PolicyOptions&) : Policy({Measure::kOpen, true, false, false}) {}
  int Pick(const Field& field) const override {
    return FewestInTurn(*field.eligible, field.last, field.open, [](uint32_t) { return true; });
  }
};

// Smooth: the slot whose share would be the least with one more.
class Weighted final : public Policy {
 public:
  explicit Weighted(const PolicyOptions&) : Policy({Measure::kWeighted, false, false, false}) {}
  int Pick(const Field& field) const override {
    const int64_t* const count = field.count;
    const uint32_t* const weight = field.weight;
    int best = -1;
    // Its share as a fraction, at first beyond all.
    int64_t least = 1;
    int64_t of = 0;
    // In turn and to the end, so that of equals it is the first.
    field.eligible->FirstAfter(field.last, [&](uint32_t slot) {
      const int64_t own = count[slot] + 1;
      if (own * of < least * weight[slot]) {
        best = static_cast<int>(slot);
        least = own;
        of = weight[slot];
      }
      return false;
    });
    return best;
  }
};

// The better of two, from indices that go round in opposite directions. The second is moved on by
// one with each circle, so that every slot meets every other.
class TwoChoices final : public Policy {
 public:
  explicit TwoChoices(const PolicyOptions&) : Policy({Measure::kNone, true, false, false}) {}
  int Pick(const Field& field) const override {
    const size_t count = field.eligible->Count();
    const size_t first = picks_ % count;
    size_t second = (2 * count - 1 - first - picks_ / count % count) % count;
    if (second == first) second = (second + 1) % count;
    const int a = field.eligible->At(first);
    const int b = field.eligible->At(second);
    return field.open[b] < field.open[a] ? b : a;
  }
  void NotePicks(uint32_t count) override { picks_ += count; }

 private:
  size_t picks_ = 0;
};

// Leaves out slots whose loop is late, compared with the others; never all of them.
class LeastLoaded final : public Policy {
 public:
  explicit LeastLoaded(const PolicyOptions&) : Policy({Measure::kNone, true, false, false}) {}
  int Pick(const Field& field) const override {
    const uint32_t* const delay_us = field.delay_us;
    const uint64_t least_us = field.eligible->Least([=](uint32_t slot) { return delay_us[slot]; });
    const uint32_t most_us =
        static_cast<uint32_t>(std::clamp<uint64_t>(2 * least_us, kLateUs, UINT32_MAX));
    return FewestInTurn(*field.eligible, field.last, field.open,
                        [=](uint32_t slot) { return delay_us[slot] <= most_us; });
  }

 private:
  static constexpr uint32_t kLateUs = 20'000;
};

// Uniform, by mulberry32: the same sequence for the same seed.
class Random final : public Policy {
 public:
  explicit Random(const PolicyOptions& options)
      : Policy({Measure::kNone, false, false, false}), state_(options.seed + kStep) {}
  int Pick(const Field& field) const override {
    uint32_t z = state_;
    z = (z ^ (z >> 15)) * (z | 1);
    z ^= z + (z ^ (z >> 7)) * (z | 61);
    const uint64_t random = z ^ (z >> 14);
    return field.eligible->At(static_cast<size_t>(random * field.eligible->Count() >> 32));
  }
  void NotePicks(uint32_t count) override { state_ += count * kStep; }

 private:
  static constexpr uint32_t kStep = 0x6D2B79F5;
  uint32_t state_;
};

// Rendezvous hashing: each slot has a score for each client, and the highest wins. A slot that
// goes or comes moves only its own clients.
class SourceIp final : public Policy {
 public:
  explicit SourceIp(const PolicyOptions& options)
      : Policy({Measure::kNone, options.bound_permille > 0, true, false}),
        bound_permille_(options.bound_permille),
        ipv6_prefix_(options.ipv6_prefix) {
    for (uint32_t slot = 0; slot < kMaxSlots; slot++) salts_[slot] = Mix(slot * kGolden + 1);
  }

  int Pick(const Field& field) const override {
    if (field.peer == nullptr || field.peer->family == 0) {
      return LeastInTurn(*field.eligible, field.last,
                         [count = field.count](uint32_t slot) { return count[slot]; });
    }
    const uint32_t key = KeyOf(*field.peer);
    const SlotSet& among = field.may_wait ? *field.serving : *field.eligible;
    const int first = Best(among, key);
    if (bound_permille_ == 0) return first;
    const uint32_t* const open = field.open;
    const uint32_t most = MostOpen(field);
    // Most are, and then nothing else has to be looked at.
    if (open[first] < most) return first;
    const int within = Best(among, key, [=](uint32_t slot) { return open[slot] < most; });
    return within >= 0 ? within : first;
  }

 private:
  static constexpr uint32_t kGolden = 0x9E3779B1;
  static constexpr uint32_t kGoldenInverse = 0x0E8B2F51;

  static uint32_t Mix(uint32_t h) {
    h = (h ^ (h >> 16)) * 0x85EBCA6B;
    h = (h ^ (h >> 13)) * 0xC2B2AE35;
    return h ^ (h >> 16);
  }
  static uint32_t Unmix(uint32_t h) {
    h = (h ^ (h >> 16)) * 0x7ED1B41D;
    h = (h ^ (h >> 13) ^ (h >> 26)) * 0xA5CB9243;
    return h ^ (h >> 16);
  }

  uint32_t KeyOf(const Peer& peer) const {
    const bool is_mapped = peer.family == 6 && IsMapped(peer.address);
    const uint8_t* bytes = is_mapped ? peer.address + kMappedPrefix : peer.address;
    const bool is_ipv4 = is_mapped || peer.family == 4;
    const uint32_t bits = is_ipv4 ? 32 : ipv6_prefix_;
    uint32_t hash = 0x811C9DC5;
    for (uint32_t i = 0; i < (is_ipv4 ? 4u : 16u); i++) {
      const uint32_t left = bits > i * 8 ? std::min<uint32_t>(bits - i * 8, 8) : 0;
      const uint32_t mask = 0xFF00u >> left & 0xFFu;
      hash = (hash ^ (bytes[i] & mask)) * 0x01000193;
    }
    return Mix(hash);
  }

  // Each step from a slot's number to its score has an inverse. So no two slots have the same one,
  // and the highest says whose it is. -1: there is none that `may` be picked.
  template <typename May>
  int Best(const SlotSet& among, uint32_t key, May may) const {
    const uint32_t* const salts = salts_;
    const uint32_t lowest = among.Least(
        [=](uint32_t slot) { return ~Score(key ^ salts[slot]) | (may(slot) ? 0 : UINT32_MAX); });
    // A score of 0 looks like none.
    if (lowest == UINT32_MAX) return among.FirstAfter(-1, may);
    return static_cast<int>((Unmix(Unscore(~lowest) ^ key) - 1) * kGoldenInverse);
  }
  int Best(const SlotSet& among, uint32_t key) const {
    return Best(among, key, [](uint32_t) { return true; });
  }

  static uint32_t Score(uint32_t x) {
    x *= kGolden;
    return (x ^ (x >> 15)) * 0x85EBCA6B;
  }
  static uint32_t Unscore(uint32_t x) {
    x *= 0xA5CB9243;
    return (x ^ (x >> 15) ^ (x >> 30)) * kGoldenInverse;
  }

  // As many as a slot may have open: `bound` times the mean share, this connection counted.
  uint32_t MostOpen(const Field& field) const {
    const uint32_t* const open = field.open;
    const uint64_t total = 1 + field.serving->Sum([=](uint32_t slot) { return open[slot]; });
    const uint64_t divisor = uint64_t{1000} * field.serving->Count();
    const uint64_t most = (bound_permille_ * total + divisor - 1) / divisor;
    return static_cast<uint32_t>(std::min<uint64_t>(most, UINT32_MAX));
  }

  const uint64_t bound_permille_;
  const uint32_t ipv6_prefix_;
  uint32_t salts_[kMaxSlots];
};

template <typename Kind>
std::unique_ptr<Policy> New(const PolicyOptions& options) {
  return std::make_unique<Kind>(options);
}

constexpr struct {
  const char* name;
  std::unique_ptr<Policy> (*make)(const PolicyOptions& options);
} kPolicies[] = {
    {"round-robin", New<RoundRobin>}, {"least-connections", New<LeastConnections>},
    {"two-choices", New<TwoChoices>}, {"least-loaded", New<LeastLoaded>},
    {"source-ip", New<SourceIp>},     {"random", New<Random>},
    {"weighted", New<Weighted>},      {"function", New<Function>},
};

}  // namespace

std::unique_ptr<Policy> Policy::Make(const PolicyOptions& options) {
  for (const auto& policy : kPolicies) {
    if (options.name == policy.name) return policy.make(options);
  }
  return nullptr;
}

}  // namespace rondo
