// A listener as the engine sees it: where a connection enters. Sorts what accept(2) can say into
// five outcomes and keeps the back-off while the process is out of fds.
#ifndef RONDO_ENGINE_LISTENER_H_
#define RONDO_ENGINE_LISTENER_H_

#include <stdint.h>

#include "base/unique_fd.h"
#include "base/uv_handle.h"
#include "engine/counters.h"

namespace rondo {

enum class AcceptOutcome {
  kAccepted,
  kEmpty,     // the backlog is empty
  kAborted,   // that connection is gone; the next one may be fine
  kShortage,  // out of fds or memory: try again after a pause
  kBroken,    // the listening socket itself is unusable
};

class Acceptor {
 public:
  Acceptor(uint16_t id, UniqueFd fd, ListenerCounters* counters)
      : id_(id), fd_(std::move(fd)), counters_(counters) {}

  uint16_t id() const { return id_; }
  ListenerCounters* counters() { return counters_; }

  // Watches the backlog on `loop`; `on_readable` runs while armed and the backlog is not empty.
  int Open(uv_loop_t* loop, void* data, uv_poll_cb on_readable);
  void Arm();
  void Disarm();

  // Accepts one connection, NONBLOCK and CLOEXEC. `*error` is errno for the last three outcomes.
  AcceptOutcome Accept(UniqueFd* out, int* error);

  bool IsBacklogEmpty() const;

  // Connections may wait in the backlog and have not been looked at. Set by the poll, cleared by
  // an empty backlog; while it is set the poll stays disarmed and every room made is used at once.
  bool is_waiting = false;

  // The pause after a shortage, doubling while it lasts.
  void BackOff(uint64_t now_ms);
  bool IsBackingOff() const { return resume_at_ms_ != 0; }
  bool EndBackOffIfDue(uint64_t now_ms);

 private:
  const uint16_t id_;
  UniqueFd fd_;
  UvHandle<uv_poll_t> poll_;  // after fd_: closed before it
  ListenerCounters* const counters_;
  uv_poll_cb on_readable_ = nullptr;
  bool is_armed_ = false;
  uint64_t pause_ms_ = 0;
  uint64_t resume_at_ms_ = 0;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_LISTENER_H_
