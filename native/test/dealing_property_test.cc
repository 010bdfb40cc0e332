// links: engine/turn.cc engine/hold.cc engine/policy.cc
// Dealing on a simulated clock, with workers that come, go, stand still, refuse and lie: Turn, Hold
// and the policies, used as chooser.cc and dispatch.cc use them. Whatever happens, nothing is lost,
// nothing is dealt twice, no slot gets what it has no room for, and slots that keep up stay even.
#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/hold.h"
#include "engine/policy.h"
#include "engine/turn.h"
#include "tap.h"

namespace {

using rondo::Field;
using rondo::Hold;
using rondo::kMaxSlots;
using rondo::kMillisecond;
using rondo::Measure;
using rondo::Peer;
using rondo::Policy;
using rondo::SlotSet;
using rondo::Turn;
using tap::is;
using tap::ok;

constexpr uint64_t kStep = kMillisecond / 5;
constexpr uint64_t kLook = 2 * kMillisecond;
constexpr uint64_t kPatience = 6 * kMillisecond;
constexpr uint64_t kWait = 20 * kMillisecond;
constexpr uint64_t kLongestHold = 60 * kMillisecond;  // 50, what comes back of it, and a look
constexpr int64_t kLead = 1;
constexpr int64_t kLongestLead = 8;
constexpr uint64_t kDealtPerLead = 128;

enum class Place { kBacklog, kParked, kChannel, kOpen, kOver };

struct Connection {
  size_t id = 0;
  std::vector<uint32_t> refused_by;
  bool was_refused = false;
  int waits_for = -1;
  uint64_t until_ns = 0;
};

struct Process {
  bool is_there = false;
  bool serves = false;
  std::deque<Connection> channel;
  std::vector<size_t> open;
  uint32_t ended = 0;
  uint64_t stands_until_ns = 0;
  // What the engine knows of it.
  uint32_t pending = 0;
  uint64_t progress_ns = 0;
  bool keeps_up = true;
  bool is_relieved = false;
};

struct Options {
  const char* policy;
  uint32_t slots;
  uint32_t window = 2;
  bool is_rough = true;    // workers come, go, stand still and refuse
  bool is_patient = true;  // whoever stands still is seen not to keep up
};

class Simulation {
 public:
  Simulation(const Options& options, uint64_t seed)
      : options_(options), random_(seed), workers_(options.slots), weights_(kMaxSlots, 1) {
    rondo::PolicyOptions policy;
    policy.name = options.policy;
    policy.seed = static_cast<uint32_t>(seed);
    policy.bound_permille = seed % 2 == 0 ? 1250 : 0;
    policy_ = Policy::Make(policy);
    for (uint32_t slot = 0; slot < options.slots; slot++) weights_[slot] = 1 + Below(4);
    turn_.Compare(policy_->measure, weights_.data());
    for (uint32_t slot = 0; slot < options.slots; slot++) {
      if (!options.is_rough || Below(3) > 0) Join(slot);
    }
  }

