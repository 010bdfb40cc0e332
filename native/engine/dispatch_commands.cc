// The dispatch, from its opening to its end, and what the owner asks of it in between: listeners,
// options, a pause.
#include <errno.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/dispatch.h"

namespace rondo {

namespace {

// The longest backlog that a kernel gives by default.
constexpr int kMostAcceptsAtReplacement = 4096;

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
      idle_(loop, &shared->engine.idle, this),
      looking_(shared, events),
      hand_over_(&shared->engine.idle),
      chooser_(&workers_),
      overload_(&workers_, &parked_, &idle_, &looking_, &chooser_, shared, events),
      starvation_(&shared->engine, events) {}

int Dispatch::Open(const DispatchOptions& options) {
  options_ = options;
  workers_.SetWindow(options.window);
  control_.SetLargestWindow(options.window.largest());
  reclaim_.SetTakeBack(options.take_back_ms);
  overload_.SetMaxConnections(options.max_connections);
  int result = idle_.Open();
  if (result < 0) return result;
  result =
      looking_.Open(loop_, this, [](void* dispatch) { static_cast<Dispatch*>(dispatch)->Run(); });
  if (result < 0) return result;
  return look_.Open(loop_, this, [](void* dispatch) { static_cast<Dispatch*>(dispatch)->Look(); });
}

void Dispatch::Close() {
  look_.Close();
  idle_.Close();
  looking_.Close();
  hand_over_.Close();
  for (Listener* const listener : open_) {
    listener->Close();
    CloseOverflow(listener->id());
  }
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
}

void Dispatch::AddListener(uint16_t id, UniqueFd fd) {
  // What still waits for a closed listener of this id is nobody's any more.
  looking_.CloseOf(id);
  CloseOverflow(id);
  open_.erase(std::remove(open_.begin(), open_.end(), listeners_[id].get()), open_.end());
  parked_.RemoveIf([&](ParkedConnection* parked) {
    if (parked->connection.listener != id) return false;
    Count(&shared_->listeners[id].closed);
    return true;
  });
  auto listener = std::make_unique<Listener>(id, &shared_->listeners[id]);
  listener->Configure(listener_options_[id], workers_.weights());
  if (fd) {
    const int result = OpenListener(listener.get(), std::move(fd));
    if (result < 0) return events_->Emit({EventType::kListenerBroken, id, 0, 0, -result, 0});
    listener->WatchIfIdle(is_paused_);
    open_.push_back(listener.get());
  } else {
    listener->OpenVirtual();
  }
  if (listeners_[id] != nullptr) listener->turn.Inherit(listeners_[id]->turn);
  listeners_[id] = std::move(listener);
  // Those that have said so before it was there.
  workers_.ForEach([&](Worker* worker) {
    if (worker->Serves(id)) listeners_[id]->turn.Join(worker->id());
  });
}

void Dispatch::CloseOverflow(uint16_t id) {
  for (Connection connection; parked_.TakeOverflow(id, &connection);) {
    Count(&shared_->listeners[id].closed);
  }
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
  const bool was_paused = listener->state() == Listener::State::kPaused;
  listener->EndBacklog();
  for (int i = 0; i < kMostAcceptsAtReplacement; i++) {
    Connection connection;
    connection.listener = id;
    connection.accepted_ns = now_ns_;
    int error = 0;
    const AcceptOutcome outcome = listener->Accept(&connection.fd, &error);
    if (outcome == AcceptOutcome::kAborted || outcome == AcceptOutcome::kShortage) {
      OnAcceptError(events_, listener, outcome, error, now_ns_);
    }
    if (outcome == AcceptOutcome::kAborted) continue;
    // Without an fd for it, what is left is reset.
    if (outcome != AcceptOutcome::kAccepted) break;
    Count(&shared_->engine.accepted);
    parked_.PushOverflow(std::move(connection));
  }
  listener->CloseSocket();
  const int result = OpenListener(listener, std::move(fd));
  if (result < 0) events_->Emit({EventType::kListenerBroken, id, 0, 0, -result, 0});
  if (was_paused) listener->Pause();
  Run();
}

int Dispatch::DupListener(uint16_t id, UniqueFd* out) {
  Listener* const listener = listeners_[id].get();
  if (listener == nullptr || !listener->IsOpen()) return -EBADF;
  return listener->Duplicate(out);
}

void Dispatch::CloseListener(uint16_t id) {
  if (listeners_[id] != nullptr) listeners_[id]->Close();
  if (!hand_over_.HasBegun()) idle_.CloseListener(id);
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

void Dispatch::PauseListener(uint16_t id) {
  if (listeners_[id] == nullptr) return;
  listeners_[id]->Pause();
  Run();
}

void Dispatch::ResumeListener(uint16_t id) {
  if (listeners_[id] == nullptr) return;
  listeners_[id]->Resume();
  Run();
}

}  // namespace rondo
