#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"

#ifdef RONDO_LOOP_EPOLL
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#else
#include <poll.h>

#include "base/fd_passing.h"
#endif

namespace rondo {

void Loop::Run() {
  while (!is_stopped_) {
    if (Wait() < 0) continue;
    wake_ups_.fetch_add(1, std::memory_order_relaxed);
    // By index: a callback may close watches, and those of this turn are found in the list.
    for (size_t i = 0; i < ready_.size(); i++) {
      Watch* const watch = ready_[i];
      if (watch == nullptr || watch->is_paused_) continue;
      if (!kHasEdges && watch->trigger_ == Trigger::kEdge) watch->Pause();
      watch->on_readable_(watch->data_);
    }
    ready_.clear();
  }
}

void Loop::Close() {
  wake_watch_.Close();
  wake_fd_.Reset();
#ifdef RONDO_LOOP_EPOLL
  epoll_.Reset();
#else
  wake_end_.Reset();
#endif
}

void Loop::OnWake() {
  char bytes[64];
  while (read(wake_fd_.get(), bytes, sizeof(bytes)) > 0) {
  }
  on_wake_(data_);
}

int Watch::Open(Loop* loop, int fd, void* data, Callback on_readable, Trigger trigger) {
  Close();
  fd_ = fd;
  data_ = data;
  on_readable_ = on_readable;
  trigger_ = trigger;
  is_paused_ = false;
#ifdef RONDO_LOOP_EPOLL
  epoll_event event = {};
  event.events = EPOLLIN;
  if (trigger == Trigger::kEdge) event.events |= EPOLLET | EPOLLRDHUP;
  event.data.ptr = this;
  if (epoll_ctl(loop->epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return -errno;
#else
  loop->watches_.push_back(this);
#endif
  loop_ = loop;
  return 0;
}

void Watch::Pause() {
  if (loop_ == nullptr || is_paused_) return;
  is_paused_ = true;
  Register();
}

void Watch::Resume() {
  if (loop_ == nullptr || !is_paused_) return;
  is_paused_ = false;
  Register();
}

void Watch::Close() {
  if (loop_ == nullptr) return;
  std::replace(loop_->ready_.begin(), loop_->ready_.end(), this, static_cast<Watch*>(nullptr));
#ifdef RONDO_LOOP_EPOLL
  // The description may live on in another process, so closing the fd would not be enough.
  epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
#else
  auto& watches = loop_->watches_;
  watches.erase(std::find(watches.begin(), watches.end(), this));
#endif
  loop_ = nullptr;
}

#ifdef RONDO_LOOP_EPOLL

void Watch::Register() {
  epoll_event event = {};
  // Errors and hang-ups are always reported; by EPOLLET once only, so that a paused fd cannot spin.
  event.events = is_paused_ ? EPOLLET : EPOLLIN;
  if (!is_paused_ && trigger_ == Trigger::kEdge) event.events |= EPOLLET | EPOLLRDHUP;
  event.data.ptr = this;
  epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_MOD, fd_, &event);
}

int Loop::Open(void* data, void (*on_wake)(void* data)) {
  data_ = data;
  on_wake_ = on_wake;
  epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return -errno;
  wake_fd_.Reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake_fd_) return -errno;
  return wake_watch_.Open(this, wake_fd_.get(), this,
                          [](void* loop) { static_cast<Loop*>(loop)->OnWake(); });
}

void Loop::Wake() {
  const uint64_t one = 1;
  // EAGAIN alone is possible: the counter is full, and the loop about to be woken.
  while (write(wake_fd_.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

int Loop::Wait() {
  constexpr int kMostEvents = 64;
  epoll_event events[kMostEvents];
  const int count = epoll_wait(epoll_.get(), events, kMostEvents, -1);
  for (int i = 0; i < count; i++) ready_.push_back(static_cast<Watch*>(events[i].data.ptr));
  return count;
}

int Timer::Open(Loop* loop, void* data, Callback on_due) {
  Close();
  data_ = data;
  on_due_ = on_due;
  fd_.Reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd_) return -errno;
  const int result =
      watch_.Open(loop, fd_.get(), this, [](void* timer) { static_cast<Timer*>(timer)->Fire(); });
  if (result == 0) loop_ = loop;
  return result;
}

void Timer::Fire() {
  uint64_t expirations = 0;
  // Nothing to read: it was set anew when it had expired already.
  if (read(fd_.get(), &expirations, sizeof(expirations)) < 0 || due_ns_ == 0) return;
  due_ns_ = 0;
  on_due_(data_);
}

void Timer::Set() {
  itimerspec setting = {};
  setting.it_value.tv_sec = static_cast<time_t>(due_ns_ / kSecond);
  setting.it_value.tv_nsec = static_cast<long>(due_ns_ % kSecond);
  timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &setting, nullptr);
}

void Timer::Close() {
  watch_.Close();
  fd_.Reset();
  due_ns_ = 0;
  loop_ = nullptr;
}

#else

void Watch::Register() {}

int Loop::Open(void* data, void (*on_wake)(void* data)) {
  data_ = data;
  on_wake_ = on_wake;
  FdPair pair;
  const int result = OpenSocketPair(&pair);
  if (result < 0) return result;
  wake_fd_ = std::move(pair.first);
  wake_end_ = std::move(pair.second);
  return wake_watch_.Open(this, wake_fd_.get(), this,
                          [](void* loop) { static_cast<Loop*>(loop)->OnWake(); });
}

void Loop::Wake() {
  while (write(wake_end_.get(), "", 1) < 0 && errno == EINTR) {
  }
}

int Loop::Wait() {
  std::vector<pollfd> fds;
  std::vector<Watch*> polled;
  for (Watch* const watch : watches_) {
    if (watch->is_paused_) continue;
    fds.push_back({watch->fd_, POLLIN, 0});
    polled.push_back(watch);
  }
  uint64_t due_ns = UINT64_MAX;
  for (const Timer* const timer : timers_) {
    if (timer->due_ns_ != 0) due_ns = std::min(due_ns, timer->due_ns_);
  }
  int timeout_ms = -1;
  if (due_ns != UINT64_MAX) {
    const uint64_t now_ns = NowNs();
    const uint64_t left_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    const uint64_t left_ms = (left_ns + kMillisecond - 1) / kMillisecond;
    timeout_ms = static_cast<int>(std::min<uint64_t>(left_ms, INT_MAX));
  }
  const int count = poll(fds.data(), static_cast<nfds_t>(fds.size()), timeout_ms);
  if (count < 0) return count;
  for (size_t i = 0; i < fds.size(); i++) {
    if (fds[i].revents != 0) ready_.push_back(polled[i]);
  }
  const uint64_t now_ns = NowNs();
  // A copy: a callback may open and close timers.
  const std::vector<Timer*> timers = timers_;
  for (Timer* const timer : timers) {
    const bool is_open = std::find(timers_.begin(), timers_.end(), timer) != timers_.end();
    if (is_open && timer->due_ns_ != 0 && timer->due_ns_ <= now_ns) timer->Fire();
  }
  return count;
}

int Timer::Open(Loop* loop, void* data, Callback on_due) {
  Close();
  data_ = data;
  on_due_ = on_due;
  loop_ = loop;
  loop->timers_.push_back(this);
  return 0;
}

void Timer::Fire() {
  due_ns_ = 0;
  on_due_(data_);
}

void Timer::Set() {}

void Timer::Close() {
  if (loop_ == nullptr) return;
  auto& timers = loop_->timers_;
  timers.erase(std::find(timers.begin(), timers.end(), this));
  due_ns_ = 0;
  loop_ = nullptr;
}

#endif

void Timer::Start(uint64_t delay_ns, uint64_t now_ns) {
  if (loop_ == nullptr) return;
  const uint64_t due_ns = now_ns + delay_ns;
  if (due_ns_ != 0 && due_ns_ <= due_ns) return;
  due_ns_ = due_ns;
  Set();
}

void Timer::Stop() {
  if (due_ns_ == 0) return;
  due_ns_ = 0;
  Set();
}

}  // namespace rondo
