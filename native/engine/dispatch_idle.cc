// Connections that workers give back between two requests: held until something arrives, and then
// dealt like new ones.
#include <utility>

#include "base/clock.h"
#include "engine/dispatch.h"

namespace rondo {

void Dispatch::OnReleased(Released released, const Worker& worker) {
  Connection connection = std::move(released.connection);
  const uint16_t id = connection.listener;
  Listener* const listener = listeners_[id].get();
  const uint16_t slot = worker.id();
  now_ns_ = NowNs();
  if (workers_.At(slot) == &worker) listener->turn.Returned(slot);
  // Nobody has refused it, as it is now.
  connection.is_final = connection.was_refused = false;
  connection.is_named = connection.is_ahead = false;
  connection.refused_by.clear();
  if (IsPassed(*listener)) {
    if (!HoldIdle(&connection, released.idle_ms)) return PassOn(std::move(connection));
    return events_->Emit({EventType::kPassing});
  }
  if (!listener->IsOpen()) return Count(&shared_->engine.idle.closed);
  if (!HoldIdle(&connection, released.idle_ms)) ParkMoved(std::move(connection));
}

// False: there is no place for it, and it is the caller's still.
bool Dispatch::HoldIdle(Connection* connection, uint32_t idle_ms) {
  const uint16_t id = connection->listener;
  const uint64_t until_ns = idle_ms == 0 ? 0 : now_ns_ + idle_ms * kMillisecond;
  const bool has_place = idle_.CountOf(id) < listeners_[id]->options().max_idle;
  return has_place && idle_.Hold(connection, until_ns, now_ns_);
}

void Dispatch::OnRequest(Connection connection) {
  if (IsPassed(*listeners_[connection.listener])) return PassOn(std::move(connection));
  now_ns_ = NowNs();
  ParkMoved(std::move(connection));
  Run();
}

void Dispatch::ParkMoved(Connection connection) {
  Count(&shared_->engine.idle.moved);
  // Its time begins with the request.
  connection.accepted_ns = now_ns_;
  connection.is_moved = true;
  const Listener& listener = *listeners_[connection.listener];
  const bool has_sessions = listener.sessions() != nullptr;
  const bool is_seen =
      listener.options().look != nullptr && listener.options().look->looker != nullptr;
  // The next request may be another session's, as through a proxy.
  if (has_sessions) connection.glimpse = {};
  if (has_sessions && !is_seen) return seen_.push_back(std::move(connection));
  ParkedConnection parked;
  if (has_sessions) parked.waits_for = WaitsFor::kLook;
  parked.connection = std::move(connection);
  parked.since_ns = now_ns_;
  parked_.Push(std::move(parked));
}

}  // namespace rondo
