#include "engine/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/errors.h"
#include "base/socket.h"

namespace rondo {

namespace {

constexpr uint64_t kFirstPauseNs = 50 * kMillisecond;
constexpr uint64_t kLongestPauseNs = 1 * kSecond;
// So many connections in a row that a firewall forbids are taken for something else.
constexpr uint32_t kMostForbidden = 16;

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

// For so long the kernel keeps a connection to itself of which nothing has come (tcp(7),
// TCP_DEFER_ACCEPT): until its first SYN-ACK would be sent again.
constexpr int kDeferSeconds = 1;
constexpr uint64_t kDeferNs = kDeferSeconds * kSecond;

bool IsSamePolicy(const PolicyOptions& a, const PolicyOptions& b) {
  return a.name == b.name && a.seed == b.seed && a.bound_permille == b.bound_permille &&
         a.ipv6_prefix == b.ipv6_prefix;
}

}  // namespace

int Listener::Open(Loop* loop, UniqueFd fd, void* data, Watch::Callback on_readable) {
  fd_ = std::move(fd);
  domain_ = DomainOf(fd_.get());
  const int result = watch_.Open(loop, fd_.get(), data, on_readable);
  if (result < 0) {
    fd_.Reset();
    state_ = State::kClosed;
    return result;
  }
  state_ = State::kIdle;
  // What was known of a former socket is not of this one.
  ForgetBacklog();
  accepted_total = 0;
  has_ended_ = false;
  is_shared_ = false;
  is_deferring_ = false;
  DeferIfWorthIt();
  return 0;
}

void Listener::Close() { SetState(State::kClosed); }

void Listener::CloseSocket() {
  watch_.Close();
  fd_.Reset();
}

bool Listener::Configure(const ListenerOptions& options, const uint32_t* weights) {
  if (policy_ == nullptr || !IsSamePolicy(options.policy, options_.policy)) {
    std::unique_ptr<Policy> policy = Policy::Make(options.policy);
    if (policy == nullptr) return false;
    policy_ = std::move(policy);
    turn.Compare(policy_->measure, weights);
  }
  options_ = options;
  const StickyOptions* const sticky = options.sticky.get();
  if (sticky != nullptr && sessions_ == nullptr) {
    sessions_ = std::make_unique<Sessions>(sticky->most, sticky->idle_ms, &counters_->sessions);
  }
  DeferIfWorthIt();
  return true;
}

// A client that speaks first is accepted when it has spoken, so that it need not be waited for
// here. One that is silent is accepted after a second, which must not be late. A socket that came
// with this option, systemd's for instance, keeps it.
void Listener::DeferIfWorthIt() {
#ifdef TCP_DEFER_ACCEPT
  const bool is_worth_it = options_.look != nullptr && options_.look->timeout_ns >= 2 * kDeferNs;
  if (!fd_ || is_worth_it == is_deferring_ || (domain_ != AF_INET && domain_ != AF_INET6)) return;
  const int seconds = is_worth_it ? kDeferSeconds : 0;
  if (setsockopt(fd_.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)) == 0) {
    is_deferring_ = is_worth_it;
  }
#endif
}

uint64_t Listener::silent_ns() const { return is_deferring_ ? kDeferNs : 0; }

void Listener::SetState(State state) {
  if (state_ == State::kClosed) return;
  state_ = state;
  has_backlog_ = false;
  if (state == State::kIdle || state == State::kPaused) {
    ForgetBacklog();
  } else if (state == State::kClosed) {
    CloseSocket();
  }
}

void Listener::ForgetBacklog() {
  has_backlog_ = false;
  hold.End();
  is_held = false;
  age.Clear();
}

void Listener::NoteReadable() {
  if (state_ == State::kIdle) SetState(State::kWaiting);
}

int Listener::Duplicate(UniqueFd* out) {
  const int fd = fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return -errno;
  out->Reset(fd);
  is_shared_ = true;
  return 0;
}

void Listener::EndBacklog() {
  // Of TCP that would close what is in it, and for another process that has the socket it would be
  // readable for ever.
  if (domain_ == AF_UNIX && !is_shared_) has_ended_ = shutdown(fd_.get(), SHUT_RD) == 0;
}

AcceptOutcome Listener::Accept(UniqueFd* out, int* error) {
  int fd;
  do {
    fd = AcceptSocket(fd_.get());
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) {
    out->Reset(fd);
    pause_ns_ = 0;
    forbidden_ = 0;
    accepted_total++;
    Count(&counters_->accepted);
    return AcceptOutcome::kAccepted;
  }
  *error = errno;
  if (IsWouldBlock(*error) || (has_ended_ && *error == EINVAL)) {
    SetState(State::kIdle);
    return AcceptOutcome::kEmpty;
  }
  counters_->accept_errors.Count(*error);
  // A filter that forbids the call itself says EPERM, too, and does so without end.
  const bool is_forbidden = *error == EPERM && ++forbidden_ >= kMostForbidden;
  if (IsConnectionError(*error) && !is_forbidden) return AcceptOutcome::kAborted;
  if (!IsShortage(*error) && !is_forbidden) return AcceptOutcome::kBroken;
  BackOff();
  return AcceptOutcome::kShortage;
}

void Listener::WatchIfIdle(bool is_paused) {
  if (state_ == State::kIdle && !is_paused) {
    watch_.Resume();
  } else {
    watch_.Pause();
  }
}

void Listener::LookWhetherEmpty() {
  if (state_ != State::kWaiting) return;
  pollfd poll_fd = {fd_.get(), POLLIN, 0};
  const int result = poll(&poll_fd, 1, 0);
  has_backlog_ = result > 0;
  if (result == 0) SetState(State::kIdle);
}

void Listener::Pause() {
  pause_ns_ = 0;
  SetState(State::kPaused);
}

void Listener::Resume() {
  if (state_ == State::kPaused && fd_) SetState(State::kWaiting);
}

void Listener::BackOff() {
  pause_ns_ = std::clamp(pause_ns_ * 2, kFirstPauseNs, kLongestPauseNs);
  resume_at_ns_ = NowNs() + pause_ns_;
  SetState(State::kBackingOff);
}

void Listener::EndBackOffIfDue(uint64_t now_ns) {
  if (state_ == State::kBackingOff && now_ns >= resume_at_ns_) SetState(State::kWaiting);
}

}  // namespace rondo
