#include "engine/workers.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/errors.h"

namespace rondo {

namespace {

// Per turn of the loop and worker, so that one worker's chatter cannot hold up the others.
constexpr int kMostFramesPerTurn = 32;
constexpr int kMostLastFrames = 4096;

int SocketOption(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof(value);
  return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -errno;
}

// A stream socket that does not listen.
bool IsConnection(int fd) {
  if (SocketOption(fd, SO_TYPE) != SOCK_STREAM) return false;
#ifdef SO_ACCEPTCONN
  return SocketOption(fd, SO_ACCEPTCONN) == 0;
#else
  return true;
#endif
}

}  // namespace

Roster::Roster(uv_loop_t* loop, UniqueFd board_fd, uint32_t largest_window, Shared* shared,
               EventSink* events, std::deque<Connection>* waiting, Listener listener)
    : loop_(loop),
      board_fd_(std::move(board_fd)),
      largest_window_(largest_window),
      shared_(shared),
      events_(events),
      waiting_(waiting),
      listener_(listener),
      buffer_(new char[kMaxFrame]) {}

void Roster::Clear() {
  slots_.clear();
  leaving_.clear();
}

void Roster::Add(uint16_t id, uint32_t generation, FdPair channel) {
  auto slot = std::make_unique<Slot>(id, generation, std::move(channel), shared_->board.row(id),
                                     &shared_->slots[id]);
  slot->roster = this;
  const int fd = slot->primary_end();
  const int result = slot->channel_poll.Open(
      slot.get(), [this, fd](uv_poll_t* poll) { return uv_poll_init(loop_, poll, fd); });
  if (result < 0) {
    events_->Emit(
        {EventType::kGone, id, generation, static_cast<int>(GoneReason::kChannel), -result, 0});
    return;
  }
  StartReading(slot.get());
  const auto after = std::find_if(slots_.begin(), slots_.end(),
                                  [id](const auto& other) { return other->id() > id; });
  slots_.insert(after, std::move(slot));
}

void Roster::WatchProcess(uint16_t id, uint32_t generation, UniqueFd pidfd) {
  Slot* const slot = Find(id, generation);
  if (slot == nullptr) return;
  const int fd = pidfd.get();
  const int result = slot->process_poll.Open(
      slot, [this, fd](uv_poll_t* poll) { return uv_poll_init(loop_, poll, fd); });
  // Without it the JS thread's 'exit' event still removes the slot.
  if (result < 0) return;
  slot->pidfd = std::move(pidfd);
  uv_poll_start(slot->process_poll.get(), UV_READABLE, OnProcess);
}

void Roster::Remove(uint16_t id, uint32_t generation, GoneReason reason) {
  Slot* const slot = Find(id, generation);
  if (slot == nullptr) return;
  Retire(slot, reason, 0);
  Changed();
}

void Roster::SetState(std::string state) {
  state_ = std::move(state);
  SendControlToAll(&Slot::needs_state);
}

void Roster::SetLargestWindow(uint32_t largest_window) {
  if (largest_window == largest_window_) return;
  largest_window_ = largest_window;
  SendControlToAll(&Slot::needs_welcome);
}

bool Roster::RemoveBroken() {
  bool has_removed = false;
  for (;;) {
    const auto broken = std::find_if(slots_.begin(), slots_.end(),
                                     [](const auto& slot) { return slot->is_broken(); });
    if (broken == slots_.end()) return has_removed;
    has_removed = true;
    Retire(broken->get(), (*broken)->broken_reason(), (*broken)->broken_error());
  }
}

// Ends the slot's generation: nothing more is handed to it, and what its worker has not received
// is dealt to others.
void Roster::Retire(Slot* slot, GoneReason reason, int error) {
  const auto at = std::find_if(slots_.begin(), slots_.end(),
                               [slot](const auto& other) { return other.get() == slot; });
  Leaving leaving = {
      std::move(*at),
      {EventType::kGone, slot->id(), slot->generation(), static_cast<int>(reason), error, 0},
      true,
      0};
  slots_.erase(at);
  slot->channel_poll.Close();
  slot->process_poll.Close();
  if (reason == GoneReason::kExited || reason == GoneReason::kClosed) {
    // It can send nothing back from here on, so what it has sent can be read to its end.
    shutdown(slot->primary_end(), SHUT_RD);
    slot->Refresh();
    leaving.is_heard = slot->is_broken();
    leaving.pending = slot->pending();
  }
  slot->LeaveRow(reason == GoneReason::kExited);
  leaving_.push_back(std::move(leaving));
  FinishLeaving();
}

void Roster::FinishLeaving() {
  for (size_t i = 0; i < leaving_.size();) {
    Leaving& leaving = leaving_[i];
    uint64_t count = 0;
    leaving.is_heard = leaving.is_heard || HearOut(leaving.slot.get());
    const bool is_empty = TakeBack(leaving.slot.get(), &count);
    leaving.event.count += count;
    if (is_empty && leaving.is_heard) {
      // What is neither here nor counted by the worker died with it, between its read and its
      // count.
      const uint64_t reclaimed = std::min(leaving.pending, leaving.event.count);
      if (leaving.event.code == static_cast<int>(GoneReason::kExited)) {
        Count(&leaving.slot->counters()->unfinished, leaving.pending - reclaimed);
      }
      events_->Emit(leaving.event);
      leaving_.erase(leaving_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      i++;
    }
  }
}

// Reads what a worker that is leaving has sent back. False: an fd is lacking, and there may be
// more.
bool Roster::HearOut(Slot* slot) {
  // More than fit into a channel.
  for (int i = 0; i < kMostLastFrames && !slot->is_broken(); i++) {
    if (slot->expects_returned) {
      if (!ReadReturned(slot)) return false;
      // The worker died between the two frames.
      if (slot->expects_returned) return true;
      continue;
    }
    Frame frame;
    int error = 0;
    const ReadResult result =
        ReadFrameWithoutFds(slot->primary_end(), buffer_.get(), &frame, &error);
    if (result != ReadResult::kFrame) return true;
    slot->expects_returned = frame.type == FrameType::kRefused;
  }
  return true;
}

bool Roster::TakeBack(Slot* slot, uint64_t* count) {
  // Nothing was handed to it; what it may still read is the version of this side.
  if (!slot->is_welcome) return true;
  const size_t before = waiting_->size();
  const bool is_empty = slot->TakeBack(waiting_, buffer_.get());
  *count = waiting_->size() - before;
  // Told before the dealer's next turn, and so counted before it.
  shared_->engine.waiting.store(waiting_->size(), std::memory_order_relaxed);
  return is_empty;
}

void Roster::StartReading(Slot* slot) {
  slot->is_reading_paused = false;
  uv_poll_start(slot->channel_poll.get(), UV_READABLE, OnChannel);
}

void Roster::OnProcess(uv_poll_t* poll, int, int) {
  Slot* const slot = static_cast<Slot*>(poll->data);
  slot->roster->Remove(slot->id(), slot->generation(), GoneReason::kExited);
}

void Roster::OnChannel(uv_poll_t* poll, int status, int) {
  Slot* const slot = static_cast<Slot*>(poll->data);
  Roster* const roster = slot->roster;
  if (status < 0) {
    slot->Break(GoneReason::kChannel, -status);
  } else {
    roster->ReadChannel(slot);
  }
  roster->Changed();
}

void Roster::ReadChannel(Slot* slot) {
  slot->is_behind = false;
  for (int i = 0; i < kMostFramesPerTurn && !slot->is_broken(); i++) {
    if (slot->expects_returned) {
      if (!ReadReturned(slot)) {
        // Left where it is until there is an fd for it.
        uv_poll_stop(slot->channel_poll.get());
        slot->is_reading_paused = true;
        return;
      }
      if (slot->expects_returned) return;
      continue;
    }
    Frame frame;
    int error = 0;
    switch (ReadFrameWithoutFds(slot->primary_end(), buffer_.get(), &frame, &error)) {
      case ReadResult::kFrame:
        HandleFrame(slot, frame);
        // The frame of the hot path comes alone, and the poll is level-triggered. Not so from a
        // worker that sends connections back.
        if (frame.type == FrameType::kCredit && slot->returned_total == 0) return;
        break;
      case ReadResult::kEmpty:
        return;
      case ReadResult::kError:
        slot->Break(GoneReason::kChannel, -error);
        return;
      case ReadResult::kEnd:  // this process holds the worker's end too: it was shut down
      case ReadResult::kBroken:
      case ReadResult::kFdsLost:
        slot->Break(GoneReason::kBadFrame);
        return;
    }
  }
  // Handed no more until it is heard: what it sends back would pile up unseen. If that was all
  // there was, until the next tick.
  slot->is_behind = true;
}

void Roster::HandleFrame(Slot* slot, const Frame& frame) {
  uint32_t version = 0;
  std::vector<uint16_t> listeners;
  switch (frame.type) {
    case FrameType::kCredit:
      slot->is_blocked = false;
      slot->is_busy = slot->is_stuck = false;
      slot->relieved = 0;
      return;
    case FrameType::kHello:
      // Once only: what was handed to a welcome worker could not be taken back from another.
      if (slot->is_welcome || !ParseHello(frame, &version)) break;
      // Answered even so: the worker shall know why it gets nothing.
      slot->needs_welcome = slot->needs_state = true;
      SendControl(slot);
      slot->is_welcome = version == kProtocolVersion;
      if (!slot->is_welcome) slot->Break(GoneReason::kBadVersion);
      return;
    case FrameType::kServing:
      if (!slot->is_welcome || !ParseServing(frame, &listeners)) break;
      slot->serving.reset();
      for (const uint16_t listener : listeners) slot->serving.set(listener);
      events_->Emit(
          {EventType::kServing, slot->id(), slot->generation(), 0, 0, slot->serving.count()});
      return;
    case FrameType::kRefused:
      slot->expects_returned = true;
      return;
    default:
      break;
  }
  slot->Break(GoneReason::kBadFrame);
}

// False: an fd is lacking for it.
bool Roster::ReadReturned(Slot* slot) {
  if (!HasFdHeadroom(slot->primary_end(), 1)) return false;
  Frame frame;
  int error = 0;
  std::vector<Connection> returned;
  switch (ReadFrame(slot->primary_end(), buffer_.get(), &frame, &error)) {
    case ReadResult::kEmpty:  // announced, still on its way
      return true;
    case ReadResult::kFdsLost:  // another thread took the fd between the look and the read
      slot->expects_returned = false;
      Count(&slot->counters()->lost);
      return true;
    case ReadResult::kFrame:
      if (frame.type == FrameType::kReturned && ParseConnections(&frame, &returned)) break;
      [[fallthrough]];
    default:
      slot->Break(GoneReason::kBadFrame);
      return true;
  }
  slot->expects_returned = false;
  for (Connection& connection : returned) TakeReturned(slot, std::move(connection));
  return true;
}

void Roster::TakeReturned(Slot* slot, Connection connection) {
  slot->Refresh();
  // It cannot send back more than it got, nor what is no connection.
  if (slot->returned_total >= slot->received_total() || !IsConnection(connection.fd.get())) {
    slot->Break(GoneReason::kBadFrame);
    return;
  }
  slot->returned_total++;
  Count(&slot->counters()->refused);
  const bool may_return = std::exchange(connection.is_final, false);
  // A worker that no longer serves the listener is not asked again anyway; and if it serves it
  // again later, it may be asked.
  if (!may_return && slot->Serves(connection.listener) &&
      connection.refused_by.size() < kMaxRefusals) {
    connection.refused_by.push_back(slot->id());
  }
  waiting_->push_back(std::move(connection));
}

void Roster::SendControl(Slot* slot) {
  const int channel = slot->primary_end();
  int result = 0;
  if (slot->needs_welcome) {
    result = SendWelcome(channel, {kProtocolVersion, slot->id(), largest_window_}, board_fd_.get());
    slot->needs_welcome = result < 0;
  }
  if (result == 0 && slot->needs_state) {
    result = SendState(channel, state_.data(), state_.size());
    slot->needs_state = result < 0;
  }
  if (result == 0 && slot->needs_ping) {
    result = SendSignal(channel, FrameType::kPing);
    slot->needs_ping = result < 0;
  }
  // The next tick tries again what there was no room for.
  if (result < 0 && !IsWouldBlock(-result) && !IsShortage(-result)) {
    slot->Break(GoneReason::kChannel, -result);
  }
}

void Roster::SendControlToAll(bool Slot::*needed) {
  for (const auto& slot : slots_) {
    if (!slot->is_welcome) continue;
    slot.get()->*needed = true;
    SendControl(slot.get());
  }
  // So that the tick goes on with what a full channel had no room for.
  Changed();
}

bool Roster::NeedsTick() const {
  if (!leaving_.empty()) return true;
  return std::any_of(slots_.begin(), slots_.end(), [](const auto& slot) {
    return slot->pending() > 0 || slot->is_busy != slot->is_stuck || slot->is_blocked ||
           slot->is_behind || slot->is_reading_paused || slot->needs_welcome || slot->needs_state ||
           slot->needs_ping;
  });
}

void Roster::Tick(uint64_t now_ms, uint64_t take_back_ms) {
  FinishLeaving();
  for (const auto& slot : slots_) {
    slot->is_blocked = slot->is_behind = false;
    if (slot->needs_welcome || slot->needs_state || slot->needs_ping) SendControl(slot.get());
    if (slot->is_reading_paused) StartReading(slot.get());
    if (take_back_ms > 0) TakeBackIfStuck(slot.get(), now_ms, take_back_ms);
  }
}

void Roster::TakeBackIfStuck(Slot* slot, uint64_t now_ms, uint64_t take_back_ms) {
  slot->Refresh();
  if (slot->is_busy && !slot->is_stuck && now_ms - slot->busy_since_ms >= take_back_ms) {
    ReportStuck(slot);
  }
  if (slot->pending() == 0 || slot->received() != slot->seen_received || slot->seen_at_ms == 0) {
    slot->seen_received = slot->received();
    slot->seen_at_ms = slot->pending() == 0 ? 0 : now_ms;
    return;
  }
  if (now_ms - slot->seen_at_ms < take_back_ms) return;
  const bool has_others = std::any_of(slots_.begin(), slots_.end(), [slot](const auto& other) {
    return other.get() != slot && !other->is_stuck && other->serving.any();
  });
  if (!has_others) return;
  slot->seen_at_ms = 0;
  if (TakeFrom(slot, now_ms) > 0) ReportStuck(slot);
}

void Roster::ReportStuck(Slot* slot) {
  slot->is_stuck = true;
  events_->Emit({EventType::kTakenBack, slot->id(), slot->generation(), 0, 0,
                 std::exchange(slot->relieved, 0)});
}

// How many there were. If any, its window is empty now, but it gets nothing until it shows that it
// reads again.
uint64_t Roster::TakeFrom(Slot* slot, uint64_t now_ms) {
  uint64_t count = 0;
  TakeBack(slot, &count);
  if (count == 0) return 0;
  slot->relieved += count;
  if (!slot->is_busy) slot->busy_since_ms = now_ms;
  slot->is_busy = true;
  slot->needs_ping = true;
  SendControl(slot);
  return count;
}

bool Roster::MayRelieve() const {
  return slots_.size() > 1 && std::any_of(slots_.begin(), slots_.end(),
                                          [](const auto& slot) { return slot->pending() > 0; });
}

bool Roster::Relieve(uint64_t now_ms) {
  const uint64_t now_ns = uv_hrtime();
  bool has_taken = false;
  for (const auto& slot : slots_) {
    if (!slot->IsStill(now_ns) || !IsAnotherFree(slot.get(), now_ns)) continue;
    slot->Refresh();
    if (TakeFrom(slot.get(), now_ms) > 0) has_taken = true;
  }
  return has_taken;
}

bool Roster::IsAnotherFree(const Slot* slot, uint64_t now_ns) const {
  return std::any_of(slots_.begin(), slots_.end(), [slot, now_ns](const auto& other) {
    return other.get() != slot && (other->serving & slot->serving).any() && other->IsFree(now_ns);
  });
}

Slot* Roster::Find(uint16_t id, uint32_t generation) {
  for (const auto& slot : slots_) {
    if (slot->id() == id && slot->generation() == generation) return slot.get();
  }
  return nullptr;
}

}  // namespace rondo
