// Sessions that stay with one worker each: who a connection's is, and what workers say of theirs. A
// connection that shows a known one goes to its worker, or waits for it as one whose policy names a
// slot; what nobody knows is dealt as any other, and Give() notes to whom.
#include <utility>

#include "base/clock.h"
#include "base/socket.h"
#include "engine/dispatch.h"

namespace rondo {

namespace {

// More than a channel holds.
constexpr int kMostReads = 512;

}  // namespace

// True: it has gone to its session's worker, or waits for it, or for any if too many do.
bool Dispatch::PlaceSession(Listener* listener, Connection* connection) {
  const StickyOptions& sticky = *listener->options().sticky;
  Glimpse* const glimpse = &connection->glimpse;
  if (glimpse->sticky == 0 && sticky.HasAddress()) {
    glimpse->sticky = sticky.hash.OfAddress(listener->id(), PeerOf(*connection));
  }
  if (glimpse->sticky == 0) return false;
  // A worker claims a session before it answers the client, so what it has said is there by now.
  HearClaims(*listener);
  const int slot = OwnerOf(listener, glimpse);
  if (slot < 0) return false;
  ParkedConnection parked;
  parked.since_ns = now_ns_;
  WaitForSlot(&parked, slot, now_ns_ + sticky.wait_ns);
  Worker* const worker = workers_.At(static_cast<uint32_t>(slot));
  worker->Refresh(now_ns_);
  if (workers_.sets().room.Has(static_cast<uint32_t>(slot))) {
    Give(listener, std::move(*connection), slot, parked.until_ns);
  } else {
    parked.connection = std::move(*connection);
    parked_.Push(std::move(parked));
  }
  return true;
}

// The slot whose worker has the session, or -1 if there is none, or none any more.
int Dispatch::OwnerOf(Listener* listener, Glimpse* glimpse) const {
  Sessions* const sessions = listener->sessions();
  const uint64_t now_ms = now_ns_ / kMillisecond;
  const auto is_there = [&](const SessionOwner& owner) {
    const Worker* const worker = workers_.At(owner.slot);
    return worker != nullptr && worker->generation() == owner.generation &&
           listener->turn.serving().Has(owner.slot);
  };
  SessionOwner owner;
  if (glimpse->group != 0 && sessions->Find(glimpse->group, now_ms, &owner) && is_there(owner)) {
    // By what it shares with others, which stay if this one must go elsewhere.
    glimpse->sticky = 0;
    return owner.slot;
  }
  if (glimpse->sticky == 0 || !sessions->Find(glimpse->sticky, now_ms, &owner)) return -1;
  return is_there(owner) ? owner.slot : -1;
}

// Reads the workers that have said more of sessions than was heard, by their own count.
void Dispatch::HearClaims(const Listener& listener) {
  listener.turn.serving().ForEach([&](uint32_t slot) {
    Worker* const worker = workers_.At(slot);
    const std::atomic<uint32_t>& claims = worker->scoreboard().worker->claims;
    for (int i = 0; i < kMostReads && !worker->IsBroken(); i++) {
      if (claims.load(std::memory_order_acquire) == worker->claims) return;
      if (PendingBytes(worker->primary_end()) <= 0) return;
      control_.Read(worker);
      // What it sends back waits for a file descriptor.
      if (worker->expects_returned) return;
    }
  });
}

// The connection of a session is the worker's that gets it.
void Dispatch::NoteSession(Listener* listener, const Connection& connection, uint32_t slot) {
  if (connection.glimpse.sticky == 0 || listener->sessions() == nullptr) return;
  const SessionOwner owner = {static_cast<uint16_t>(slot), workers_.At(slot)->generation()};
  listener->sessions()->Put(connection.glimpse.sticky, owner, now_ns_ / kMillisecond);
}

void Dispatch::OnClaim(const Worker& worker, const Claim& claim, bool is_over) {
  const SessionOwner owner = {worker.id(), worker.generation()};
  for (uint16_t id = 0; id < kMaxListeners; id++) {
    Listener* const listener = worker.Serves(id) ? listeners_[id].get() : nullptr;
    if (listener == nullptr || listener->sessions() == nullptr) continue;
    const uint64_t key = listener->options().sticky->hash.OfClaim(id, claim);
    if (is_over) {
      listener->sessions()->Remove(key, owner);
    } else {
      listener->sessions()->Put(key, owner, now_ns_ / kMillisecond);
    }
  }
}

}  // namespace rondo
