#include "engine/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/errors.h"

namespace rondo {

namespace {

constexpr uint64_t kFirstPauseMs = 50;
constexpr uint64_t kLongestPauseMs = 1000;

int AcceptSocket(int listener) {
#ifdef __linux__
  return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
  const int fd = accept(listener, nullptr, nullptr);
  if (fd >= 0) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  return fd;
#endif
}

}  // namespace

int Acceptor::Open(uv_loop_t* loop, void* data, uv_poll_cb on_readable) {
  on_readable_ = on_readable;
  const int fd = fd_.get();
  return poll_.Open(data, [loop, fd](uv_poll_t* poll) { return uv_poll_init(loop, poll, fd); });
}

void Acceptor::Arm() {
  if (is_armed_) return;
  is_armed_ = uv_poll_start(poll_.get(), UV_READABLE, on_readable_) == 0;
}

void Acceptor::Disarm() {
  if (!is_armed_) return;
  uv_poll_stop(poll_.get());
  is_armed_ = false;
}

AcceptOutcome Acceptor::Accept(UniqueFd* out, int* error) {
  int fd;
  do {
    fd = AcceptSocket(fd_.get());
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) {
    out->Reset(fd);
    pause_ms_ = 0;
    Count(&counters_->accepted);
    return AcceptOutcome::kAccepted;
  }
  *error = errno;
  if (IsWouldBlock(*error)) return AcceptOutcome::kEmpty;
  counters_->accept_errors.Count(*error);
  if (IsConnectionError(*error)) return AcceptOutcome::kAborted;
  if (IsShortage(*error)) return AcceptOutcome::kShortage;
  return AcceptOutcome::kBroken;
}

bool Acceptor::IsBacklogEmpty() const {
  pollfd poll_fd = {fd_.get(), POLLIN, 0};
  return poll(&poll_fd, 1, 0) == 0;
}

void Acceptor::BackOff(uint64_t now_ms) {
  Disarm();
  is_waiting = false;
  pause_ms_ = std::min(std::max(pause_ms_ * 2, kFirstPauseMs), kLongestPauseMs);
  resume_at_ms_ = now_ms + pause_ms_;
}

bool Acceptor::EndBackOffIfDue(uint64_t now_ms) {
  if (resume_at_ms_ == 0 || now_ms < resume_at_ms_) return false;
  resume_at_ms_ = 0;
  is_waiting = true;
  return true;
}

}  // namespace rondo
