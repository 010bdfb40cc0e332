// The heart of the engine: accept, pick, hand off. Run() is the one function that moves
// connections; every event (a connection waits, room was made, a worker came or went) ends in a
// call of it. Runs on the engine's thread; engine.h has the doors to it.
//
// In Run(), with what is parked before anything new:
//
//   accept    AcceptFrom: one connection of each listener in turn, while somebody may take it; of
//             one whose backlog has overflowed, what was parked of it first;
//             and where its listener wants that, looked at first: Looking
//   pick      Chooser: the policy, among the workers with room, by the rule of Turn
//   hand off  HandOffAll: one frame for all that is due to one worker
//
// That is dispatch.cc. Beside it: dispatch_parked.cc, what waits in the primary; dispatch_floor.cc,
// what the workers' side tells; dispatch_idle.cc, what is given back; dispatch_hand_over.cc, what
// passes between two primaries; dispatch_sessions.cc, connections that belong to one worker;
// dispatch_route.cc, or to another listener; dispatch_look.cc, what only a timer finds;
// dispatch_commands.cc, what the owner asks for.
#ifndef RONDO_ENGINE_DISPATCH_H_
#define RONDO_ENGINE_DISPATCH_H_

#include <array>
#include <bitset>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/loop.h"
#include "engine/chooser.h"
#include "engine/control.h"
#include "engine/events.h"
#include "engine/floor.h"
#include "engine/hand_over.h"
#include "engine/idle.h"
#include "engine/listener.h"
#include "engine/look/looking.h"
#include "engine/overload.h"
#include "engine/parked.h"
#include "engine/picks.h"
#include "engine/reclaim.h"
#include "engine/returns.h"
#include "engine/starvation.h"
#include "engine/workers.h"

namespace rondo {

struct DispatchOptions {
  Window window;
  // A worker that receives nothing for so long loses what is pending. 0: never.
  uint64_t take_back_ms = 0;
  uint32_t max_connections = 0;   // pending, open and parked, in all; 0: no limit
  uint64_t pick_timeout_ms = 50;  // for the program's function
};

class Dispatch final : public Floor, public Idle::Owner {
 public:
  Dispatch(Loop* loop, Shared* shared, EventSink* events, Picks* picks);

  int Open(const DispatchOptions& options);  // 0 or -errno
  // Closes every listener and channel. What is parked is closed and counted; what was handed off
  // stays readable for its worker.
  void Close();

  // From now on; what is pending beyond a smaller window is still received.
  void Configure(const DispatchOptions& options);
  // Deal() is to follow.
  void ConfigureListener(uint16_t id, const ListenerOptions& options);
  // Without an fd it has no socket, and gets what others route to it.
  void AddListener(uint16_t id, UniqueFd fd);
  // The listener goes on with that socket; what has come to the former one is parked, as the front
  // of its backlog.
  void ReplaceListener(uint16_t id, UniqueFd fd);
  // Another fd of its socket. 0 or -errno.
  int DupListener(uint16_t id, UniqueFd* out);
  // Its socket is closed when this returns. Deal() is to follow.
  void CloseListener(uint16_t id);
  void Deal() { Run(); }
  void ConfigureSlot(uint16_t id, uint32_t weight, uint32_t max_connections);
  void SetState(std::string state);
  void Pause();
  void Resume();
  // One of them, also while all are paused. What has come in already is dealt.
  void PauseListener(uint16_t id);
  void ResumeListener(uint16_t id);
  // Another primary is about to have the listeners, or has them: once they are closed, what their
  // workers give back and what nobody serves is kept for it. kPassing tells of each.
  void BeginHandOver();
  // Up to `most` of those, which are the caller's.
  std::vector<Passed> TakePassed(size_t most);
  // From another primary, for a listener of this one.
  void TakeOver(Passed passed);
  // What the program's functions have picked: a slot or a listener, or -1 for the default.
  void AnswerPicks(const std::vector<PickAnswer>& answers);
  Workers* workers() { return &workers_; }

