// Connections that are for another listener than that to which they came: several programs on one
// port, told apart by what the first bytes say.
#include <algorithm>
#include <utility>

#include "engine/dispatch.h"

namespace rondo {

// Whether somebody has room who may get what comes there.
bool Dispatch::CanAnyTake(const Listener& listener) {
  const auto can_take = [&](const Listener& one) {
    chooser_.RefreshWithoutRoom(one, now_ns_);
    return !chooser_.EligibleFor(one, nullptr).IsEmpty();
  };
  if (can_take(listener)) return true;
  const std::vector<uint16_t>& targets = listener.options().route_targets;
  return std::any_of(targets.begin(), targets.end(), [&](uint16_t id) {
    return id < kMaxListeners && listeners_[id] != nullptr && listeners_[id]->IsOpen() &&
           can_take(*listeners_[id]);
  });
}

// Whose it is now: the listener's that is given, another's, or nobody's (null): it is looked at
// again, for that other one, or closed and counted.
Listener* Dispatch::Route(Listener* listener, Connection* connection) {
  if (!listener->HasRoutes()) return listener;
  const ListenerOptions& options = listener->options();
  const int32_t found = connection->glimpse.route;
  const int32_t route = found >= 0 ? found : options.default_route;
  if (route < 0 || route == listener->id()) {
    if (!listener->turn.serving().IsEmpty()) return listener;
    // It would wait for good, and others behind it.
    Count(&listener->counters()->closed);
    connection->fd.Reset();
    return nullptr;
  }
  const uint16_t id = static_cast<uint16_t>(route);
  Listener* const target = id < kMaxListeners ? listeners_[id].get() : nullptr;
  // What one program cannot take is not to keep the others' from being accepted.
  if (target == nullptr || !target->IsOpen() || parked_.IsCrowded(id)) {
    Count(&listener->counters()->closed);
    connection->fd.Reset();
    return nullptr;
  }
  Count(&listener->counters()->routed_on);
  Count(&target->counters()->routed_here);
  connection->listener = id;
  connection->glimpse = {};
  target->is_target = true;
  const auto& look = target->options().look;
  if (look == nullptr || look->looker == nullptr) return target;
  return looking_.Begin(connection, look, 0, now_ns_) == Looking::Outcome::kSeen ? target : nullptr;
}

}  // namespace rondo
