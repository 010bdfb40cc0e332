// What is parked: dealt again, before anything new, or closed.
#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/dispatch.h"

namespace rondo {

namespace {

// A connection for which the program has picked a worker waits so long for it.
constexpr uint64_t kPickWaitNs = 100 * kMillisecond;

}  // namespace

// True: it is dealt, or closed. `blocked`: listeners for whose connections nobody has room.
bool Dispatch::DealOne(ParkedConnection* parked, std::bitset<kMaxListeners>* blocked) {
  Connection& connection = parked->connection;
  const uint16_t id = connection.listener;
  Listener* const listener = listeners_[id].get();
  // Those that refused it may have room again; the ones that are left may never.
  if (!connection.refused_by.empty()) {
    const SlotSet left = ServingButRefused(connection);
    const bool is_stuck_left = !left.IsEmpty() && (left & Stuck()) == left;
    if (is_stuck_left) connection.refused_by.clear();
  }
  if (IsHopeless(connection)) {
    if (IsPassed(*listener)) {
      PassOn(std::move(connection));
      return true;
    }
    Count(&listener->counters()->closed);
    return true;
  }
  if (parked->waits_for == WaitsFor::kLook) {
    parked->waits_for = WaitsFor::kAnyone;
    const auto& look = listener->options().look;
    if (look != nullptr) {
      const auto outcome = looking_.Begin(&connection, look, 0, now_ns_);
      // What is dealt may be parked, which cannot be while the list is gone through.
      if (outcome == Looking::Outcome::kSeen) seen_.push_back(std::move(connection));
      return true;
    }
  }
  if (parked->waits_for == WaitsFor::kProgram) {
    if (now_ns_ < parked->until_ns) return false;
    events_->Emit({EventType::kPickTimedOut, id, 0, 0, 0, 1});
    parked->waits_for = WaitsFor::kAnyone;
  }
  if (parked->waits_for == WaitsFor::kAnyone && listener->sessions() != nullptr) {
    // Its session may be somebody's by now; not the one's that it has been with, or waited for.
    const int owner = OwnerOf(listener, &connection.glimpse);
    const SlotSet left = ServingButRefused(connection);
    if (owner >= 0 && owner != parked->slot && left.Has(static_cast<uint32_t>(owner))) {
      parked->waits_for = WaitsFor::kSlot;
      parked->slot = owner;
      parked->until_ns = now_ns_ + listener->options().sticky->wait_ns;
    }
  }
  int slot = -1;
  uint64_t keep_until_ns = 0;
  if (parked->waits_for == WaitsFor::kSlot) {
    const bool may_come = listener->turn.serving().Has(static_cast<uint32_t>(parked->slot)) &&
                          now_ns_ < parked->until_ns;
    if (may_come) {
      Worker* const worker = workers_.At(static_cast<uint32_t>(parked->slot));
      worker->Refresh(now_ns_);
      if (!workers_.sets().room.Has(worker->id())) return false;
      slot = parked->slot;
      keep_until_ns = parked->until_ns;
    }
  }
  if (slot < 0) {
    parked->waits_for = WaitsFor::kAnyone;
    if (connection.refused_by.empty() && blocked->test(id)) return false;
    const Policy& policy = *listener->policy();
    const Peer peer = policy.needs_peer ? PeerOf(connection) : Peer();
    const Choice choice =
        chooser_.Choose(listener, &connection, policy.needs_peer ? &peer : nullptr, now_ns_);
    if (choice.kind != Choice::kSlot) {
      if (connection.refused_by.empty()) blocked->set(id);
      return false;
    }
    slot = choice.slot;
    connection.is_ahead = choice.is_ahead;
  }
  if (parked->was_dealt) Count(&listener->counters()->redealt);
  connection.waited_ns = now_ns_ - std::min(now_ns_, parked->since_ns);
  Give(listener, std::move(connection), slot, keep_until_ns);
  return true;
}

SlotSet Dispatch::Stuck() const {
  SlotSet stuck;
  workers_.sets().odd.ForEach([&](uint32_t slot) {
    if (workers_.At(slot)->flow() == Worker::Flow::kStuck) stuck.Add(slot);
  });
  return stuck;
}

SlotSet Dispatch::ServingButRefused(const Connection& connection) const {
  SlotSet left = listeners_[connection.listener]->turn.serving();
  for (const uint16_t slot : connection.refused_by) left.Remove(slot);
  return left;
}

// Nobody will ever take it: each worker that serves its listener has sent it back, or none serves
// it and none will, for the listener is closed.
bool Dispatch::IsHopeless(const Connection& connection) const {
  const Listener& listener = *listeners_[connection.listener];
  if (listener.turn.serving().IsEmpty()) return !listener.IsOpen();
  return ServingButRefused(connection).IsEmpty();
}

void Dispatch::AnswerPicks(const std::vector<PickAnswer>& answers) {
  std::unordered_map<uint32_t, int> slots;
  for (const PickAnswer& answer : answers) slots[answer.ticket] = answer.slot;
  now_ns_ = NowNs();
  parked_.ForEach([&](ParkedConnection* parked) {
    if (parked->waits_for != WaitsFor::kProgram) return;
    const auto found = slots.find(parked->ticket);
    if (found == slots.end()) return;
    const bool is_slot = found->second >= 0 && static_cast<uint32_t>(found->second) < kMaxSlots;
    parked->waits_for = is_slot ? WaitsFor::kSlot : WaitsFor::kAnyone;
    parked->slot = found->second;
    parked->until_ns = now_ns_ + kPickWaitNs;
  });
  Run();
}

}  // namespace rondo
