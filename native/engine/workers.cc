#include "engine/workers.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/reclaim.h"

namespace rondo {

Workers::Workers(Loop* loop, Shared* shared, EventSink* events, Floor* floor, Control* control)
    : loop_(loop),
      shared_(shared),
      events_(events),
      floor_(floor),
      control_(control),
      weights_(kMaxSlots, 1),
      max_connections_(kMaxSlots, 0),
      links_(kMaxSlots),
      workers_(kMaxSlots) {}

void Workers::Join(uint16_t id, uint32_t generation, FdPair channel,
                   std::shared_ptr<Scoreboard> scoreboard,
                   std::shared_ptr<ProcessCounters> counters) {
  // A slot's former worker is gone before its next one comes, or goes now.
  if (workers_[id] != nullptr) Remove(id, workers_[id]->generation(), GoneReason::kClosed);
  auto worker = std::make_unique<Worker>(id, generation, std::move(channel), std::move(scoreboard),
                                         std::move(counters), &shared_->engine.queue_times, &sets_);
  worker->SetWindow(window_);
  worker->SetMaxConnections(max_connections_[id]);
  links_[id] = {this, worker.get()};
  const int result =
      worker->channel_watch.Open(loop_, worker->primary_end(), &links_[id], OnChannel);
  if (result < 0) {
    worker->Detach();
    events_->Emit(
        {EventType::kGone, id, generation, static_cast<int>(GoneReason::kChannel), -result, 0});
    return;
  }
  workers_[id] = std::move(worker);
  present_.Add(id);
}

void Workers::WatchProcess(uint16_t id, uint32_t generation, UniqueFd pidfd, pid_t pid) {
  Worker* const worker = Find(id, generation);
  if (worker == nullptr) return;
  worker->pace.Watch(pid);
  if (!pidfd) return;
  // Without it the JS thread's 'exit' event still removes the worker.
  if (worker->process_watch.Open(loop_, pidfd.get(), &links_[id], OnProcess) < 0) return;
  worker->pidfd = std::move(pidfd);
}

void Workers::Remove(uint16_t id, uint32_t generation, GoneReason reason) {
  Worker* const worker = Find(id, generation);
  if (worker == nullptr) return;
  Retire(worker, reason, 0);
  floor_->OnChange();
}

void Workers::Drain(uint16_t id, uint32_t generation) {
  Worker* const worker = Find(id, generation);
  if (worker == nullptr || worker->is_draining) return;
  worker->is_draining = true;
  worker->serving.reset();
  floor_->OnServing(*worker);
  std::vector<Connection> unsent;
  worker->Unbatch(&unsent);
  for (Connection& connection : unsent) {
    floor_->OnCameBack(std::move(connection), *worker, CameBack::kUnsent);
  }
  // What there is no fd for the worker serves.
  uint64_t count = 0;
  if (worker->has_served.any()) ReadBack(worker, floor_, control_->buffer(), &count);
  events_->Emit({EventType::kServing, id, generation, 0, 0, 0});
  floor_->OnChange();
}

bool Workers::RemoveBroken() {
  bool has_removed = false;
  ForEach([&](Worker* worker) {
    if (!worker->IsBroken()) return;
    has_removed = true;
    Retire(worker, worker->broken_reason(), worker->broken_error());
  });
  return has_removed;
}

void Workers::Clear() {
  ForEach([](Worker* worker) {
    // Before the fds that they are on.
    worker->channel_watch.Close();
    worker->process_watch.Close();
  });
  for (auto& worker : workers_) worker.reset();
  present_.Clear();
  leaving_.clear();
}

void Workers::SetWindow(Window window) {
  window_ = window;
  ForEach([&](Worker* worker) { worker->SetWindow(window); });
}

void Workers::OweAll(Worker::Owed what) {
  ForEach([&](Worker* worker) {
    // One that has not said hello is told when it does.
    if (worker->phase() == Worker::Phase::kJoining) return;
    worker->Owe(what);
    control_->SendOwed(worker);
  });
}

void Workers::ConfigureSlot(uint16_t id, uint32_t weight, uint32_t max_connections) {
  weights_[id] = std::max<uint32_t>(weight, 1);
  max_connections_[id] = max_connections;
  if (workers_[id] != nullptr) workers_[id]->SetMaxConnections(max_connections);
}

// Ends the worker's generation: nothing more is handed to it, and what it has not received is
// dealt to others.
void Workers::Retire(Worker* worker, GoneReason reason, int error) {
  const uint16_t id = worker->id();
  const uint64_t now_ns = NowNs();
  worker->channel_watch.Close();
  worker->process_watch.Close();
  Leaving leaving = {
      std::move(workers_[id]),
      {EventType::kGone, id, worker->generation(), static_cast<int>(reason), error, 0},
      true,
      0};
  present_.Remove(id);
  worker->Detach();
  floor_->OnLeave(*worker);
  // What was taken into a frame and not sent was never its own.
  std::vector<Connection> unsent;
  worker->Unbatch(&unsent);
  for (Connection& connection : unsent) {
    floor_->OnCameBack(std::move(connection), *worker, CameBack::kUnsent);
  }
  if (reason == GoneReason::kExited || reason == GoneReason::kClosed) {
    // It can send nothing back from here on, so what it has sent can be read to its end.
    shutdown(worker->primary_end(), SHUT_RD);
    worker->Refresh(now_ns);
    leaving.is_heard = worker->IsBroken();
    leaving.pending = worker->pending();
  }
  leaving_.push_back(std::move(leaving));
  FinishLeaving();
}

void Workers::FinishLeaving() {
  for (size_t i = 0; i < leaving_.size();) {
    Leaving& leaving = leaving_[i];
    Worker* const worker = leaving.worker.get();
    uint64_t count = 0;
    leaving.is_heard = leaving.is_heard || control_->HearOut(worker);
    // One that never served was handed nothing, and what it is told, such as the version that it
    // should be of, is for it to read.
    const bool is_empty =
        worker->has_served.none() || ReadBack(worker, floor_, control_->buffer(), &count);
    leaving.event.count += count;
    if (!is_empty || !leaving.is_heard) {
      i++;
      continue;
    }
    const bool is_dead = leaving.event.code == static_cast<int>(GoneReason::kExited);
    if (is_dead) {
      // What is neither here nor counted by the worker died with it, between its read and its
      // count.
      const uint64_t reclaimed = std::min(leaving.pending, leaving.event.count);
      Count(&worker->counters()->received, leaving.pending - reclaimed);
      Count(&worker->counters()->unfinished, leaving.pending - reclaimed);
    }
    worker->Leave(is_dead);
    events_->Emit(leaving.event);
    leaving_.erase(leaving_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Workers::Retry(bool is_slow) {
  if (is_slow) FinishLeaving();
  sets_.odd.ForEach([&](uint32_t slot) {
    Worker* const worker = workers_[slot].get();
    if (worker->flow() == Worker::Flow::kFull) worker->SetFlow(Worker::Flow::kOpen);
    if (worker->OwesAny()) control_->SendOwed(worker);
    if (is_slow) worker->ResumeReading();
  });
}

bool Workers::NeedsRetry() const { return !leaving_.empty() || !sets_.odd.IsEmpty(); }

void Workers::Relieve(uint16_t id, uint32_t generation, uint32_t count) {
  Worker* const worker = Find(id, generation);
  // Any other error is the end of the channel, which reading finds.
  if (worker != nullptr && worker->IsReady()) SendRelieve(worker->primary_end(), count);
}

Worker* Workers::Find(uint16_t id, uint32_t generation) const {
  Worker* const worker = workers_[id].get();
  return worker != nullptr && worker->generation() == generation ? worker : nullptr;
}

void Workers::OnChannel(void* link) {
  const Link found = *static_cast<Link*>(link);
  found.workers->control_->Read(found.worker);
  found.workers->floor_->OnChange();
}

void Workers::OnProcess(void* link) {
  const Link found = *static_cast<Link*>(link);
  // As long as nobody has waited for it, it can still be read.
  const int64_t used_ns = found.worker->pace.CpuTimeNs();
  if (used_ns > 0) {
    found.worker->counters()->cpu_ns.store(static_cast<uint64_t>(used_ns),
                                           std::memory_order_relaxed);
  }
  found.workers->Remove(found.worker->id(), found.worker->generation(), GoneReason::kExited);
}

}  // namespace rondo
