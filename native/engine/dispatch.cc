#include "engine/dispatch.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/errors.h"
#include "base/socket.h"

namespace rondo {

namespace {

// A call of Run() ends after so many rounds, and a round takes so many connections, so that the
// loop gets to hear everybody. It goes on at once with what is left.
constexpr int kMostRounds = 64;
constexpr int kMostAcceptsPerRound = 64;

// What may change without anybody's saying so is looked at so often: workers that do not receive,
// connections that are held, backlogs that fill up.
constexpr uint64_t kLookNs = 1 * kMillisecond;
// And so often what only time or another process can mend.
constexpr uint64_t kSlowLookNs = 50 * kMillisecond;

// The longest backlog that a kernel gives by default.
constexpr int kMostAcceptsAtReplacement = 4096;

// A worker may have a connection again that it has sent back for want of something, so often. Then
// it has refused it: sending it to and fro costs the primary two hops each time.
constexpr uint32_t kMostAgain = 3;

// A connection for which the program has picked a worker waits so long for it.
constexpr uint64_t kPickWaitNs = 100 * kMillisecond;

}  // namespace

Dispatch::Dispatch(Loop* loop, Shared* shared, EventSink* events, Picks* picks)
    : loop_(loop),
      shared_(shared),
      events_(events),
      picks_(picks),
      control_(this, events),
      workers_(loop, shared, events, this, &control_),
      reclaim_(&workers_, this, events, control_.buffer()),
      parked_(&shared->engine.waiting),
      chooser_(&workers_),
      overload_(&workers_, &parked_, &chooser_, shared, events),
      starvation_(&shared->engine, events) {}

int Dispatch::Open(const DispatchOptions& options) {
  options_ = options;
  workers_.SetWindow(options.window);
  control_.SetLargestWindow(options.window.largest());
  reclaim_.SetTakeBack(options.take_back_ms);
  overload_.SetMaxConnections(options.max_connections);
  return look_.Open(loop_, this, [](void* dispatch) { static_cast<Dispatch*>(dispatch)->Look(); });
}

void Dispatch::Close() {
  look_.Close();
  for (Listener* const listener : open_) listener->Close();
  open_.clear();
  parked_.RemoveIf([&](ParkedConnection* parked) {
    Count(&shared_->listeners[parked->connection.listener].closed);
    return true;
  });
  starvation_.Note(false, NowNs());
  workers_.Clear();
}

void Dispatch::Configure(const DispatchOptions& options) {
  const bool is_new_window = options.window.largest() != control_.largest_window();
  options_ = options;
  reclaim_.SetTakeBack(options.take_back_ms);
  overload_.SetMaxConnections(options.max_connections);
  workers_.SetWindow(options.window);
  control_.SetLargestWindow(options.window.largest());
  // The workers are told, for they read about a window at a time.
  if (is_new_window) workers_.OweAll(Worker::kOwesWelcome);
  Run();
}

void Dispatch::ConfigureListener(uint16_t id, const ListenerOptions& options) {
  listener_options_[id] = options;
  if (listeners_[id] == nullptr || !listeners_[id]->IsOpen()) return;
  listeners_[id]->Configure(options, workers_.weights());
  Run();
}

void Dispatch::AddListener(uint16_t id, UniqueFd fd) {
  // What still waits for a closed listener of this id is nobody's any more.
  parked_.RemoveIf([&](ParkedConnection* parked) {
    if (parked->connection.listener != id) return false;
    Count(&shared_->listeners[id].closed);
    return true;
  });
  auto listener = std::make_unique<Listener>(id, &shared_->listeners[id]);
  listener->Configure(listener_options_[id], workers_.weights());
  const int result = OpenListener(listener.get(), std::move(fd));
  if (result < 0) return events_->Emit({EventType::kListenerBroken, id, 0, 0, -result, 0});
  listener->WatchIfIdle(is_paused_);
  open_.push_back(listener.get());
  if (listeners_[id] != nullptr) listener->turn.Inherit(listeners_[id]->turn);
  listeners_[id] = std::move(listener);
  // Those that have said so before it was there.
  workers_.ForEach([&](Worker* worker) {
    if (worker->Serves(id)) listeners_[id]->turn.Join(worker->id());
  });
}

int Dispatch::OpenListener(Listener* listener, UniqueFd fd) {
  Link* const link = &links_[listener->id()];
  *link = {this, listener};
  return listener->Open(loop_, std::move(fd), link, [](void* data) {
    const Link link = *static_cast<Link*>(data);
    link.listener->NoteReadable();
    link.dispatch->Run();
  });
}

void Dispatch::ReplaceListener(uint16_t id, UniqueFd fd) {
  Listener* const listener = listeners_[id].get();
  if (listener == nullptr || !listener->IsOpen()) return;
  now_ns_ = NowNs();
  for (int i = 0; i < kMostAcceptsAtReplacement; i++) {
    ParkedConnection parked;
    parked.connection.listener = id;
    parked.since_ns = now_ns_;
    int error = 0;
    const AcceptOutcome outcome = listener->Accept(&parked.connection.fd, &error);
    if (outcome == AcceptOutcome::kAborted || outcome == AcceptOutcome::kShortage) {
      OnAcceptError(events_, listener, outcome, error, now_ns_);
    }
    if (outcome == AcceptOutcome::kAborted) continue;
    // Without an fd for it, what is left is reset.
    if (outcome != AcceptOutcome::kAccepted) break;
    Count(&shared_->engine.accepted);
    parked_.Push(std::move(parked));
  }
  listener->CloseSocket();
  const int result = OpenListener(listener, std::move(fd));
  if (result < 0) events_->Emit({EventType::kListenerBroken, id, 0, 0, -result, 0});
  Run();
}

void Dispatch::CloseListener(uint16_t id) {
  if (listeners_[id] != nullptr) listeners_[id]->Close();
  events_->Emit({EventType::kListenerClosed, id});
}

void Dispatch::ConfigureSlot(uint16_t id, uint32_t weight, uint32_t max_connections) {
  workers_.ConfigureSlot(id, weight, max_connections);
  Run();
}

void Dispatch::SetState(std::string state) {
  control_.SetState(std::move(state));
  workers_.OweAll(Worker::kOwesState);
  // So that what a full channel had no room for is tried again.
  Run();
}

void Dispatch::Pause() {
  is_paused_ = true;
  Run();
}

void Dispatch::Resume() {
  is_paused_ = false;
  Run();
}

// ---- the loop ----

void Dispatch::Run() {
  now_ns_ = NowNs();
  is_limited_ = false;
  // No frame tells that a connection has ended.
  workers_.sets().full.ForEach([&](uint32_t slot) { workers_.At(slot)->Refresh(now_ns_); });
  bool has_moved = true;
  for (int round = 0; round < kMostRounds && has_moved; round++) {
    has_moved = DealParked();
    if (!is_paused_) has_moved = AcceptFromAll() || has_moved;
    HandOffAll();
    has_moved = workers_.RemoveBroken() || has_moved;
    // Nothing more can be done, as far as is known: the workers are asked, before the last look.
    has_moved = has_moved || AskForRoom();
  }
  // Those that broke, or were closed.
  open_.erase(std::remove_if(open_.begin(), open_.end(),
                             [](Listener* listener) { return !listener->IsOpen(); }),
              open_.end());
  for (Listener* const listener : open_) listener->WatchIfIdle(is_paused_);
  starvation_.Note(IsStarved(), now_ns_);
  ScheduleLook(has_moved);
}

// What is parked, the oldest first.
bool Dispatch::DealParked() {
  if (parked_.IsEmpty()) return false;
  bool has_moved = false;
  std::bitset<kMaxListeners> blocked;
  parked_.RemoveIf([&](ParkedConnection* parked) {
    const bool is_done = DealOne(parked, &blocked);
    has_moved = has_moved || is_done;
    return is_done;
  });
  return has_moved;
}

// One connection of each listener, beginning with another one each time, so that a flood of one
// takes nothing from the others.
bool Dispatch::AcceptFromAll() {
  bool has_moved = false;
  int left = kMostAcceptsPerRound;
  for (bool has_any = true; has_any && left > 0;) {
    has_any = false;
    const size_t first = first_;
    for (size_t i = 0; i < open_.size(); i++) {
      Listener* const listener = open_[(first + i) % open_.size()];
      if (listener->state() != Listener::State::kWaiting || !AcceptFrom(listener)) continue;
      has_any = has_moved = true;
      left--;
      // The next pass begins behind it, also if there is no room for another one in this.
      first_ = first + i + 1;
    }
  }
  return has_moved;
}

// Accept, pick, hand off. Picked first: without room the backlog is the queue, for what is not
// accepted can still go to any worker.
bool Dispatch::AcceptFrom(Listener* listener) {
  if (parked_.IsCrowded(listener->id())) return false;
  if (overload_.IsFull(listener, now_ns_) ||
      (listener->options().resets && overload_.AreWorkersFull(*listener))) {
    is_limited_ = true;
    return listener->options().resets && overload_.TurnAway(listener, now_ns_);
  }
  const Policy& policy = *listener->policy();
  Choice choice = {Choice::kNoRoom, -1};
  const bool picks_later = policy.asks_program || policy.needs_peer;
  if (picks_later) {
    chooser_.RefreshWithoutRoom(*listener, now_ns_);
    if (chooser_.EligibleFor(*listener, nullptr).IsEmpty()) return false;
  } else {
    choice = chooser_.Choose(listener, nullptr, nullptr, now_ns_);
    listener->is_held = choice.kind == Choice::kHeld;
    if (choice.kind != Choice::kSlot) return false;
  }
  Connection connection;
  connection.listener = listener->id();
  int error = 0;
  const AcceptOutcome outcome = listener->Accept(&connection.fd, &error);
  if (outcome == AcceptOutcome::kEmpty) {
    listener->turn.EndBurst();
    return false;
  }
  if (outcome != AcceptOutcome::kAccepted)
    return OnAcceptError(events_, listener, outcome, error, now_ns_);
  Count(&shared_->engine.accepted);
  if (!picks_later) {
    Give(listener, std::move(connection), choice.slot);
  } else if (policy.asks_program) {
    AskProgram(listener, std::move(connection));
  } else {
    GiveOrPark(listener, std::move(connection));
  }
  return true;
}

// With a policy that looks at the client first.
void Dispatch::GiveOrPark(Listener* listener, Connection connection) {
  const Peer peer = PeerOf(connection.fd.get());
  const Choice choice = chooser_.Choose(listener, nullptr, &peer, now_ns_);
  const uint64_t until_ns = now_ns_ + listener->options().policy.wait_ms * kMillisecond;
  if (choice.kind == Choice::kSlot) {
    return Give(listener, std::move(connection), choice.slot, until_ns);
  }
  ParkedConnection parked;
  parked.connection = std::move(connection);
  parked.since_ns = now_ns_;
  if (choice.kind == Choice::kWait) {
    parked.waits_for = WaitsFor::kSlot;
    parked.slot = choice.slot;
    parked.until_ns = until_ns;
  }
  parked_.Push(std::move(parked));
}

void Dispatch::AskProgram(Listener* listener, Connection connection) {
  ParkedConnection parked;
  parked.since_ns = now_ns_;
  parked.waits_for = WaitsFor::kProgram;
  parked.until_ns = now_ns_ + options_.pick_timeout_ms * kMillisecond;
  parked.ticket = next_ticket_++;
  picks_->Put({parked.ticket, listener->id(), PeerOf(connection.fd.get())});
  parked.connection = std::move(connection);
  parked_.Push(std::move(parked));
  events_->Emit({EventType::kPick, listener->id(), 0, 0, 0, 1});
}

void Dispatch::Give(Listener* listener, Connection connection, int slot, uint64_t keep_until_ns) {
  SlotSet others = ServingButRefused(connection);
  others.Remove(static_cast<uint32_t>(slot));
  connection.is_final =
      connection.refused_by.size() >= kMaxRefusals || others.Without(Stuck()).IsEmpty();
  listener->last_picked = slot;
  listener->policy()->NotePick();
  listener->turn.Dealt(static_cast<uint32_t>(slot), !connection.was_refused);
  connection.is_named = keep_until_ns > now_ns_;
  if (connection.was_refused) {
    Returns::Record* const known = returns_.Of(connection.fd.get());
    if (known != nullptr) known->refused_by = connection.refused_by;
  }
  workers_.At(static_cast<uint32_t>(slot))->Add(std::move(connection), now_ns_, keep_until_ns);
  batched_.Add(static_cast<uint32_t>(slot));
}

void Dispatch::HandOffAll() {
  if (batched_.IsEmpty()) return;
  std::vector<Connection> unsent;
  batched_.ForEach([&](uint32_t slot) {
    Worker* const worker = workers_.At(slot);
    // Its frame comes back when it is removed.
    if (worker->IsBroken()) return;
    const int result = worker->HandOff(&unsent);
    if (result == 0) return starvation_.NoteHandOff();
    for (Connection& connection : unsent) {
      OnCameBack(std::move(connection), *worker, CameBack::kUnsent);
    }
    unsent.clear();
    // Full is no error: the worker is asked to say when it has read.
    if (IsWouldBlock(-result)) return worker->AskForCredit();
    if (!IsShortage(-result)) return;
    events_->Emit({EventType::kHandOffError, slot, worker->generation(), 0, -result, 0});
  });
  batched_.Clear();
}

// Whether there is room after all, for something that waits. Each worker without room is asked once
// to say when it receives, and then looked at once more.
bool Dispatch::AskForRoom() {
  bool is_wanted = !parked_.IsEmpty();
  for (const Listener* const listener : open_) {
    is_wanted = is_wanted || (!is_paused_ && listener->state() == Listener::State::kWaiting);
  }
  if (!is_wanted) return false;
  const WorkerSets& sets = workers_.sets();
  const SlotSet asked = sets.asked;
  // Where a limit is reached, the end of any connection makes room.
  const SlotSet silent = sets.ready.Without(is_limited_ ? asked : sets.room).Without(asked);
  bool has_room = false;
  silent.ForEach([&](uint32_t slot) {
    Worker* const worker = workers_.At(slot);
    const uint32_t held = worker->held();
    worker->AskForCredit(is_limited_ || sets.full.Has(slot));
    worker->Refresh(now_ns_);
    has_room = has_room || (is_limited_ ? worker->held() < held : sets.room.Has(slot));
  });
  return has_room;
}

// ---- what is parked ----

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
    Count(&listener->counters()->closed);
    return true;
  }
  if (parked->waits_for == WaitsFor::kProgram) {
    if (now_ns_ < parked->until_ns) return false;
    events_->Emit({EventType::kPickTimedOut, id, 0, 0, 0, 1});
    parked->waits_for = WaitsFor::kAnyone;
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
    const Peer peer = policy.needs_peer ? PeerOf(connection.fd.get()) : Peer();
    const Choice choice =
        chooser_.Choose(listener, &connection, policy.needs_peer ? &peer : nullptr, now_ns_);
    if (choice.kind != Choice::kSlot) {
      if (connection.refused_by.empty()) blocked->set(id);
      return false;
    }
    slot = choice.slot;
  }
  if (parked->was_dealt) Count(&listener->counters()->redealt);
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