  // What is broken, or null.
  const char* Run(int steps) {
    for (int i = 0; i < steps && broken_ == nullptr; i++) Step(true);
    // Everything that there is comes to an end.
    options_.is_rough = false;
    for (Process& process : workers_) process.stands_until_ns = 0;
    if (serving().IsEmpty()) {
      if (workers_[0].is_there) Die(0);
      Join(0);
    }
    for (int i = 0; i < 20'000 && broken_ == nullptr && over_ < places_.size(); i++) Step(false);
    Check(over_ == places_.size(), "a connection is lost");
    return broken_;
  }

  // Connects so many at once, and goes on until all have been received. The most by which two slots
  // differed then.
  int64_t Burst(uint32_t count) {
    std::vector<size_t> before;
    for (uint32_t i = 0; i < count; i++) Arrive();
    ends_ = false;
    for (int i = 0; i < 20'000 && CountAt(Place::kOpen) < count; i++) Step(false);
    Check(CountAt(Place::kOpen) == count, "a connection of a burst is not received");
    int64_t least = INT64_MAX;
    int64_t most = 0;
    for (const Process& process : workers_) {
      least = std::min(least, static_cast<int64_t>(process.open.size()));
      most = std::max(most, static_cast<int64_t>(process.open.size()));
    }
    return most - least;
  }

  const char* broken() const { return broken_; }

 private:
  uint32_t Below(uint32_t most) { return static_cast<uint32_t>(random_() % most); }
  void Check(bool is_right, const char* what) {
    if (!is_right && broken_ == nullptr) broken_ = what;
  }
  const SlotSet& serving() const { return turn_.serving(); }
  size_t CountAt(Place place) const {
    return static_cast<size_t>(std::count(places_.begin(), places_.end(), place));
  }

  // A connection is at one place at a time.
  void Move(size_t id, Place from, Place to) {
    Check(places_[id] == from, "a connection is at two places");
    places_[id] = to;
    over_ += to == Place::kOver;
  }

  // ---- the world ------------------------------------------------------------------------------

  void Step(bool has_arrivals) {
    now_ns_ += kStep;
    if (has_arrivals && Below(4) == 0) {
      for (uint32_t i = Below(Below(10) == 0 ? 40 : 4); i > 0; i--) Arrive();
    }
    for (uint32_t slot = 0; slot < options_.slots; slot++) Live(slot);
    Dispatch();
    CheckTurn();
  }

  void Arrive() {
    backlog_.push_back(places_.size());
    places_.push_back(Place::kBacklog);
  }

  void Join(uint32_t slot) {
    workers_[slot] = Process();
    workers_[slot].is_there = workers_[slot].serves = true;
    turn_.Join(slot);
  }

  // It dies, or its channel is closed: what it has not received comes back.
  void Die(uint32_t slot) {
    Process gone = std::move(workers_[slot]);
    workers_[slot] = Process();
    turn_.Forget(slot);
    for (Connection& connection : gone.channel) Park(std::move(connection), Place::kChannel);
    for (const size_t id : gone.open) Move(id, Place::kOpen, Place::kOver);
  }

  void Live(uint32_t slot) {
    Process& process = workers_[slot];
    if (options_.is_rough && Below(400) == 0) {
      process.is_there ? Die(slot) : Join(slot);
      return;
    }
    if (!process.is_there) return;
    if (options_.is_rough && Below(600) == 0) {
      process.serves = !process.serves;
      process.serves ? turn_.Join(slot) : turn_.Leave(slot);
    }
    if (options_.is_rough && Below(150) == 0) {
      process.stands_until_ns = now_ns_ + Below(80) * kMillisecond;
    }
    // Connections that end.
    while (ends_ && !process.open.empty() && Below(8) == 0) {
      std::swap(process.open[Below(static_cast<uint32_t>(process.open.size()))],
                process.open.back());
      Move(process.open.back(), Place::kOpen, Place::kOver);
      process.open.pop_back();
      process.ended++;
    }
    if (now_ns_ < process.stands_until_ns) return;
    if (options_.is_rough && Below(3) == 0) return;
    Receive(slot, &process);
    // Then it waits for a CPU, for less long than would be too long.
    if (!options_.is_rough && Below(5) == 0) {
      process.stands_until_ns = now_ns_ + Below(5) * kMillisecond;
    }
  }

  void Receive(uint32_t slot, Process* process) {
    if (process->channel.empty() && !process->is_relieved) return;
    std::deque<Connection> received;
    received.swap(process->channel);
    for (Connection& connection : received) {
      Move(connection.id, Place::kChannel, Place::kOpen);
      const bool is_refused = options_.is_rough && (!process->serves || Below(20) == 0);
      if (!is_refused) {
        process->open.push_back(connection.id);
        continue;
      }
      turn_.Returned(slot);
      connection.was_refused = true;
      if (process->serves) connection.refused_by.push_back(slot);
      Park(std::move(connection), Place::kOpen);
    }
    process->is_relieved = false;
    process->progress_ns = now_ns_;
    process->keeps_up = true;
  }

  void CheckTurn() {
    uint64_t open = 0;
    Field field;
    turn_.Describe(&field);
    for (uint32_t slot = 0; slot < options_.slots; slot++) {
      Process& process = workers_[slot];
      if (process.is_there) turn_.SetEnded(slot, process.ended);
      const size_t held = process.channel.size() + process.open.size();
      Check(field.open[slot] == held, "a turn has another number of open connections");
      open += held;
    }
    Check(turn_.Open() == open, "a turn has another number in all");
  }

  // ---- as chooser.cc and dispatch.cc do -----------------------------------------------------

  bool HasRoom(const Process& process) const {
    return process.is_there && !process.is_relieved && process.pending < options_.window;
  }
  void Refresh(uint32_t slot) {
    workers_[slot].pending = static_cast<uint32_t>(workers_[slot].channel.size());
  }
  SlotSet Keeping() const {
    SlotSet keeping;
    for (uint32_t slot = 0; slot < options_.slots; slot++) {
      const Process& process = workers_[slot];
      keeping.Set(slot, process.is_there && process.keeps_up && !process.is_relieved);
    }
    return keeping;
  }
  SlotSet EligibleFor(const Connection* connection) const {
    SlotSet eligible;
    serving().ForEach([&](uint32_t slot) {
      if (HasRoom(workers_[slot])) eligible.Add(slot);
    });
    if (connection == nullptr) return eligible;
    for (const uint32_t slot : connection->refused_by) eligible.Remove(slot);
    return eligible;
  }

  void Park(Connection connection, Place from) {
    Move(connection.id, from, Place::kParked);
    connection.waits_for = -1;
    parked_.push_back(std::move(connection));
  }

  void Dispatch() {
    if (now_ns_ >= look_at_ns_) {
      look_at_ns_ = now_ns_ + kLook;
      Relieve();
    }
    has_dealt_ = false;
    has_held_ = false;
    for (size_t i = parked_.size(); i > 0 && broken_ == nullptr; i--) {
      Connection connection = std::move(parked_.front());
      parked_.pop_front();
      DealParked(std::move(connection));
    }
    while (!backlog_.empty() && broken_ == nullptr && Accept()) continue;
    if (backlog_.empty()) turn_.EndBurst();
    if (backlog_.empty()) hold_.End();
    // A hold that nothing comes of ends.
    if (has_dealt_ || !has_held_ || laggards_progress_ns_ + kLook > now_ns_)
      held_since_ns_ = now_ns_;
    Check(now_ns_ - held_since_ns_ <= kLongestHold, "something is held for too long");
  }

  void Relieve() {
    for (uint32_t slot = 0; slot < options_.slots; slot++) {
      Process& process = workers_[slot];
      if (!process.is_there || process.is_relieved) continue;
      Refresh(slot);
      if (process.pending == 0 || now_ns_ - process.progress_ns < kPatience) continue;
      if (!options_.is_patient) continue;
      process.keeps_up = false;
      if (Keeping().IsEmpty()) continue;
      std::deque<Connection> taken;
      taken.swap(process.channel);
      process.is_relieved = true;
      for (Connection& connection : taken) {
        turn_.Undealt(slot, !connection.was_refused);
        Park(std::move(connection), Place::kChannel);
      }
    }
  }

  bool Accept() {
    Connection connection;
    connection.id = backlog_.front();
    Peer peer;
    if (policy_->needs_peer) {
      peer.family = 4;
      peer.address[3] = static_cast<uint8_t>(random_());
    }
    if (EligibleFor(nullptr).IsEmpty()) {
      serving().ForEach([&](uint32_t slot) { Refresh(slot); });
      if (EligibleFor(nullptr).IsEmpty()) return false;
    }
    const int slot = Choose(nullptr, policy_->needs_peer ? &peer : nullptr);
    if (slot < 0 && !policy_->needs_peer) return false;
    backlog_.pop_front();
    if (slot >= 0) {
      Give(std::move(connection), static_cast<uint32_t>(slot), Place::kBacklog);
      return true;
    }
    Park(std::move(connection), Place::kBacklog);
    parked_.back().waits_for = waits_for_;
    parked_.back().until_ns = now_ns_ + kWait;
    return true;
  }

  void DealParked(Connection connection) {
    // Nobody will ever take it.
    SlotSet left = serving();
    for (const uint32_t slot : connection.refused_by) left.Remove(slot);
    if (!serving().IsEmpty() && left.IsEmpty()) {
      return Move(connection.id, Place::kParked, Place::kOver);
    }
    int slot = -1;
    if (connection.waits_for >= 0) {
      const uint32_t wanted = static_cast<uint32_t>(connection.waits_for);
      const bool may_come = serving().Has(wanted) && now_ns_ < connection.until_ns;
      if (may_come) {
        Refresh(wanted);
        if (!HasRoom(workers_[wanted])) return parked_.push_back(std::move(connection));
        slot = connection.waits_for;
      }
    }
    if (slot < 0) {
      connection.waits_for = -1;
      if (EligibleFor(&connection).IsEmpty()) {
        serving().ForEach([&](uint32_t other) { Refresh(other); });
      }
      Peer peer;
      peer.family = 4;
      slot = Choose(&connection, policy_->needs_peer ? &peer : nullptr);
    }
    if (slot < 0) return parked_.push_back(std::move(connection));
    Give(std::move(connection), static_cast<uint32_t>(slot), Place::kParked);
  }

  // A slot, or -1.
  int Choose(const Connection* connection, const Peer* peer) {
    SlotSet eligible = EligibleFor(connection);
    is_limited_ = false;
    if (eligible.IsEmpty()) return -1;
    turn_.SetKeepers(Keeping(), now_ns_);
    const std::vector<uint32_t> delays(kMaxSlots);
    Field field;
    turn_.Describe(&field);
    field.eligible = &eligible;
    field.delay_us = delays.data();
    field.last = last_;
    field.peer = peer;
    field.may_wait = peer != nullptr && connection == nullptr;
    int slot = policy_->Pick(field);
    waits_for_ = slot;
    Check(slot >= 0 && serving().Has(static_cast<uint32_t>(slot)), "a slot that does not serve");
    if (broken_ != nullptr) return -1;
    if (!eligible.Has(static_cast<uint32_t>(slot))) {
      Check(field.may_wait, "a slot without room is picked");
      return -1;
    }
    if (policy_->measure == Measure::kNone) return slot;
    if (connection != nullptr && connection->was_refused) return slot;
    is_limited_ = true;
    if (turn_.IsBelowLimit(static_cast<uint32_t>(slot))) return slot;
    LookAtLaggards(eligible);
    eligible = EligibleFor(connection);
    slot = policy_->Pick(field);
    if (turn_.IsBelowLimit(static_cast<uint32_t>(slot))) return slot;
    is_limited_ = false;
    has_held_ = hold_.MayHold(now_ns_, laggards_progress_ns_);
    return has_held_ ? -1 : slot;
  }

  void LookAtLaggards(const SlotSet& eligible) {
    laggards_progress_ns_ = 0;
    (turn_.keepers() & serving()).Without(eligible).ForEach([&](uint32_t slot) {
      if (!turn_.IsBelowLimit(slot)) return;
      Process& process = workers_[slot];
      Refresh(slot);
      const bool is_late = process.pending > 0 && now_ns_ - process.progress_ns >= kPatience;
      process.keeps_up = !(options_.is_patient && is_late);
      laggards_progress_ns_ = std::max(laggards_progress_ns_, process.progress_ns);
    });
    turn_.SetKeepers(Keeping(), now_ns_);
  }

  void Give(Connection connection, uint32_t slot, Place from) {
    Process& process = workers_[slot];
    Check(process.is_there && serving().Has(slot), "dealt to nobody");
    Check(process.channel.size() < options_.window, "dealt to a slot without room");
    const auto& refused = connection.refused_by;
    Check(std::find(refused.begin(), refused.end(), slot) == refused.end(),
          "dealt to a slot that has refused it");
    if (is_limited_) CheckEven(slot);
    last_ = static_cast<int>(slot);
    policy_->NotePick();
    turn_.Dealt(slot, !connection.was_refused);
    dealt_ += !connection.was_refused;
    if (process.pending == 0) process.progress_ns = now_ns_;
    process.pending++;
    Move(connection.id, from, Place::kChannel);
    process.channel.push_back(std::move(connection));
    is_limited_ = false;
    has_dealt_ = true;
  }

  // Before it is dealt to the slot by the rule: how far that is ahead of those that keep up.
  void CheckEven(uint32_t slot) {
    Field field;
    turn_.Describe(&field);
    const uint64_t keepers = std::max<uint64_t>(turn_.keepers().Count(), 1);
    const int64_t lead =
        std::min(kLead + static_cast<int64_t>(dealt_ / (kDealtPerLead * keepers)), kLongestLead);
    turn_.keepers().ForEach([&](uint32_t other) {
      const bool is_even =
          policy_->measure == Measure::kCount ? field.count[slot] < field.count[other] + lead
          : policy_->measure == Measure::kOpen
              ? field.open[slot] < field.open[other] + lead
              : field.count[slot] * weights_[other] < (field.count[other] + lead) * weights_[slot];
      Check(is_even, "a slot is too far ahead of one that keeps up");
    });
  }

  Options options_;
  std::mt19937_64 random_;
  std::vector<Process> workers_;
  std::vector<uint32_t> weights_;
  std::unique_ptr<Policy> policy_;
  Turn turn_;
  Hold hold_;
  std::vector<Place> places_;  // by connection
  size_t over_ = 0;
  std::deque<size_t> backlog_;
  std::deque<Connection> parked_;
  bool ends_ = true;
  const char* broken_ = nullptr;

  uint64_t now_ns_ = 1000 * kMillisecond;
  uint64_t look_at_ns_ = 0;
  uint64_t laggards_progress_ns_ = 0;
  uint64_t held_since_ns_ = now_ns_;
  bool has_held_ = false;
  bool has_dealt_ = false;
  bool is_limited_ = false;  // the slot was chosen by the rule
  uint64_t dealt_ = 0;
  int waits_for_ = -1;
  int last_ = -1;
};

void TestAnything(const char* policy, bool is_patient) {
  constexpr uint64_t kSeeds = 300;
  std::string broken;
  for (uint64_t seed = 1; seed <= kSeeds && broken.empty(); seed++) {
    const uint32_t slots = seed % 10 == 0 ? 70 : 1 + static_cast<uint32_t>(seed % 9);
    const uint32_t window = seed % 3 == 0 ? 8 : 1 + static_cast<uint32_t>(seed % 2);
    Simulation simulation({policy, slots, window, true, is_patient}, seed);
    const char* const found = simulation.Run(300);
    if (found != nullptr) broken = "seed " + std::to_string(seed) + ": " + found;
  }
  is(broken, "",
     std::string(policy) + ", " + std::to_string(kSeeds) + " runs" +
         (is_patient ? "" : ", nobody is seen to stand still"));
}

void TestBurst(const char* policy) {
  int64_t worst = 0;
  std::string broken;
  for (uint64_t seed = 1; seed <= 300; seed++) {
    const uint32_t slots = 2 + static_cast<uint32_t>(seed % 15);
    Simulation simulation({policy, slots, 2, false}, seed);
    worst = std::max(worst, simulation.Burst(16 * slots));
    if (simulation.broken() != nullptr) broken = simulation.broken();
  }
  is(broken, "", std::string(policy) + ": 300 bursts");
  ok(worst <= kLead, std::string(policy) + ": slots that keep up differ by no more than the lead");
  printf("# %s: max - min of 300 bursts: at worst %lld\n", policy, static_cast<long long>(worst));
}

}  // namespace

int main() {
  const char* const policies[] = {"round-robin", "least-connections", "weighted",
                                  "two-choices", "least-loaded",      "random",
                                  "source-ip",   "function"};
  for (const char* const policy : policies) {
    for (const bool is_patient : {true, false}) TestAnything(policy, is_patient);
  }
  TestBurst("round-robin");
  TestBurst("least-connections");
  return tap::done();
}
