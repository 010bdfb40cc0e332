// The heart of the engine: accept, pick, hand off. Deal() is the one function that moves
// connections; every event (a connection waits, room was made, a worker came or went) ends in a
// call of it. Runs on the engine's thread; engine.h has the doors to it.
#ifndef RONDO_ENGINE_DISPATCH_H_
#define RONDO_ENGINE_DISPATCH_H_

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "base/ticker.h"
#include "engine/events.h"
#include "engine/listener.h"
#include "engine/policy.h"
#include "engine/starvation.h"
#include "engine/workers.h"

namespace rondo {

struct DealerOptions {
  const Policy* policy;
  uint32_t window;  // connections handed to a slot and not yet received, at most
  // A slot that receives nothing for so long loses what is pending. 0: never.
  uint64_t take_back_ms;
  uint32_t quick_window = 0;  // the window of a worker that receives quickly, if larger
};

class Dealer {
 public:
  Dealer(uv_loop_t* loop, const DealerOptions& options, UniqueFd board_fd, Shared* shared,
         EventSink* events);

  int Open();  // 0 or -errno
  // Closes every listener and channel. What waits to be dealt again is closed and counted; what
  // was handed off stays readable for its worker.
  void Close();

  // From now on; what is pending beyond a smaller window is still received.
  void Configure(const DealerOptions& options);
  void AddListener(uint16_t id, UniqueFd fd);
  void RemoveListener(uint16_t id);
  void Pause();
  void Resume();
  Roster* roster() { return &roster_; }

 private:
  struct Door {
    Dealer* dealer;
    Acceptor acceptor;
    uint64_t report_at_ms = 0;  // no accept error is reported before
    bool is_crowded = false;    // as many of its connections wait in this process as may
  };

  void Deal();
  void DealWaiting();
  void AcceptFrom(Door* door);
  // False: no slot has room; the connection is the caller's still.
  [[nodiscard]] bool Place(Connection* connection);
  void HandOffAll();
  bool WantsAnotherRound();

  bool CanTake(Slot* slot, const Connection& connection);
  bool HasRoomFor(const Connection& connection);
  bool IsCrowded(const Door& door) const;
  bool IsHopeless(const Connection& connection) const;
  bool HasOnlyStuckLeft(const Connection& connection) const;
  bool IsLastChoice(const Connection& connection, const Slot* chosen) const;
  bool IsStarved() const;
  void OnAcceptError(Door* door, AcceptOutcome outcome, int error);
  void OfferAgain(uint16_t listener);
  void KeepTicking(bool is_unfinished);
  void Tick();
  void OnReliefTurn();

  static void OnBacklog(uv_poll_t* poll, int status, int events);
  static void OnTick(uv_timer_t* timer);

  uv_loop_t* const loop_;
  DealerOptions options_;
  Shared* const shared_;
  EventSink* const events_;
  UvHandle<uv_timer_t> tick_;
  Ticker relief_;
  std::array<std::unique_ptr<Door>, kMaxListeners> doors_;
  Starvation starvation_;
  // Taken back or refused: dealt before anything new is accepted.
  std::deque<Connection> waiting_;
  Roster roster_;
  std::vector<Candidate> candidates_;
  int last_picked_ = -1;
  bool is_ticking_ = false;
  bool is_paused_ = false;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_DISPATCH_H_
