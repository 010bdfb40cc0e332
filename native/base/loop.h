// The loop of the engine's thread: which fds are readable, when a timer is due, and a way to wake
// it from another thread. epoll(7) and timerfd on Linux, poll(2) elsewhere.
//
// Not libuv's, because libuv ends the process when EPOLL_CTL_ADD fails (the user's
// max_user_watches), takes two system calls for each pause of an fd, and sets the clock for its
// timers anew at each sleep, which costs a virtual machine 1.5 us per connection.
#ifndef RONDO_BASE_LOOP_H_
#define RONDO_BASE_LOOP_H_

#include <stddef.h>
#include <stdint.h>

#include <atomic>
#include <vector>

#include "base/unique_fd.h"

#if defined(__linux__) && !defined(RONDO_LOOP_POLL)
#define RONDO_LOOP_EPOLL 1
#endif

namespace rondo {

// Whether Trigger::kEdge is more than a pause after each call.
#ifdef RONDO_LOOP_EPOLL
constexpr bool kHasEdges = true;
#else
constexpr bool kHasEdges = false;
#endif

class Loop;

// When a Watch calls back: while there is something to read, or when more has come, though what
// was there before has not been read. poll(2) cannot tell the second: there the watch is paused
// before each call, and its owner resumes it when it is time to look again.
enum class Trigger { kLevel, kEdge };

// Calls back while `fd` is readable. On the loop's thread; neither copied nor moved.
class Watch {
 public:
  using Callback = void (*)(void* data);

  Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { Close(); }

  // `fd` is borrowed and stays open until Close(). 0 or -errno: -ENOSPC (max_user_watches),
  // -ENOMEM.
  int Open(Loop* loop, int fd, void* data, Callback on_readable, Trigger trigger = Trigger::kLevel);
  // No callback while paused. Neither can fail: the fd stays registered.
  void Pause();
  void Resume();
  // No callback after it, also none of this turn of the loop.
  void Close();

  bool IsOpen() const { return loop_ != nullptr; }
  bool IsPaused() const { return is_paused_; }

 private:
  friend class Loop;
  void Register();

  Loop* loop_ = nullptr;
  int fd_ = -1;
  void* data_ = nullptr;
  Callback on_readable_ = nullptr;
  Trigger trigger_ = Trigger::kLevel;
  bool is_paused_ = false;
};

// Calls back once, some time after Start(). On the loop's thread; neither copied nor moved.
class Timer {
 public:
  using Callback = void (*)(void* data);

  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { Close(); }

  // 0 or -errno: -EMFILE, -ENFILE, -ENOMEM, -ENOSPC.
  int Open(Loop* loop, void* data, Callback on_due);
  // Due after `delay_ns`, or earlier if it was to be already.
  void Start(uint64_t delay_ns, uint64_t now_ns);
  void Stop();
  void Close();

  bool IsRunning() const { return due_ns_ != 0; }

 private:
  friend class Loop;
  void Fire();
  void Set();

  Loop* loop_ = nullptr;
  void* data_ = nullptr;
  Callback on_due_ = nullptr;
  uint64_t due_ns_ = 0;  // 0: not running
#ifdef RONDO_LOOP_EPOLL
  UniqueFd fd_;
  Watch watch_;
#endif
};

class Loop {
 public:
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // `on_wake(data)` runs on the loop's thread after Wake(). 0 or -errno (EMFILE, ENFILE, ENOMEM).
  int Open(void* data, void (*on_wake)(void* data));
  // After Run(), when all watches and timers are closed. Closes what Open() opened.
  void Close();
  // Until Stop(), which is called by a callback.
  void Run();
  void Stop() { is_stopped_ = true; }

  // From any thread; several calls may be answered by one on_wake.
  void Wake();
  // How often the loop has gone on after waiting. From any thread.
  uint64_t wake_ups() const { return wake_ups_.load(std::memory_order_relaxed); }

 private:
  friend class Watch;
  friend class Timer;

  int Wait();
  void OnWake();

  std::vector<Watch*> ready_;  // of this turn, not called yet; null: closed meanwhile
  std::atomic<uint64_t> wake_ups_{0};
  bool is_stopped_ = false;
  void* data_ = nullptr;
  void (*on_wake_)(void* data) = nullptr;
  UniqueFd wake_fd_;  // read by the loop
#ifdef RONDO_LOOP_EPOLL
  UniqueFd epoll_;
#else
  UniqueFd wake_end_;  // written by Wake()
  std::vector<Watch*> watches_;
  std::vector<Timer*> timers_;
#endif
  Watch wake_watch_;
};

}  // namespace rondo

#endif  // RONDO_BASE_LOOP_H_
