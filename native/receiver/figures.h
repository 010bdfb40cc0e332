// What a worker shows of its own loop on the scoreboard: since when a turn of it runs, how long the
// turns are, how much of the time it is busy. Measured as the loop goes by and written by no timer
// (but the heartbeat's), so an idle loop is never woken for it.
#ifndef RONDO_RECEIVER_FIGURES_H_
#define RONDO_RECEIVER_FIGURES_H_

#include <stdint.h>
#include <uv.h>

#include "base/uv_handle.h"
#include "channel/scoreboard.h"

namespace rondo {

class Figures {
 public:
  // The least time between two writings of delay, busy share and memory.
  static constexpr uint64_t kFiguresMs = 100;

  // 0 or -errno. Nothing it opens keeps the loop running.
  int Open(uv_loop_t* loop);
  // From now on they are written to `page`, which must stay until Close(). `on_turn_end(data)` runs
  // at the end of each turn of the loop.
  void Start(WorkerPage* page, void* data, void (*on_turn_end)(void* data));
  // Shows nothing any more. Once and for all; twice, or before Open(), does nothing.
  void Close();

  // A heartbeat every `interval_ms`, as soon as it has started; 0: none. By a timer of this loop,
  // so a loop that is stuck and a process that is stopped show nothing.
  void Beat(uint64_t interval_ms);

  // The loop runs callbacks. Its I/O callbacks come before its check handles, so whoever is called
  // by one of them and may take long says so itself.
  void BeginTurn();

 private:
  void EndTurn();
  void Publish(uint64_t now, uint64_t idle);
  void ShowBeat(uint32_t heartbeat);

  uv_loop_t* loop_ = nullptr;
  UvHandle<uv_check_t> check_;      // after the loop has waited
  UvHandle<uv_prepare_t> prepare_;  // before it waits
  UvHandle<uv_timer_t> beat_;
  WorkerPage* page_ = nullptr;
  void* data_ = nullptr;
  void (*on_turn_end_)(void* data) = nullptr;
  uint64_t beat_interval_ms_ = 0;

  // uv_hrtime(), and the loop's idle time by then.
  struct Instant {
    uint64_t at = 0;
    uint64_t idle = 0;
  };
  Instant turn_ended_;  // the last turn
  Instant published_;
  uint64_t events_ = 0;      // of the loop, by the end of the last turn
  uint64_t longest_us_ = 0;  // turn since the last writing
  uint64_t delay_us_ = 0;    // as written
};

}  // namespace rondo

#endif  // RONDO_RECEIVER_FIGURES_H_