 private:
  void Run();
  bool DealParked(bool with_moved);
  bool DealSeen();
  bool AcceptFromAll();
  bool MayAcceptFrom(const Listener& listener) const;
  bool AcceptFrom(Listener* listener);
  void DealLater(Listener* listener, Connection connection);
  void DealRouted(Listener* listener, Connection connection);
  bool CanAnyTake(const Listener& listener);
  Listener* Route(Listener* listener, Connection* connection);
  bool PlaceSession(Listener* listener, Connection* connection);
  int OwnerOf(Listener* listener, Glimpse* glimpse) const;
  void NoteSession(Listener* listener, const Connection& connection, uint32_t slot);
  void HearClaims(const Listener& listener);
  void GiveOrPark(Listener* listener, Connection connection);
  void AskProgram(Listener* listener, Connection connection, WaitsFor answer);
  // `keep_until_ns`: so long it is this slot's and no other's; 0: it is any slot's.
  void Give(Listener* listener, Connection connection, int slot, uint64_t keep_until_ns = 0);
  void HandOffAll();
  bool AskForRoom();

  // Whom nothing more can be dealt to, as a pass over what is parked has found.
  struct Blocked {
    std::bitset<kMaxListeners> listeners;  // nobody has room for their connections
    SlotSet slots;
  };
  bool DealOne(ParkedConnection* parked, Blocked* blocked);
  void ForgiveIfNobodyIsLeft(Connection* connection) const;
  void Advance(ParkedConnection* parked);
  bool MayCome(const ParkedConnection& parked) const;
  void WaitForSlot(ParkedConnection* parked, int slot, uint64_t until_ns) const;
  void GiveUp(Connection connection);
  void LookAt(Connection connection);
  bool DealToNamed(ParkedConnection* parked, Blocked* blocked);
  bool DealToAnyone(ParkedConnection* parked, Blocked* blocked);
  void GiveParked(ParkedConnection* parked, int slot, uint64_t keep_until_ns);
  SlotSet Stuck() const;
  SlotSet ServingButRefused(const Connection& connection) const;
  bool IsHopeless(const Connection& connection) const;

  bool IsStarved() const;
  void ScheduleLook(bool is_unfinished);
  void Look();

  // Floor
  void OnCameBack(Connection connection, const Worker& worker, CameBack how) override;
  void OnReleased(Released released, const Worker& worker) override;
  void OnLost(uint16_t listener, const Worker& worker) override;
  void OnServing(const Worker& worker) override;
  void OnClaim(const Worker& worker, const Claim& claim, bool is_over) override;
  void OnLeave(const Worker& worker) override;
  int DomainOfListener(uint16_t listener) override;
  void OnChange() override { Run(); }

  // Idle::Owner
  void OnRequest(Connection connection) override;

  bool HoldIdle(Connection* connection, uint32_t idle_ms);
  void ParkMoved(Connection connection);
  bool IsPassed(const Listener& listener) const;
  void PassOn(Connection connection);
  int OpenListener(Listener* listener, UniqueFd fd);
  void CloseOverflow(uint16_t id);
  void ForgetClosed();

  // What a callback of the loop needs to find its listener.
  struct Link {
    Dispatch* dispatch;
    Listener* listener;
  };

  Loop* const loop_;
  Shared* const shared_;
  EventSink* const events_;
  Picks* const picks_;
  DispatchOptions options_;
  Timer look_;
  Control control_;
  Workers workers_;
  Reclaim reclaim_;
  Parked parked_;
  Idle idle_;
  Looking looking_;
  // Of what was parked, and is to be dealt now: that has been seen, and that whose listener the
  // program has named.
  std::vector<Connection> seen_;
  std::vector<Connection> routed_;
  HandOver hand_over_;
  Returns returns_;
  Chooser chooser_;
  Overload overload_;
  Starvation starvation_;
  std::array<std::unique_ptr<Listener>, kMaxListeners> listeners_;
  std::array<Link, kMaxListeners> links_;
  std::vector<Listener*> open_;  // those that are open, or have an overflow
  size_t first_ = 0;             // of open_: who begins the next pass
  SlotSet batched_;              // workers that have a frame to be sent
  std::array<ListenerOptions, kMaxListeners> listener_options_;
  uint32_t next_ticket_ = 1;
  uint64_t now_ns_ = 0;  // of this run
  uint64_t slow_look_at_ns_ = 0;
  bool is_paused_ = false;
  bool is_limited_ = false;    // in this run, by a limit on connections
  bool is_new_first_ = false;  // what was dealt last had moved
};

}  // namespace rondo

#endif  // RONDO_ENGINE_DISPATCH_H_
