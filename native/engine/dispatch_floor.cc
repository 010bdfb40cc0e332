// What the workers' side tells the dispatch: connections that come back, workers that begin, cease
// or leave.
#include <utility>

#include "base/clock.h"
#include "engine/dispatch.h"

namespace rondo {

namespace {

// A worker may have a connection again that it has sent back for want of something, so often. Then
// it has refused it: sending it to and fro costs the primary two hops each time.
constexpr uint32_t kMostAgain = 3;

}  // namespace

void Dispatch::OnCameBack(Connection connection, const Worker& worker, CameBack how) {
  Listener* const listener = listeners_[connection.listener].get();
  const uint16_t slot = worker.id();
  // Nobody has looked at the clock since the last run.
  if (how != CameBack::kUnsent) now_ns_ = NowNs();
  // What the worker says of the time is not believed: it would be in the figures of the next one.
  if (how == CameBack::kReturned) connection.accepted_ns = now_ns_;
  if (workers_.At(slot) == &worker) {
    if (how == CameBack::kReturned) {
      listener->turn.Returned(slot);
    } else {
      listener->turn.Undealt(slot, connection.TakesTurn());
    }
  }
  const bool was_final = std::exchange(connection.is_final, false);
  const bool was_named = std::exchange(connection.is_named, false);
  connection.is_ahead = false;
  if (how == CameBack::kReturned) {
    connection.was_refused = true;
    Returns::Record* const known = returns_.Of(connection.fd.get());
    if (known != nullptr) connection.refused_by = known->refused_by;
    // In what a worker returns it says: not my refusal, I may have it again.
    const bool may_return = was_final && (known == nullptr || known->again++ < kMostAgain);
    // One that no longer serves the listener is not asked again anyway; and if it serves it later,
    // it may be asked.
    if (!may_return && worker.Serves(connection.listener)) {
      // Told that it is the last, it has sent it back even so: nobody else is asked.
      if (connection.refused_by.size() >= kMaxRefusals) {
        return Count(&listener->counters()->closed);
      }
      connection.refused_by.push_back(slot);
    }
  }
  ParkedConnection parked;
  parked.connection = std::move(connection);
  parked.since_ns = now_ns_;
  parked.was_dealt = true;
  parked.slot = slot;
  if (was_named && how != CameBack::kReturned) {
    WaitForSlot(&parked, slot, worker.keep_until_ns());
  }
  parked_.Push(std::move(parked));
}

void Dispatch::OnLost(uint16_t listener, const Worker& worker) {
  if (listeners_[listener] == nullptr || workers_.At(worker.id()) != &worker) return;
  listeners_[listener]->turn.Returned(worker.id());
}

void Dispatch::OnServing(const Worker& worker) {
  const uint16_t slot = worker.id();
  for (uint16_t id = 0; id < kMaxListeners; id++) {
    if (listeners_[id] == nullptr) continue;
    Turn& turn = listeners_[id]->turn;
    if (worker.Serves(id)) {
      turn.Join(slot);
    } else {
      turn.Leave(slot);
    }
  }
}

void Dispatch::OnLeave(const Worker& worker) {
  for (const auto& listener : listeners_) {
    if (listener != nullptr) listener->turn.Forget(worker.id());
  }
}

int Dispatch::DomainOfListener(uint16_t listener) {
  if (listeners_[listener] == nullptr) return 0;
  return listeners_[listener]->is_target ? -1 : listeners_[listener]->domain();
}

}  // namespace rondo
