#include "engine/reclaim.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace rondo {

namespace {

// No socket buffer holds as many.
constexpr int kMostFramesWaiting = 1 << 16;

// Longer than it takes a worker to receive when it only has to be woken, though others have the
// cores.
constexpr uint64_t kStillNs = 1800 * kMicrosecond;
// So much CPU time since it was first looked at: it computes. With less, what waits for the slowest
// of a burst would go to those that are done, for as long as those connections live.
constexpr int64_t kComputesNs = 1700 * static_cast<int64_t>(kMicrosecond);
// Another that is not free may have it after so long, if it receives quickly what it is handed. If
// all are slow, what is taken would wait for the next as long.
constexpr uint64_t kLongNs = 6 * kMillisecond;
// Of one of which nothing is known but that it is silent, so long.
constexpr uint64_t kSilentNs = 20 * kMillisecond;
// In a burst a worker that is a little ahead has nothing to receive for moments, and would get what
// was meant for the others, for as long as those connections live.
constexpr uint64_t kFreeNs = 1 * kMillisecond;

}  // namespace

bool ReadBack(Worker* worker, Floor* floor, char* buffer, uint64_t* count) {
  std::vector<Connection> taken;
  std::vector<uint16_t> lost;
  // Only this thread writes to the worker, so the channel empties long before the bound.
  for (int frames = 0; frames < kMostFramesWaiting; frames++) {
    const size_t most = std::clamp<size_t>(worker->pending(), 1, kMaxBatch);
    if (!HasFdHeadroom(worker->primary_end(), most)) return false;
    Frame frame;
    int error = 0;
    switch (ReadFrame(worker->worker_end(), buffer, &frame, &error)) {
      case ReadResult::kFrame:
        break;
      case ReadResult::kFdsLost:
        // Another thread took the fds between the look and the read.
        if (frame.type == FrameType::kWelcome) worker->Owe(Worker::kOwesWelcome);
        lost.clear();
        if (frame.type != FrameType::kConnections || !ParseListeners(frame, &lost)) continue;
        worker->TakenBack(static_cast<uint32_t>(lost.size()));
        Count(&worker->counters()->lost, lost.size());
        for (const uint16_t listener : lost) floor->OnLost(listener, *worker);
        continue;
      default:
        return true;  // empty; or shut down by the worker, which empties it too
    }
    if (frame.type == FrameType::kWelcome) worker->Owe(Worker::kOwesWelcome);
    if (frame.type == FrameType::kState) worker->Owe(Worker::kOwesState);
    if (frame.type == FrameType::kPing) worker->Owe(Worker::kOwesPing);
    taken.clear();
    if (frame.type != FrameType::kConnections || !ParseConnections(&frame, &taken)) continue;
    worker->TakenBack(static_cast<uint32_t>(taken.size()));
    Count(&worker->counters()->reclaimed, taken.size());
    *count += taken.size();
    for (Connection& connection : taken) {
      connection.is_final = false;
      floor->OnCameBack(std::move(connection), *worker, CameBack::kTaken);
    }
  }
  return false;
}

void Reclaim::Look(uint64_t now_ns) {
  if (take_back_ns_ == 0) return;
  workers_->sets().odd.ForEach([&](uint32_t slot) { ReportIfStuck(workers_->At(slot), now_ns); });
  workers_->sets().pending.ForEach([&](uint32_t slot) {
    Worker* const worker = workers_->At(slot);
    if (worker->IsRelieved()) return;
    worker->Refresh(now_ns);
    if (worker->pending() == 0 || !ShouldTake(worker, now_ns)) return;
    const bool is_stuck = now_ns - worker->progress_ns() >= take_back_ns_;
    uint64_t count = 0;
    ReadBack(worker, floor_, buffer_, &count);
    if (count == 0) return;
    worker->relieved += count;
    worker->relieved_at_ns = now_ns;
    worker->Owe(Worker::kOwesPing);
    worker->SetFlow(Worker::Flow::kRelieved);
    if (is_stuck) ReportIfStuck(worker, worker->relieved_at_ns + take_back_ns_);
  });
}

bool Reclaim::ShouldTake(Worker* worker, uint64_t now_ns) {
  const uint64_t waited_ns = now_ns - std::min(now_ns, worker->progress_ns());
  if (waited_ns >= take_back_ns_) return CanAnotherTake(*worker, Other::kNotStuck);
  if (worker->IsKept(now_ns)) return false;
  const Tempo tempo = worker->Judge(now_ns);
  if (tempo == Tempo::kStopped) return CanAnotherTake(*worker, Other::kKeepsUp);
  // Asked at each look, for it tells only what has been since the one before.
  const bool is_another_free = IsAnotherFree(*worker, now_ns);
  if (waited_ns < kStillNs) return false;
  if (worker->pace.UsedNs(worker->progress_ns()) >= kComputesNs && is_another_free) return true;
  switch (tempo) {
    case Tempo::kBusy:
      return waited_ns >= kLongNs && CanAnotherTake(*worker, Other::kQuick);
    case Tempo::kSilent:
      return waited_ns >= kSilentNs && CanAnotherTake(*worker, Other::kKeepsUp);
    default:
      return false;
  }
}

// One that has received all, was handed nothing for a moment, and does nothing.
bool Reclaim::IsAnotherFree(const Worker& worker, uint64_t now_ns) const {
  bool is_free = false;
  workers_->sets().room.ForEach([&](uint32_t slot) {
    Worker* const other = workers_->At(slot);
    if (is_free || other == &worker || (other->serving & worker.serving).none()) return;
    if (other->pending() > 0) other->Refresh(now_ns);
    if (other->pending() > 0 || now_ns - other->added_at_ns() < kFreeNs) return;
    is_free = other->TurnSinceNs() == 0 && other->pace.IsIdle(now_ns);
  });
  return is_free;
}

bool Reclaim::CanAnotherTake(const Worker& worker, Other wanted) const {
  bool can_take = false;
  workers_->ForEach([&](Worker* other) {
    if (can_take || other == &worker || (other->serving & worker.serving).none()) return;
    if (wanted == Other::kNotStuck) {
      can_take = other->flow() != Worker::Flow::kStuck;
    } else {
      can_take = workers_->sets().keeping.Has(other->id()) &&
                 (wanted == Other::kKeepsUp || other->IsQuick());
    }
  });
  return can_take;
}

void Reclaim::ReportIfStuck(Worker* worker, uint64_t now_ns) {
  if (worker->flow() != Worker::Flow::kRelieved) return;
  if (now_ns - worker->relieved_at_ns < take_back_ns_) return;
  worker->SetFlow(Worker::Flow::kStuck);
  events_->Emit({EventType::kTakenBack, worker->id(), worker->generation(), 0, 0,
                 std::exchange(worker->relieved, 0)});
}

bool Reclaim::MayTake() const {
  if (take_back_ns_ == 0 || workers_->present().Count() < 2) return false;
  return !workers_->sets().pending.IsEmpty();
}

}  // namespace rondo