// ---- what goes wrong ----

bool Dispatch::IsStarved() const {
  if (!parked_.IsEmpty()) return true;
  if (is_paused_) return false;
  return std::any_of(open_.begin(), open_.end(), [](const Listener* listener) {
    return listener->HasBacklog() && !listener->is_held;
  });
}

void Dispatch::ScheduleLook(bool is_unfinished) {
  bool is_soon = reclaim_.MayTake();
  bool is_late = !parked_.IsEmpty() || workers_.NeedsRetry();
  is_soon = is_soon || (is_late && !parked_.IsEmpty());
  for (const Listener* const listener : open_) {
    const bool waits = listener->state() == Listener::State::kWaiting && !is_paused_;
    is_soon = is_soon || waits;
    is_late = is_late || listener->state() == Listener::State::kBackingOff;
  }
  if (is_unfinished) {
    look_.Start(0, now_ns_);
  } else if (is_soon) {
    look_.Start(kLookNs, now_ns_);
  } else if (is_late) {
    look_.Start(kSlowLookNs, now_ns_);
  }
}

void Dispatch::Look() {
  now_ns_ = NowNs();
  const bool is_slow = now_ns_ >= slow_look_at_ns_;
  if (is_slow) slow_look_at_ns_ = now_ns_ + kSlowLookNs;
  workers_.Retry(is_slow);
  reclaim_.Look(now_ns_);
  for (Listener* const listener : open_) {
    listener->EndBackOffIfDue(now_ns_);
    listener->LookWhetherEmpty();
    overload_.TurnAwayOldParked(listener, now_ns_);
    if (listener->state() != Listener::State::kWaiting || is_paused_) continue;
    const BacklogLength backlog = MeasureBacklog(listener->fd());
    overload_.TurnAwayOld(listener, backlog.length, now_ns_);
    if (listener->state() == Listener::State::kWaiting)
      overload_.ParkOverflow(listener, backlog, now_ns_);
  }
  if (is_slow) parked_.OfferAgain();
  Run();
  if (is_slow) starvation_.Tick(now_ns_);
}

