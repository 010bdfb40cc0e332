#include "engine/dispatch.h"

#include <algorithm>

#include "base/errors.h"

namespace rondo {

namespace {

constexpr uint64_t kTickMs = 50;
// Connections that wait for a busy worker are found so soon.
constexpr uint64_t kReliefMs = 2;
constexpr uint64_t kErrorReportMs = 1000;

// A call of Deal() ends after so many rounds, and a round takes so many from one listener, so
// that the loop gets to hear everybody. The tick goes on with what is left.
constexpr int kMostRounds = 64;
constexpr int kMostAcceptsPerRound = 64;
constexpr size_t kMostWaitingPerRound = 256;

// When so many connections of one listener wait in this process, for a worker that has not sent
// them back, no more are accepted until half of them are gone.
constexpr size_t kCrowd = 256;
// So many of them are offered to all workers again with each tick.
constexpr int kOffersPerTick = 32;

uint32_t LargestWindow(const DealerOptions& options) {
  return std::max(options.window, options.quick_window);
}

bool Contains(const std::vector<uint16_t>& list, uint16_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

Dealer::Dealer(uv_loop_t* loop, const DealerOptions& options, UniqueFd board_fd, Shared* shared,
               EventSink* events)
    : loop_(loop),
      options_(options),
      shared_(shared),
      events_(events),
      starvation_(&shared->engine, events),
      roster_(loop, std::move(board_fd), LargestWindow(options), shared, events, &waiting_,
              {this, [](void* data) { static_cast<Dealer*>(data)->Deal(); }}) {}

int Dealer::Open() {
  const int result =
      relief_.Open(loop_, this, [](void* dealer) { static_cast<Dealer*>(dealer)->OnReliefTurn(); });
  if (result < 0) return result;
  return tick_.Open(this, [this](uv_timer_t* timer) { return uv_timer_init(loop_, timer); });
}

void Dealer::Close() {
  for (auto& door : doors_) door.reset();
  for (const Connection& connection : waiting_) {
    Count(&shared_->listeners[connection.listener].closed);
  }
  waiting_.clear();
  shared_->engine.waiting.store(0, std::memory_order_relaxed);
  starvation_.Note(false, uv_now(loop_));
  roster_.Clear();
  tick_.Close();
  relief_.Close();
}

void Dealer::Configure(const DealerOptions& options) {
  options_ = options;
  roster_.SetLargestWindow(LargestWindow(options));
  Deal();
}

void Dealer::AddListener(uint16_t id, UniqueFd fd) {
  auto door =
      std::make_unique<Door>(Door{this, Acceptor(id, std::move(fd), &shared_->listeners[id])});
  const int result = door->acceptor.Open(loop_, door.get(), OnBacklog);
  if (result < 0) {
    events_->Emit({EventType::kListenerBroken, id, 0, 0, -result, 0});
    return;
  }
  if (is_paused_) {
    door->acceptor.is_waiting = true;
  } else {
    door->acceptor.Arm();
  }
  doors_[id] = std::move(door);
}

void Dealer::RemoveListener(uint16_t id) {
  doors_[id].reset();
  events_->Emit({EventType::kListenerClosed, id});
  Deal();
}

void Dealer::Pause() {
  is_paused_ = true;
  for (const auto& door : doors_) {
    if (door == nullptr || door->acceptor.IsBackingOff()) continue;
    door->acceptor.Disarm();
    door->acceptor.is_waiting = true;
  }
}

void Dealer::Resume() {
  is_paused_ = false;
  Deal();
}

void Dealer::OnBacklog(uv_poll_t* poll, int, int) {
  Door* const door = static_cast<Door*>(poll->data);
  door->acceptor.Disarm();
  door->acceptor.is_waiting = true;
  door->dealer->Deal();
}

// ---- the loop ----

void Dealer::Deal() {
  bool is_unfinished = true;
  for (int round = 0; round < kMostRounds && is_unfinished; round++) {
    DealWaiting();
    if (!is_paused_) {
      for (const auto& door : doors_) {
        if (door != nullptr && door->acceptor.is_waiting) AcceptFrom(door.get());
      }
    }
    HandOffAll();
    is_unfinished = WantsAnotherRound();
  }
  starvation_.Note(IsStarved(), uv_now(loop_));
  shared_->engine.waiting.store(waiting_.size(), std::memory_order_relaxed);
  KeepTicking(is_unfinished);
  if (options_.take_back_ms > 0 && roster_.MayRelieve()) relief_.Start(kReliefMs);
}

void Dealer::DealWaiting() {
  const size_t count = std::min(waiting_.size(), kMostWaitingPerRound);
  for (size_t i = 0; i < count; i++) {
    Connection connection = std::move(waiting_.front());
    waiting_.pop_front();
    ListenerCounters& counters = shared_->listeners[connection.listener];
    // Those that refused it may have room again; the one that is left may never.
    if (HasOnlyStuckLeft(connection)) connection.refused_by.clear();
    if (IsHopeless(connection)) {
      Count(&counters.closed);
    } else if (Place(&connection)) {
      Count(&counters.redealt);
    } else {
      waiting_.push_back(std::move(connection));
    }
  }
}

void Dealer::AcceptFrom(Door* door) {
  Acceptor& acceptor = door->acceptor;
  door->is_crowded = IsCrowded(*door);
  if (door->is_crowded) return;
  for (int i = 0; i < kMostAcceptsPerRound; i++) {
    Connection connection;
    connection.listener = acceptor.id();
    // Without room the backlog is the queue: what is not accepted can still go to any worker.
    if (!HasRoomFor(connection)) return;
    int error = 0;
    const AcceptOutcome outcome = acceptor.Accept(&connection.fd, &error);
    if (outcome == AcceptOutcome::kAccepted) {
      Count(&shared_->engine.accepted);
      // Since it was looked for, the room may have gone: the slot has turned out broken, or slow.
      if (!Place(&connection)) waiting_.push_back(std::move(connection));
    } else if (outcome == AcceptOutcome::kEmpty) {
      acceptor.is_waiting = false;
      acceptor.Arm();
      return;
    } else {
      OnAcceptError(door, outcome, error);
      if (outcome != AcceptOutcome::kAborted) return;
    }
  }
}

bool Dealer::Place(Connection* connection) {
  candidates_.clear();
  for (const auto& slot : roster_.slots()) {
    if (!CanTake(slot.get(), *connection)) continue;
    // Else what was received since would count twice, as pending and as active.
    if (options_.policy->reads_load) slot->Refresh();
    candidates_.push_back({slot->id(), slot->pending(), slot->active()});
  }
  if (candidates_.empty()) return false;
  const size_t index = options_.policy->pick(candidates_.data(), candidates_.size(), last_picked_);
  last_picked_ = candidates_[index].slot;
  for (const auto& slot : roster_.slots()) {
    if (slot->id() != last_picked_) continue;
    connection->is_final = IsLastChoice(*connection, slot.get());
    slot->Add(std::move(*connection));
    break;
  }
  return true;
}

void Dealer::HandOffAll() {
  for (const auto& slot : roster_.slots()) {
    if (slot->IsBatchEmpty()) continue;
    if (slot->HandOff(&waiting_)) {
      starvation_.NoteHandOff();
    } else if (IsShortage(slot->handoff_error())) {
      events_->Emit(
          {EventType::kHandOffError, slot->id(), slot->generation(), 0, slot->handoff_error(), 0});
    }
  }
}

// Whether there is something to do and room to do it, as far as can be seen now. If only room is
// lacking, the workers are asked to say when they receive, before the last look.
bool Dealer::WantsAnotherRound() {
  if (roster_.RemoveBroken()) return true;
  for (const bool has_asked : {false, true}) {
    bool lacks_room = false;
    for (const auto& door : doors_) {
      if (door == nullptr || !door->acceptor.is_waiting || is_paused_) continue;
      Connection next;
      next.listener = door->acceptor.id();
      if (!door->is_crowded && HasRoomFor(next)) return true;
      lacks_room = true;
    }
    for (const Connection& connection : waiting_) {
      if (HasRoomFor(connection) || IsHopeless(connection)) return true;
      lacks_room = true;
    }
    if (!lacks_room || has_asked) return false;
    for (const auto& slot : roster_.slots()) slot->AskForCredit();
  }
  return false;
}

// ---- what can be seen ----

bool Dealer::CanTake(Slot* slot, const Connection& connection) {
  return slot->Serves(connection.listener) && !Contains(connection.refused_by, slot->id()) &&
         slot->HasRoom(options_.window, options_.quick_window);
}

bool Dealer::HasRoomFor(const Connection& connection) {
  return std::any_of(roster_.slots().begin(), roster_.slots().end(),
                     [&](const auto& slot) { return CanTake(slot.get(), connection); });
}

bool Dealer::IsCrowded(const Door& door) const {
  const size_t most = door.is_crowded ? kCrowd / 2 : kCrowd;
  if (waiting_.size() < most) return false;
  const auto count = std::count_if(waiting_.begin(), waiting_.end(), [&door](const auto& waiting) {
    return waiting.listener == door.acceptor.id();
  });
  return static_cast<size_t>(count) >= most;
}

// Nobody will ever take it: each worker that serves its listener has sent it back, or none serves
// it and none will, for the listener is closed.
bool Dealer::IsHopeless(const Connection& connection) const {
  bool is_served = false;
  for (const auto& slot : roster_.slots()) {
    if (!slot->Serves(connection.listener)) continue;
    if (!Contains(connection.refused_by, slot->id())) return false;
    is_served = true;
  }
  return is_served || doors_[connection.listener] == nullptr;
}

// Some workers have sent it back, and those that have not do not receive at all.
bool Dealer::HasOnlyStuckLeft(const Connection& connection) const {
  bool is_stuck_left = false;
  for (const auto& slot : roster_.slots()) {
    if (!slot->Serves(connection.listener)) continue;
    if (Contains(connection.refused_by, slot->id())) continue;
    if (!slot->is_stuck) return false;
    is_stuck_left = true;
  }
  return is_stuck_left;
}

bool Dealer::IsLastChoice(const Connection& connection, const Slot* chosen) const {
  return std::none_of(roster_.slots().begin(), roster_.slots().end(), [&](const auto& slot) {
    return slot.get() != chosen && slot->Serves(connection.listener) && !slot->is_stuck &&
           !Contains(connection.refused_by, slot->id());
  });
}

bool Dealer::IsStarved() const {
  if (!waiting_.empty()) return true;
  if (is_paused_) return false;
  return std::any_of(doors_.begin(), doors_.end(),
                     [](const auto& door) { return door != nullptr && door->acceptor.is_waiting; });
}

// ---- what goes wrong ----

void Dealer::OnAcceptError(Door* door, AcceptOutcome outcome, int error) {
  const uint16_t id = door->acceptor.id();
  const uint64_t now_ms = uv_now(loop_);
  if (outcome == AcceptOutcome::kBroken) {
    events_->Emit({EventType::kListenerBroken, id, 0, 0, error, 0});
    doors_[id].reset();
    return;
  }
  if (now_ms >= door->report_at_ms) {
    door->report_at_ms = now_ms + kErrorReportMs;
    events_->Emit({EventType::kAcceptError, id, 0, 0, error, 0});
  }
  if (outcome == AcceptOutcome::kShortage) door->acceptor.BackOff(now_ms);
}

void Dealer::OnTick(uv_timer_t* timer) { static_cast<Dealer*>(timer->data)->Tick(); }

void Dealer::Tick() {
  const uint64_t now_ms = uv_now(loop_);
  roster_.Tick(now_ms, options_.take_back_ms);
  for (const auto& door : doors_) {
    if (door == nullptr) continue;
    Acceptor& acceptor = door->acceptor;
    acceptor.EndBackOffIfDue(now_ms);
    if (door->is_crowded) OfferAgain(acceptor.id());
    // Room ran out with the last connection there was: nothing waits after all.
    if (acceptor.is_waiting && !is_paused_ && acceptor.IsBacklogEmpty()) {
      acceptor.is_waiting = false;
      acceptor.Arm();
    }
  }
  Deal();
  starvation_.Tick(now_ms);
}

void Dealer::OnReliefTurn() {
  if (options_.take_back_ms == 0 || !roster_.MayRelieve()) {
    relief_.Stop();
  } else if (roster_.Relieve(uv_now(loop_))) {
    Deal();
  }
}

// A worker that had no place for them may have one by now, and is not asked by what is accepted.
// A few at a time, for while they are on their way they are not seen to wait.
void Dealer::OfferAgain(uint16_t listener) {
  int left = kOffersPerTick;
  for (Connection& connection : waiting_) {
    if (connection.listener != listener || connection.refused_by.empty()) continue;
    connection.refused_by.clear();
    if (--left == 0) return;
  }
}

void Dealer::KeepTicking(bool is_unfinished) {
  if (is_unfinished) {
    uv_timer_start(tick_.get(), OnTick, 0, kTickMs);
    is_ticking_ = true;
    return;
  }
  const bool is_needed = IsStarved() || roster_.NeedsTick() ||
                         std::any_of(doors_.begin(), doors_.end(), [](const auto& door) {
                           return door != nullptr && door->acceptor.IsBackingOff();
                         });
  if (is_needed == is_ticking_) return;
  is_ticking_ = is_needed;
  if (is_needed) {
    uv_timer_start(tick_.get(), OnTick, kTickMs, kTickMs);
  } else {
    uv_timer_stop(tick_.get());
  }
}

}  // namespace rondo
