#include "base/ticker.h"

#include <errno.h>
#ifdef __linux__
#include <sys/timerfd.h>
#endif

namespace rondo {

int Ticker::Open(uv_loop_t* loop, void* data, void (*callback)(void* data)) {
  data_ = data;
  callback_ = callback;
  return OpenHandle(loop);
}

void Ticker::Start(uint64_t interval_ms) {
  if (is_running_ || !handle_) return;
  is_running_ = true;
  Set(interval_ms);
}

void Ticker::Stop() {
  if (!is_running_) return;
  is_running_ = false;
  Set(0);
}

#ifdef __linux__

int Ticker::OpenHandle(uv_loop_t* loop) {
  fd_.Reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd_) return -errno;
  const int result = handle_.Open(
      this, [this, loop](uv_poll_t* poll) { return uv_poll_init(loop, poll, fd_.get()); });
  if (result < 0) return result;
  return uv_poll_start(handle_.get(), UV_READABLE, [](uv_poll_t* poll, int, int) {
    Ticker* const ticker = static_cast<Ticker*>(poll->data);
    uint64_t expirations = 0;
    // Nothing to read: it was stopped when it had expired already.
    if (read(ticker->fd_.get(), &expirations, sizeof(expirations)) < 0) return;
    ticker->callback_(ticker->data_);
  });
}

void Ticker::Close() {
  is_running_ = false;
  handle_.Close();
  fd_.Reset();
}

void Ticker::Set(uint64_t interval_ms) {
  itimerspec setting = {};
  setting.it_interval.tv_sec = static_cast<time_t>(interval_ms / 1000);
  setting.it_interval.tv_nsec = static_cast<long>(interval_ms % 1000) * 1'000'000;
  setting.it_value = setting.it_interval;
  timerfd_settime(fd_.get(), 0, &setting, nullptr);
}

#else

int Ticker::OpenHandle(uv_loop_t* loop) {
  return handle_.Open(this, [loop](uv_timer_t* timer) { return uv_timer_init(loop, timer); });
}

void Ticker::Close() {
  is_running_ = false;
  handle_.Close();
}

void Ticker::Set(uint64_t interval_ms) {
  if (interval_ms == 0) {
    uv_timer_stop(handle_.get());
    return;
  }
  uv_timer_start(
      handle_.get(),
      [](uv_timer_t* timer) {
        Ticker* const ticker = static_cast<Ticker*>(timer->data);
        ticker->callback_(ticker->data_);
      },
      interval_ms, interval_ms);
}

#endif

}  // namespace rondo
