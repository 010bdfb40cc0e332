// A listener as the engine has it: where a connection enters, whose turn it is, and what its limits
// are. Sorts what accept(2) can say into five outcomes, and keeps the back-off while the process is
// out of fds.
//
//   idle --readable--> waiting --backlog empty--> idle      closed: from anywhere, for good
//            waiting --shortage--> backing off --pause over--> waiting
//   paused: from anywhere but closed; --resumed--> waiting, which finds out what its backlog has
//
// Idle, it is watched; waiting, every room that is made is used at once, and it is watched again
// when its backlog is empty. Paused, nothing of it is looked at.
#ifndef RONDO_ENGINE_LISTENER_H_
#define RONDO_ENGINE_LISTENER_H_

#include <stdint.h>

#include <memory>
#include <vector>

#include "base/loop.h"
#include "base/unique_fd.h"
#include "engine/backlog.h"
#include "engine/counters.h"
#include "engine/hold.h"
#include "engine/look/look_options.h"
#include "engine/look/sessions.h"
#include "engine/look/sticky.h"
#include "engine/policy.h"
#include "engine/turn.h"

namespace rondo {

enum class AcceptOutcome {
  kAccepted,
  kEmpty,     // the backlog is empty
  kAborted,   // that connection is gone; the next one may be fine
  kShortage,  // out of fds or memory, or it may not: try again after a pause
  kBroken,    // the listening socket itself is unusable
};

struct ListenerOptions {
  PolicyOptions policy;
  uint32_t max_connections = 0;  // pending, open and parked; 0: no limit
  bool resets = false;           // what is over a limit is turned away and does not wait
  uint64_t max_queue_ms = 0;     // what has waited for longer is turned away; 0: no limit
  uint32_t max_idle = 4096;      // connections between two requests that are held; others are dealt
  // Its sessions stay with their workers; null: it has none. `look` sees them, unless they are
  // known by their address.
  std::shared_ptr<const StickyOptions> sticky;
  // Where connections may go that are not for this listener, by what `look` sees, and where those
  // go of which it sees nothing, or what is no route's: -1: they are this listener's own.
  // With `asks_route` the program says where each goes, and all listeners it may name are targets.
  std::vector<uint16_t> route_targets;
  bool asks_route = false;
  int32_t default_route = -1;
  std::shared_ptr<const LookOptions> look;  // before it is dealt; null: nothing is looked at
};

class Listener {
 public:
  enum class State { kIdle, kWaiting, kBackingOff, kPaused, kClosed };

  Listener(uint16_t id, ListenerCounters* counters) : id_(id), counters_(counters) {}

  uint16_t id() const { return id_; }
  int fd() const { return fd_.get(); }
  int domain() const { return domain_; }
  State state() const { return state_; }
  bool IsOpen() const { return state_ != State::kClosed; }
  ListenerCounters* counters() { return counters_; }
  const ListenerOptions& options() const { return options_; }
  Policy* policy() const { return policy_.get(); }
  bool HasRoutes() const { return options_.asks_route || !options_.route_targets.empty(); }
  // Who gets a connection is known when it has been accepted, and not before.
  bool PicksLater() const {
    return policy_->asks_program || policy_->needs_peer || sessions_ != nullptr || HasRoutes();
  }
  // Null where it is not sticky.
  Sessions* sessions() const { return sessions_.get(); }

  // Takes ownership of `fd` and watches its backlog. 0 or -errno.
  int Open(Loop* loop, UniqueFd fd, void* data, Watch::Callback on_readable);
  // Without a socket: what it has, others route to it. It is paused for good.
  void OpenVirtual() {
    state_ = State::kPaused;
    is_target = true;
  }
  void Close();
  // The socket alone, to be followed by Open() with another.
  void CloseSocket();
  // From now on; a policy that stays the same keeps its state. False: there is no such policy.
  bool Configure(const ListenerOptions& options, const uint32_t* weights);

  // The backlog may hold connections.
  void NoteReadable();
  // Accepts one connection, NONBLOCK and CLOEXEC. `*error` is errno for the last three outcomes.
  AcceptOutcome Accept(UniqueFd* out, int* error);
  // Before a Unix socket is closed: a client that has looked its file up, and connects
  // only now, is refused, where it would be reset. What is in the backlog can be accepted.
  void EndBacklog();
  // The socket for another process. 0 or -errno.
  int Duplicate(UniqueFd* out);
  // Accepts nothing until Resume(), which does nothing to one that is not paused.
  void Pause();
  void Resume();
  // At the end of each dealing: watched while it is idle, and not while it waits for room, or it
  // would wake the loop without end.
  void WatchIfIdle(bool is_paused);
  // Whether room ran out with the last connection there was: then it is idle after all.
  void LookWhetherEmpty();
  // A connection is known to wait.
  bool HasBacklog() const { return has_backlog_; }
  void EndBackOffIfDue(uint64_t now_ns);
  // How long a connection has been silent that is accepted before anything has come of it.
  uint64_t silent_ns() const;

  // Others route to it: its connections may be of any kind of socket.
  bool is_target = false;

  Turn turn;
  Hold hold;
  BacklogAge age;
  int last_picked = -1;
  bool is_held = false;         // somebody has room, but it is not their turn
  uint64_t report_at_ns = 0;    // no accept error is reported before
  uint64_t accepted_total = 0;  // of this socket
  uint64_t loads_at_ns = 0;     // when the open connections of its slots were read last

 private:
  void SetState(State state);
  void ForgetBacklog();
  void BackOff();
  void DeferIfWorthIt();

  const uint16_t id_;
  ListenerCounters* const counters_;
  State state_ = State::kClosed;
  bool has_backlog_ = false;   // as seen by a look since it waits
  bool is_deferring_ = false;  // the kernel waits for the first bytes, for a while
  ListenerOptions options_;
  std::unique_ptr<Policy> policy_;
  std::unique_ptr<Sessions> sessions_;
  int domain_ = 0;
  UniqueFd fd_;
  Watch watch_;  // after fd_: closed before it
  uint64_t pause_ns_ = 0;
  uint32_t forbidden_ = 0;  // how often accept(2) said so, one after the other
  bool has_ended_ = false;  // by EndBacklog()
  bool is_shared_ = false;  // by Duplicate()
  uint64_t resume_at_ns_ = 0;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_LISTENER_H_
