// Between two primaries. In the old one: what its workers give back, and what nobody here is to
// serve any more, waits for whoever passes it on. In the new one: it is held or dealt as if a
// worker of its own had given it back.
#include <utility>

#include "base/clock.h"
#include "base/socket.h"
#include "engine/dispatch.h"

namespace rondo {

void Dispatch::BeginHandOver() {
  hand_over_.Begin();
  events_->Emit({EventType::kPassing});
}

// Another primary has the listener, and this one accepts nothing more for it.
bool Dispatch::IsPassed(const Listener& listener) const {
  return hand_over_.HasBegun() && !listener.IsOpen();
}

void Dispatch::PassOn(Connection connection) {
  connection.refused_by.clear();
  hand_over_.Push(std::move(connection));
  events_->Emit({EventType::kPassing});
}

std::vector<Passed> Dispatch::TakePassed(size_t most) {
  std::vector<Passed> taken;
  if (!hand_over_.HasBegun()) return taken;
  const uint64_t now_ns = NowNs();
  hand_over_.Take(most, &taken);
  Released released;
  while (taken.size() < most && idle_.TakeOne(&released, now_ns)) {
    taken.emplace_back();
    taken.back().released = std::move(released);
  }
  return taken;
}

void Dispatch::TakeOver(Passed passed) {
  Connection connection = std::move(passed.released.connection);
  Listener* const listener = listeners_[connection.listener].get();
  // Of another kind than the listener's own it may be, where it was routed.
  if (listener == nullptr || !IsConnection(connection.fd.get()))
    return Count(&shared_->engine.idle.closed);
  if (DomainOf(connection.fd.get()) != listener->domain()) listener->is_target = true;
  now_ns_ = NowNs();
  // This primary's place may have been taken meanwhile, too.
  const bool is_passed = IsPassed(*listener);
  if (!listener->IsOpen() && !is_passed) return Count(&shared_->engine.idle.closed);
  Count(&shared_->engine.idle.taken_over);
  const bool is_held = !passed.is_due && HoldIdle(&connection, passed.released.idle_ms);
  if (is_held && is_passed) return events_->Emit({EventType::kPassing});
  if (is_held) return;
  if (is_passed) return PassOn(std::move(connection));
  ParkMoved(std::move(connection));
  Run();
}

}  // namespace rondo
