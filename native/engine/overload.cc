#include "engine/overload.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/socket.h"

namespace rondo {

namespace {

constexpr uint64_t kErrorReportNs = 1 * kSecond;
// So many connections are turned away at a look, so that the loop gets to hear the workers.
constexpr int kMostTurnedAway = 64;
// So many connections of one listener that its backlog has no place for are parked at most.
constexpr size_t kMostOverflow = 4096;

}  // namespace

// Whether the listener may go on at once.
bool OnAcceptError(EventSink* events, Listener* listener, AcceptOutcome outcome, int error,
                   uint64_t now_ns) {
  const uint16_t id = listener->id();
  if (outcome == AcceptOutcome::kBroken) {
    events->Emit({EventType::kListenerBroken, id, 0, 0, error, 0});
    listener->Close();
    return true;
  }
  if (now_ns >= listener->report_at_ns) {
    listener->report_at_ns = now_ns + kErrorReportNs;
    events->Emit({EventType::kAcceptError, id, 0, 0, error, 0});
  }
  return outcome == AcceptOutcome::kAborted;
}

// Whether a limit of the primary's keeps the listener from accepting. Read anew before it says so.
bool Overload::IsFull(Listener* listener, uint64_t now_ns) {
  const uint32_t most = listener->options().max_connections;
  const auto is_listener_full = [&] {
    const uint16_t id = listener->id();
    return listener->turn.Open() + parked_->CountOf(id) + idle_->CountOf(id) +
               looking_->CountOf(id) >=
           most;
  };
  if (most > 0 && is_listener_full()) {
    chooser_->ReadLoads(listener, now_ns);
    if (is_listener_full()) return true;
  }
  if (max_connections_ == 0) return false;
  const auto in_primary = [this] { return parked_->size() + idle_->size() + looking_->size(); };
  uint64_t held = in_primary();
  workers_->ForEach([&](Worker* worker) { held += worker->held(); });
  if (held < max_connections_) return false;
  held = in_primary();
  workers_->ForEach([&](Worker* worker) {
    worker->Refresh(now_ns);
    held += worker->held();
  });
  return held >= max_connections_;
}

bool Overload::TurnAway(Listener* listener, uint64_t now_ns) {
  Connection first;
  if (parked_->TakeOverflow(listener->id(), &first)) {
    Count(&listener->counters()->turned_away);
    ResetConnection(std::move(first.fd));
    return true;
  }
  UniqueFd fd;
  int error = 0;
  const AcceptOutcome outcome = listener->Accept(&fd, &error);
  if (outcome == AcceptOutcome::kEmpty) return false;
  if (outcome != AcceptOutcome::kAccepted)
    return OnAcceptError(events_, listener, outcome, error, now_ns);
  Count(&shared_->engine.accepted);
  Count(&listener->counters()->turned_away);
  ResetConnection(std::move(fd));
  return true;
}

// Whether it is by their own limits that no worker can take more of the listener's.
bool Overload::AreWorkersFull(const Listener& listener) const {
  const SlotSet& serving = listener.turn.serving();
  return !serving.IsEmpty() && serving.Without(workers_->sets().full).IsEmpty();
}

// What has waited in the backlog for longer than it may.
void Overload::TurnAwayOld(Listener* listener, uint32_t backlog_length, uint64_t now_ns) {
  const uint64_t most_ns = listener->options().max_queue_ms * kMillisecond;
  if (most_ns == 0) return;
  // Where the length is unknown there is one at least, or the listener would not wait.
  const uint32_t length = std::max<uint32_t>(backlog_length, 1);
  listener->age.Note(listener->accepted_total, length, now_ns);
  for (int i = 0; i < kMostTurnedAway; i++) {
    if (listener->age.HeadAgeNs(listener->accepted_total, now_ns) < most_ns) break;
    if (!TurnAway(listener, now_ns)) break;
  }
}

// And what has waited here.
void Overload::TurnAwayOldParked(Listener* listener, uint64_t now_ns) {
  const uint64_t most_ns = listener->options().max_queue_ms * kMillisecond;
  if (most_ns == 0) return;
  const uint16_t id = listener->id();
  while (parked_->OverflowOf(id) > 0 && now_ns - parked_->OverflowSinceNs(id) >= most_ns) {
    TurnAway(listener, now_ns);
  }
  parked_->RemoveIf([&](ParkedConnection* parked) {
    if (parked->connection.listener != id) return false;
    if (now_ns - parked->since_ns < most_ns) return false;
    Count(&listener->counters()->turned_away);
    ResetConnection(std::move(parked->connection.fd));
    return true;
  });
}

// A backlog that overflows makes clients wait for a second, or for ever: the kernel drops their
// last ACK. So what is beyond three quarters of it is accepted after all, down to a half.
void Overload::ParkOverflow(Listener* listener, BacklogLength backlog, uint64_t now_ns) {
  if (backlog.most == 0 || backlog.length < backlog.most / 4 * 3) return;
  for (uint32_t left = backlog.length - backlog.most / 2; left > 0; left--) {
    if (parked_->OverflowOf(listener->id()) >= kMostOverflow) return;
    Connection connection;
    int error = 0;
    const AcceptOutcome outcome = listener->Accept(&connection.fd, &error);
    if (outcome == AcceptOutcome::kAborted) continue;
    if (outcome == AcceptOutcome::kEmpty) return;
    if (outcome != AcceptOutcome::kAccepted) {
      OnAcceptError(events_, listener, outcome, error, now_ns);
      return;
    }
    Count(&shared_->engine.accepted);
    connection.listener = listener->id();
    connection.accepted_ns = now_ns;
    parked_->PushOverflow(std::move(connection));
  }
}

}  // namespace rondo
