#include "engine/dispatch.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/errors.h"

namespace rondo {

namespace {

// A call of Run() ends after so many rounds, and a round takes so many connections, so that the
// loop gets to hear everybody. It goes on at once with what is left.
constexpr int kMostRounds = 64;
constexpr int kMostAcceptsPerRound = 64;

}  // namespace

void Dispatch::Run() {
  now_ns_ = NowNs();
  is_limited_ = false;
  // No frame tells that a connection has ended.
  workers_.sets().full.ForEach([&](uint32_t slot) { workers_.At(slot)->Refresh(now_ns_); });
  bool has_moved = true;
  for (int round = 0; round < kMostRounds && has_moved; round++) {
    // What came back before anything new; what moves and what is new take precedence in turn, or
    // the one could take all the room for good.
    const bool is_new_first = is_new_first_;
    has_moved = DealParked(!is_new_first);
    has_moved = DealSeen() || has_moved;
    has_moved = AcceptFromAll() || has_moved;
    if (is_new_first) has_moved = DealParked(true) || has_moved;
    HandOffAll();
    has_moved = workers_.RemoveBroken() || has_moved;
    // Nothing more can be done, as far as is known: the workers are asked, before the last look.
    has_moved = has_moved || AskForRoom();
  }
  ForgetClosed();
  for (Listener* const listener : open_) listener->WatchIfIdle(is_paused_);
  starvation_.Note(IsStarved(), now_ns_);
  ScheduleLook(has_moved);
}

// Those that broke, or were closed; but what they have accepted is dealt to whoever serves them.
void Dispatch::ForgetClosed() {
  const auto is_over = [this](Listener* listener) {
    if (listener->IsOpen()) return false;
    Connection connection;
    while (listener->turn.serving().IsEmpty() &&
           parked_.TakeOverflow(listener->id(), &connection)) {
      GiveUp(std::move(connection));
    }
    return parked_.OverflowOf(listener->id()) == 0;
  };
  open_.erase(std::remove_if(open_.begin(), open_.end(), is_over), open_.end());
}

// What is parked, the oldest first; what moves only `with_moved`.
bool Dispatch::DealParked(bool with_moved) {
  if (parked_.IsEmpty()) return false;
  bool has_moved = false;
  Blocked blocked;
  parked_.RemoveIf([&](ParkedConnection* parked) {
    const bool is_moved = parked->connection.is_moved;
    if (is_moved && !with_moved) return false;
    const bool is_done = DealOne(parked, &blocked);
    has_moved = has_moved || is_done;
    if (is_done && is_moved) is_new_first_ = true;
    return is_done;
  });
  return has_moved;
}

// What was looked at, or asked about, and had to be waited for.
bool Dispatch::DealSeen() {
  std::vector<Connection> seen = std::exchange(seen_, {});
  for (Connection& connection : looking_.TakeSeen()) seen.push_back(std::move(connection));
  std::vector<Connection> routed = std::exchange(routed_, {});
  for (Connection& connection : seen) {
    Listener* const listener = listeners_[connection.listener].get();
    // The time until then was the client's.
    connection.accepted_ns = now_ns_;
    DealLater(listener, std::move(connection));
  }
  for (Connection& connection : routed) {
    Listener* const listener = listeners_[connection.listener].get();
    DealRouted(listener, std::move(connection));
  }
  return !seen.empty() || !routed.empty();
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
      if (!MayAcceptFrom(*listener) || !AcceptFrom(listener)) continue;
      has_any = has_moved = true;
      left--;
      // The next pass begins behind it, also if there is no room for another one in this.
      first_ = first + i + 1;
    }
  }
  return has_moved;
}

