// What is parked: dealt again, before anything new, or closed.
#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/dispatch.h"

namespace rondo {

namespace {

// A connection for which the program has picked a worker waits so long for it.
constexpr uint64_t kPickWaitNs = 100 * kMillisecond;

// What the program may answer, or -1.
int NumberBelow(size_t end, int answer) {
  return answer >= 0 && static_cast<size_t>(answer) < end ? answer : -1;
}

}  // namespace

// True: it is dealt, or closed.
bool Dispatch::DealOne(ParkedConnection* parked, Blocked* blocked) {
  Connection& connection = parked->connection;
  // Many may wait for one worker, and nothing has changed for them.
  if (parked->waits_for == WaitsFor::kSlot && MayCome(*parked) &&
      blocked->slots.Has(static_cast<uint32_t>(parked->slot))) {
    return false;
  }
  ForgiveIfNobodyIsLeft(&connection);
  // Who serves its listener says nothing of one whose listener is not known yet.
  if (parked->waits_for != WaitsFor::kRoute && IsHopeless(connection)) {
    GiveUp(std::move(connection));
    return true;
  }
  Advance(parked);
  switch (parked->waits_for) {
    case WaitsFor::kLook:
      LookAt(std::move(connection));
      return true;
    case WaitsFor::kRoute:
      if (!parked->answer.has_value()) return false;
      connection.glimpse.route = NumberBelow(kMaxListeners, *parked->answer);
      connection.waited_ns = now_ns_ - std::min(now_ns_, parked->since_ns);
      routed_.push_back(std::move(connection));
      return true;
    case WaitsFor::kPick:
      return false;
    case WaitsFor::kSlot:
      return DealToNamed(parked, blocked);
    case WaitsFor::kAnyone:
      return DealToAnyone(parked, blocked);
  }
  return false;
}

// Those that refused it may have room again; the ones that are left may never.
void Dispatch::ForgiveIfNobodyIsLeft(Connection* connection) const {
  if (connection->refused_by.empty()) return;
  const SlotSet left = ServingButRefused(*connection);
  const bool is_stuck_left = !left.IsEmpty() && (left & Stuck()) == left;
  if (is_stuck_left) connection->refused_by.clear();
}

// What it waits for from now on, by what has been answered, by the time, and by who is there. See
// parked.h.
void Dispatch::Advance(ParkedConnection* parked) {
  const uint16_t id = parked->connection.listener;
  Listener* const listener = listeners_[id].get();
  const bool is_over = now_ns_ >= parked->until_ns;
  const bool is_pick = parked->waits_for == WaitsFor::kPick;
  const bool is_asked = is_pick || parked->waits_for == WaitsFor::kRoute;
  if (is_asked && is_over && !parked->answer.has_value()) {
    const EventType type = is_pick ? EventType::kPickTimedOut : EventType::kRouteTimedOut;
    events_->Emit({type, id, 0, 0, 0, 1});
    parked->answer = -1;
  }
  if (is_pick && parked->answer.has_value()) {
    const int slot = NumberBelow(kMaxSlots, *parked->answer);
    parked->waits_for = WaitsFor::kAnyone;
    if (slot >= 0) WaitForSlot(parked, slot, now_ns_ + kPickWaitNs);
  }
  if (parked->waits_for == WaitsFor::kAnyone && listener->sessions() != nullptr) {
    // Its session may be somebody's by now; not the one's that it has been with, or waited for.
    const int owner = OwnerOf(listener, &parked->connection.glimpse);
    const SlotSet left = ServingButRefused(parked->connection);
    if (owner >= 0 && owner != parked->slot && left.Has(static_cast<uint32_t>(owner))) {
      WaitForSlot(parked, owner, now_ns_ + listener->options().sticky->wait_ns);
    }
  }
  if (parked->waits_for == WaitsFor::kSlot && !MayCome(*parked)) {
    parked->waits_for = WaitsFor::kAnyone;
  }
}

// Whether the worker may still get it for which it waits.
bool Dispatch::MayCome(const ParkedConnection& parked) const {
  const Turn& turn = listeners_[parked.connection.listener]->turn;
  return now_ns_ < parked.until_ns && turn.serving().Has(static_cast<uint32_t>(parked.slot));
}

// So many may wait for the worker already that it goes to any, as if its time were over.
void Dispatch::WaitForSlot(ParkedConnection* parked, int slot, uint64_t until_ns) const {
  parked->slot = slot;
  parked->until_ns = until_ns;
  parked->waits_for = parked_.IsCrowdedFor(slot) ? WaitsFor::kAnyone : WaitsFor::kSlot;
}

// Nobody here will ever take it.
void Dispatch::GiveUp(Connection connection) {
  Listener* const listener = listeners_[connection.listener].get();
  if (IsPassed(*listener)) return PassOn(std::move(connection));
  Count(&listener->counters()->closed);
}

// What is dealt may be parked, which cannot be while the list is gone through.
void Dispatch::LookAt(Connection connection) {
  const auto& look = listeners_[connection.listener]->options().look;
  const bool is_seen =
      look == nullptr || looking_.Begin(&connection, look, 0, now_ns_) == Looking::Outcome::kSeen;
  if (is_seen) seen_.push_back(std::move(connection));
}

bool Dispatch::DealToNamed(ParkedConnection* parked, Blocked* blocked) {
  Worker* const worker = workers_.At(static_cast<uint32_t>(parked->slot));
  worker->Refresh(now_ns_);
  if (!workers_.sets().room.Has(worker->id())) {
    blocked->slots.Add(worker->id());
    return false;
  }
  GiveParked(parked, parked->slot, parked->until_ns);
  return true;
}

bool Dispatch::DealToAnyone(ParkedConnection* parked, Blocked* blocked) {
  Connection& connection = parked->connection;
  Listener* const listener = listeners_[connection.listener].get();
  const bool is_new = connection.refused_by.empty();
  if (is_new && blocked->listeners.test(listener->id())) return false;
  const bool needs_peer = listener->policy()->needs_peer;
  const Peer peer = needs_peer ? PeerOf(connection) : Peer();
  const Choice choice =
      chooser_.Choose(listener, &connection, needs_peer ? &peer : nullptr, now_ns_);
  if (choice.kind != Choice::kSlot) {
    if (is_new) blocked->listeners.set(listener->id());
    return false;
  }
  connection.is_ahead = choice.is_ahead;
  GiveParked(parked, choice.slot, 0);
  return true;
}

void Dispatch::GiveParked(ParkedConnection* parked, int slot, uint64_t keep_until_ns) {
  Connection& connection = parked->connection;
  Listener* const listener = listeners_[connection.listener].get();
  if (parked->was_dealt) Count(&listener->counters()->redealt);
  // Before it was dealt it may have waited for the program.
  const uint64_t before_ns = parked->was_dealt ? 0 : connection.waited_ns;
  connection.waited_ns = before_ns + now_ns_ - std::min(now_ns_, parked->since_ns);
  Give(listener, std::move(connection), slot, keep_until_ns);
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
  std::unordered_map<uint32_t, int> picked;
  for (const PickAnswer& answer : answers) picked[answer.ticket] = answer.picked;
  parked_.ForEach([&](ParkedConnection* parked) {
    const bool is_asked =
        parked->waits_for == WaitsFor::kPick || parked->waits_for == WaitsFor::kRoute;
    const auto found = is_asked ? picked.find(parked->ticket) : picked.end();
    if (found != picked.end()) parked->answer = found->second;
  });
  Run();
}

}  // namespace rondo