// ---- what the workers' side tells ----

void Dispatch::OnCameBack(Connection connection, const Worker& worker, CameBack how) {
  Listener* const listener = listeners_[connection.listener].get();
  const uint16_t slot = worker.id();
  if (workers_.At(slot) == &worker) {
    if (how == CameBack::kReturned) {
      listener->turn.Returned(slot);
    } else {
      listener->turn.Undealt(slot, !connection.was_refused);
    }
  }
  const bool was_final = std::exchange(connection.is_final, false);
  const bool was_named = std::exchange(connection.is_named, false);
  if (how == CameBack::kReturned) {
    connection.was_refused = true;
    Returns::Record* const known = returns_.Of(connection.fd.get());
    if (known != nullptr) connection.refused_by = known->refused_by;
    // In what a worker returns it says: not my refusal, I may have it again.
    const bool may_return = was_final && (known == nullptr || known->again++ < kMostAgain);
    // One that no longer serves the listener is not asked again anyway; and if it serves it later,
    // it may be asked.
    if (!may_return && worker.Serves(connection.listener)) {
      // Told that it is the last, it has sent it back even so: nobody else is asked.
      if (connection.refused_by.size() >= kMaxRefusals) {
        return Count(&listener->counters()->closed);
      }
      connection.refused_by.push_back(slot);
    }
  }
  ParkedConnection parked;
  parked.connection = std::move(connection);
  parked.since_ns = now_ns_;
  parked.was_dealt = true;
  if (was_named && how != CameBack::kReturned) {
    parked.waits_for = WaitsFor::kSlot;
    parked.slot = slot;
    parked.until_ns = worker.keep_until_ns();
  }
  parked_.Push(std::move(parked));
}

void Dispatch::OnLost(uint16_t listener, const Worker& worker) {
  if (workers_.At(worker.id()) == &worker) listeners_[listener]->turn.Returned(worker.id());
}

void Dispatch::OnServing(const Worker& worker) {
  const uint16_t slot = worker.id();
  for (uint16_t id = 0; id < kMaxListeners; id++) {
    if (listeners_[id] == nullptr) continue;
    Turn& turn = listeners_[id]->turn;
    if (worker.Serves(id)) {
      turn.Join(slot);
    } else {
      turn.Leave(slot);
    }
  }
}

void Dispatch::OnLeave(const Worker& worker) {
  for (const auto& listener : listeners_) {
    if (listener != nullptr) listener->turn.Forget(worker.id());
  }
}

int Dispatch::DomainOfListener(uint16_t listener) {
  return listeners_[listener] == nullptr ? 0 : listeners_[listener]->domain();
}

}  // namespace rondo
