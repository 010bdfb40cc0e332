#include "engine/control.h"

#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/errors.h"
#include "base/socket.h"

namespace rondo {

namespace {

// Per turn of the loop and worker, so that one worker's chatter cannot hold up the others.
constexpr int kMostFramesPerTurn = 32;
// More than fit into a channel.
constexpr int kMostLastFrames = 4096;

bool IsDomain(int domain, int fd) { return domain < 0 || DomainOf(fd) == domain; }

}  // namespace

void Control::Read(Worker* worker) {
  for (int i = 0; i < kMostFramesPerTurn && !worker->IsBroken(); i++) {
    if (worker->expects_returned) {
      if (!ReadReturned(worker)) {
        // Left where it is until there is an fd for it.
        worker->PauseReading();
        return;
      }
      if (!worker->expects_returned) continue;
      // Announced, still on its way.
      break;
    }
    Frame frame;
    int error = 0;
    switch (ReadFrameWithoutFds(worker->primary_end(), buffer_.get(), &frame, &error)) {
      case ReadResult::kFrame:
        Handle(worker, frame);
        // The frame of the hot path comes alone, and the watch is level-triggered. Not so from a
        // worker that sends connections back.
        if (frame.type == FrameType::kCredit && worker->returned_total == 0) return;
        continue;
      case ReadResult::kEmpty:
        break;
      case ReadResult::kError:
        return worker->Break(GoneReason::kChannel, -error);
      case ReadResult::kEnd:  // this process holds the worker's end too: it was shut down
      case ReadResult::kBroken:
      case ReadResult::kFdsLost:
        return worker->Break(GoneReason::kBadFrame);
    }
    if (worker->flow() == Worker::Flow::kBehind) worker->SetFlow(Worker::Flow::kOpen);
    return;
  }
  // Handed no more until it is heard: what it sends back would pile up unseen. Only if more waits,
  // for nothing else brings another call.
  const bool is_behind = PendingBytes(worker->primary_end()) > 0;
  if (is_behind && worker->flow() == Worker::Flow::kOpen) {
    worker->SetFlow(Worker::Flow::kBehind);
  } else if (!is_behind && worker->flow() == Worker::Flow::kBehind) {
    worker->SetFlow(Worker::Flow::kOpen);
  }
}

void Control::Handle(Worker* worker, const Frame& frame) {
  uint32_t version = 0;
  std::vector<uint16_t> listeners;
  Claim claim;
  switch (frame.type) {
    case FrameType::kCredit:
      worker->NoteCredit(NowNs());
      return;
    case FrameType::kHello:
      // Again only from a worker that has not got the scoreboard.
      if (worker->IsReady() || !ParseHello(frame, &version)) break;
      // Answered even so: the worker shall know why it gets nothing.
      worker->Owe(Worker::kOwesWelcome);
      worker->Owe(Worker::kOwesState);
      SendOwed(worker);
      if (version != kProtocolVersion) return worker->Break(GoneReason::kBadVersion);
      worker->Greet();
      return;
    case FrameType::kMapped:
      if (worker->phase() != Worker::Phase::kGreeted) break;
      worker->Map();
      return;
    case FrameType::kServing:
      // Also of one that has not got the scoreboard yet: it is dealt to when it has.
      if (worker->phase() == Worker::Phase::kJoining || !ParseServing(frame, &listeners)) break;
      worker->serving.reset();
      for (const uint16_t listener : listeners) worker->serving.set(listener);
      if (worker->is_draining) worker->serving.reset();
      worker->has_served |= worker->serving;
      floor_->OnServing(*worker);
      events_->Emit(
          {EventType::kServing, worker->id(), worker->generation(), 0, 0, worker->serving.count()});
      return;
    case FrameType::kRefused:
      // Before it has the scoreboard it has received nothing.
      if (!worker->IsReady()) break;
      worker->expects_returned = true;
      return;
    case FrameType::kClaim:
    case FrameType::kUnclaim:
      worker->claims++;
      if (worker->phase() == Worker::Phase::kJoining || !ParseClaim(frame, &claim)) break;
      return floor_->OnClaim(*worker, claim, frame.type == FrameType::kUnclaim);
    default:
      break;
  }
  worker->Break(GoneReason::kBadFrame);
}

// False: an fd is lacking for it.
bool Control::ReadReturned(Worker* worker) {
  if (!HasFdHeadroom(worker->primary_end(), 1)) return false;
  Frame frame;
  int error = 0;
  std::vector<Connection> returned;
  Released released;
  switch (ReadFrame(worker->primary_end(), buffer_.get(), &frame, &error)) {
    case ReadResult::kEmpty:
      return true;
    case ReadResult::kFdsLost:
      // Another thread took the fd between the look and the read; or the worker sent too many.
      worker->expects_returned = false;
      NoteLost(worker, frame);
      return true;
    case ReadResult::kFrame:
      if (frame.type == FrameType::kReturned && ParseConnections(&frame, &returned)) break;
      if (frame.type == FrameType::kReleased && ParseReleased(&frame, &released)) break;
      [[fallthrough]];
    default:
      worker->Break(GoneReason::kBadFrame);
      return true;
  }
  worker->expects_returned = false;
  for (Connection& connection : returned) TakeReturned(worker, std::move(connection));
  if (released.connection.fd) TakeReleased(worker, std::move(released));
  return true;
}

void Control::NoteLost(Worker* worker, const Frame& frame) {
  const bool is_one = frame.type == FrameType::kReturned || frame.type == FrameType::kReleased;
  std::vector<uint16_t> listeners;
  worker->Refresh(NowNs());
  if (!is_one || !ParseListeners(frame, &listeners) || listeners.size() != 1 ||
      !MayGiveBack(*worker, listeners[0])) {
    return worker->Break(GoneReason::kBadFrame);
  }
  worker->NoteReturned();
  Count(&worker->counters()->lost);
  floor_->OnLost(listeners[0], *worker);
}

void Control::TakeReturned(Worker* worker, Connection connection) {
  worker->Refresh(NowNs());
  if (!IsItsOwn(*worker, connection)) return worker->Break(GoneReason::kBadFrame);
  worker->NoteReturned();
  floor_->OnCameBack(std::move(connection), *worker, CameBack::kReturned);
}

void Control::TakeReleased(Worker* worker, Released released) {
  worker->Refresh(NowNs());
  if (!IsItsOwn(*worker, released.connection)) return worker->Break(GoneReason::kBadFrame);
  worker->NoteReleased();
  floor_->OnReleased(std::move(released), *worker);
}

// It cannot give back more than it got, nor to a listener that it has not served.
bool Control::MayGiveBack(const Worker& worker, uint16_t listener) const {
  return worker.returned_total < worker.received_total() && worker.has_served.test(listener) &&
         floor_->DomainOfListener(listener) != 0;
}

// Nor what is no connection of that listener, or has been with slots that there cannot be.
bool Control::IsItsOwn(const Worker& worker, const Connection& connection) const {
  for (const uint16_t slot : connection.refused_by) {
    if (slot >= kMaxSlots) return false;
  }
  const int fd = connection.fd.get();
  return MayGiveBack(worker, connection.listener) && IsConnection(fd) &&
         IsDomain(floor_->DomainOfListener(connection.listener), fd);
}

void Control::SendOwed(Worker* worker) {
  const int channel = worker->primary_end();
  const auto send = [worker](Worker::Owed what, int result) {
    if (result == 0) worker->Settle(what);
    return result;
  };
  int result = 0;
  if (worker->Owes(Worker::kOwesWelcome)) {
    const Scoreboard& scoreboard = worker->scoreboard();
    const int pages[2] = {scoreboard.engine_fd.get(), scoreboard.worker_fd.get()};
    const Welcome welcome = {kProtocolVersion, worker->id(), largest_window_};
    result = send(Worker::kOwesWelcome, SendWelcome(channel, welcome, pages));
  }
  if (result == 0 && worker->Owes(Worker::kOwesState)) {
    result = send(Worker::kOwesState, SendState(channel, state_.data(), state_.size()));
  }
  if (result == 0 && worker->Owes(Worker::kOwesPing)) {
    result = send(Worker::kOwesPing, SendSignal(channel, FrameType::kPing));
  }
  // What there was no room for is tried again.
  if (result < 0 && !IsWouldBlock(-result) && !IsShortage(-result)) {
    worker->Break(GoneReason::kChannel, -result);
  }
}

bool Control::HearOut(Worker* worker) {
  for (int i = 0; i < kMostLastFrames && !worker->IsBroken(); i++) {
    if (worker->expects_returned) {
      if (!ReadReturned(worker)) return false;
      // The worker died between the two frames.
      if (worker->expects_returned) return true;
      continue;
    }
    Frame frame;
    int error = 0;
    const ReadResult result =
        ReadFrameWithoutFds(worker->primary_end(), buffer_.get(), &frame, &error);
    if (result != ReadResult::kFrame) return true;
    worker->expects_returned = frame.type == FrameType::kRefused;
  }
  return true;
}

}  // namespace rondo
