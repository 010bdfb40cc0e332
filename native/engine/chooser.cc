#include "engine/chooser.h"

#include <algorithm>

namespace rondo {

SlotSet Chooser::EligibleFor(const Listener& listener, const Connection* connection) const {
  SlotSet eligible = listener.turn.serving() & workers_->sets().room;
  if (connection != nullptr) {
    for (const uint16_t slot : connection->refused_by) eligible.Remove(slot);
  }
  return eligible;
}

// Of one that was asked, its credit frame tells.
void Chooser::RefreshWithoutRoom(const Listener& listener, uint64_t now_ns) {
  const WorkerSets& sets = workers_->sets();
  listener.turn.serving().Without(sets.room).Without(sets.asked).ForEach([&](uint32_t slot) {
    workers_->At(slot)->Refresh(now_ns);
  });
}

// Of one that was asked, too: whether it does nothing, no frame tells.
void Chooser::RefreshPending(const Listener& listener, uint64_t now_ns) {
  (listener.turn.serving() & workers_->sets().pending).ForEach([&](uint32_t slot) {
    workers_->At(slot)->Refresh(now_ns);
  });
}

// `connection`: null for one that is not accepted yet, and refused by nobody. `peer`: for policies
// that need it; without a connection it may wait for its worker.
Choice Chooser::Choose(Listener* listener, const Connection* connection, const Peer* peer,
                       uint64_t now_ns) {
  const Policy& policy = *listener->policy();
  const bool prefers_resting =
      connection != nullptr && connection->is_moved && policy.measure != Measure::kNone;
  // Before anything is decided: what is read may also take a worker's room.
  if (prefers_resting) RefreshPending(*listener, now_ns);
  SlotSet eligible = EligibleFor(*listener, connection);
  if (eligible.IsEmpty()) {
    RefreshWithoutRoom(*listener, now_ns);
    eligible = EligibleFor(*listener, connection);
    if (eligible.IsEmpty()) return {Choice::kNoRoom, -1};
  }
  if (policy.reads_load) ReadLoads(listener, now_ns);
  listener->turn.SetKeepers(workers_->sets().keeping, now_ns);
  if (policy.measure != Measure::kNone) eligible = PreferKeepers(*listener, eligible);
  Field field;
  listener->turn.Describe(&field);
  field.eligible = &eligible;
  field.delay_us = delays_us_.data();
  field.last = listener->last_picked;
  field.peer = peer;
  field.may_wait =
      peer != nullptr && connection == nullptr && listener->options().policy.wait_ms > 0;
  if (prefers_resting) {
    const int slot = PickResting(policy, field);
    if (slot >= 0) return {Choice::kSlot, slot, !listener->turn.IsBelowLimit(slot)};
  }
  int slot = policy.Pick(field);
  if (!eligible.Has(static_cast<uint32_t>(slot))) return {Choice::kWait, slot};
  if (policy.measure == Measure::kNone) return {Choice::kSlot, slot};
  // It was counted where it was refused, so it is nobody's turn that it takes.
  if (connection != nullptr && connection->was_refused) return {Choice::kSlot, slot};
  if (listener->turn.IsBelowLimit(static_cast<uint32_t>(slot))) {
    listener->hold.End();
    return {Choice::kSlot, slot};
  }
  // All that have room are ahead. Those that are behind may have room by now, or not keep up.
  LookAtLaggards(listener, eligible, now_ns);
  eligible = PreferKeepers(*listener, EligibleFor(*listener, connection));
  slot = policy.Pick(field);
  if (listener->turn.IsBelowLimit(static_cast<uint32_t>(slot))) return {Choice::kSlot, slot};
  if (listener->hold.MayHold(now_ns, laggards_progress_ns_)) return {Choice::kHeld, -1};
  return {Choice::kSlot, slot};
}

// One of those that do nothing, or -1. A request that comes to it waits for no other.
int Chooser::PickResting(const Policy& policy, Field field) const {
  SlotSet resting;
  field.eligible->Without(workers_->sets().pending).ForEach([&](uint32_t slot) {
    if (workers_->At(slot)->TurnSinceNs() == 0) resting.Add(slot);
  });
  if (resting.IsEmpty()) return -1;
  field.eligible = &resting;
  return policy.Pick(field);
}

// What is handed to one that does not keep up waits there; it gets connections if nobody else can.
SlotSet Chooser::PreferKeepers(const Listener& listener, const SlotSet& eligible) {
  const SlotSet keepers = eligible & listener.turn.keepers();
  return keepers.IsEmpty() ? eligible : keepers;
}

// Reads anew who of those that are behind has room or does not keep up.
void Chooser::LookAtLaggards(Listener* listener, const SlotSet& eligible, uint64_t now_ns) {
  const WorkerSets& sets = workers_->sets();
  laggards_progress_ns_ = 0;
  (listener->turn.keepers() & listener->turn.serving())
      .Without(eligible)
      .ForEach([&](uint32_t slot) {
        if (!listener->turn.IsBelowLimit(slot)) return;
        Worker* const worker = workers_->At(slot);
        if (!sets.asked.Has(slot)) worker->Refresh(now_ns);
        worker->Judge(now_ns);
        laggards_progress_ns_ = std::max(laggards_progress_ns_, worker->progress_ns());
      });
  listener->turn.SetKeepers(sets.keeping, now_ns);
}

// Once per run: what has ended, and how late the loops are.
void Chooser::ReadLoads(Listener* listener, uint64_t now_ns) {
  if (listener->loads_at_ns == now_ns) return;
  listener->loads_at_ns = now_ns;
  listener->turn.serving().ForEach([&](uint32_t slot) {
    const Worker& worker = *workers_->At(slot);
    listener->turn.SetEnded(slot, worker.EndedOf(listener->id()));
    delays_us_[slot] = worker.DelayUs(now_ns);
  });
}

}  // namespace rondo