// What has come in is dealt also while nothing is accepted.
bool Dispatch::MayAcceptFrom(const Listener& listener) const {
  if (parked_.OverflowOf(listener.id()) > 0) return true;
  return !is_paused_ && listener.state() == Listener::State::kWaiting;
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
  Choice choice = {Choice::kNoRoom, -1};
  const bool picks_later = listener->PicksLater();
  if (picks_later) {
    if (!CanAnyTake(*listener)) return false;
  } else {
    choice = chooser_.Choose(listener, nullptr, nullptr, now_ns_);
    listener->is_held = choice.kind == Choice::kHeld;
    if (choice.kind != Choice::kSlot) return false;
  }
  Connection connection;
  // What was before the rest in the backlog.
  if (parked_.TakeOverflow(listener->id(), &connection)) {
    connection.waited_ns = now_ns_ - std::min(now_ns_, connection.accepted_ns);
  } else {
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
    // Not the run's, which may have begun long before.
    connection.accepted_ns = NowNs();
  }
  is_new_first_ = false;
  if (listener->options().look != nullptr) {
    const Looking::Outcome outcome =
        looking_.Begin(&connection, listener->options().look, listener->silent_ns(), now_ns_);
    if (outcome != Looking::Outcome::kSeen) return true;
  }
  if (picks_later) {
    DealLater(listener, std::move(connection));
  } else {
    Give(listener, std::move(connection), choice.slot);
  }
  return true;
}

// Where nobody was picked before it was accepted.
void Dispatch::DealLater(Listener* listener, Connection connection) {
  if (listener->options().asks_route) {
    AskProgram(listener, std::move(connection), WaitsFor::kRoute);
  } else {
    DealRouted(listener, std::move(connection));
  }
}

// The same, with its listener known: it is what was seen that names it, or the program.
void Dispatch::DealRouted(Listener* listener, Connection connection) {
  listener = Route(listener, &connection);
  if (listener == nullptr) return;
  if (listener->sessions() != nullptr && PlaceSession(listener, &connection)) return;
  if (listener->policy()->asks_program) {
    AskProgram(listener, std::move(connection), WaitsFor::kPick);
  } else {
    GiveOrPark(listener, std::move(connection));
  }
}

// With a policy that looks at the client first, and for what was waited for.
void Dispatch::GiveOrPark(Listener* listener, Connection connection) {
  const bool needs_peer = listener->policy()->needs_peer;
  const Peer peer = needs_peer ? PeerOf(connection) : Peer();
  const Choice choice = chooser_.Choose(listener, nullptr, needs_peer ? &peer : nullptr, now_ns_);
  const uint64_t until_ns = now_ns_ + listener->options().policy.wait_ms * kMillisecond;
  if (choice.kind == Choice::kSlot) {
    return Give(listener, std::move(connection), choice.slot, until_ns);
  }
  ParkedConnection parked;
  parked.connection = std::move(connection);
  parked.since_ns = now_ns_;
  if (choice.kind == Choice::kWait) WaitForSlot(&parked, choice.slot, until_ns);
  parked_.Push(std::move(parked));
}

// `answer`: what it waits for then, kPick or kRoute.
void Dispatch::AskProgram(Listener* listener, Connection connection, WaitsFor answer) {
  ParkedConnection parked;
  parked.since_ns = now_ns_;
  parked.waits_for = answer;
  parked.until_ns = now_ns_ + options_.pick_timeout_ms * kMillisecond;
  parked.ticket = next_ticket_++;
  const Question question = answer == WaitsFor::kRoute ? Question::kListener : Question::kSlot;
  Glimpse* const glimpse = &connection.glimpse;
  picks_->Put({parked.ticket, question, listener->id(), PeerOf(connection),
               std::exchange(glimpse->host, {}), glimpse->is_tls});
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
  listener->turn.Dealt(static_cast<uint32_t>(slot), connection.TakesTurn());
  connection.is_named = keep_until_ns > now_ns_;
  NoteSession(listener, connection, static_cast<uint32_t>(slot));
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
    is_wanted = is_wanted || MayAcceptFrom(*listener);
  }
  if (!is_wanted) return false;
  const WorkerSets& sets = workers_.sets();
  const SlotSet asked = sets.asked;
  // Where a limit is reached, the end of any connection makes room.
  const SlotSet silent = sets.ready.Without(is_limited_ ? asked : sets.room).Without(asked);
  bool has_room = false;
  silent.ForEach([&](uint32_t slot) {
    Worker* const worker = workers_.At(slot);
    const uint64_t held = worker->held();
    worker->AskForCredit(is_limited_ || sets.full.Has(slot));
    worker->Refresh(now_ns_);
    has_room = has_room || (is_limited_ ? worker->held() < held : sets.room.Has(slot));
  });
  return has_room;
}

}  // namespace rondo
