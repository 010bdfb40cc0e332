#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>

#include "reply.h"

namespace loadgen {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kMaxWait = 50 * kMillisecond;  // also how late a hung client may be noticed
constexpr int kMaxEvents = 256;

int64_t Now() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

std::string MakeRequest(const Options& options) {
  if (options.mode != Mode::kHttp) return "";
  return "GET " + options.path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
}

}  // namespace

Client::Client(const Options& options)
    : options_(options),
      request_(MakeRequest(options)),
      connections_(static_cast<size_t>(options.concurrency)) {
  for (uint32_t i = 0; i < connections_.size(); i++) free_.push_back(i);
  tally_.latencies.Reserve(static_cast<size_t>(options.connections));
}

int Client::Run(const volatile sig_atomic_t* interrupted) {
  epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return -errno;
  start_ns_ = last_end_ns_ = Now();
  stop_ns_ = start_ns_ + options_.seconds * kSecond;
  next_hang_scan_ns_ = start_ns_ + kMaxWait;

  int result = 0;
  while (result == 0 && !*interrupted) {
    const int64_t now_ns = Now();
    OpenDue(now_ns);
    if (now_ns >= next_hang_scan_ns_) DropHung(now_ns);
    if (free_.size() == connections_.size() && IsAllStarted(now_ns)) break;
    result = Wait(now_ns);
  }
  tally_.unfinished = static_cast<int64_t>(connections_.size() - free_.size());
  tally_.elapsed_ns = last_end_ns_ - start_ns_;
  return result;
}

bool Client::IsAllStarted(int64_t now_ns) const {
  return tally_.started == options_.connections || now_ns >= stop_ns_;
}

int64_t Client::NextDue() const {
  if (options_.rate == 0) return start_ns_;
  // 5,000,000 connections × 10^9 ns fit in 63 bits.
  return start_ns_ + tally_.started * kSecond / options_.rate;
}

void Client::OpenDue(int64_t now_ns) {
  while (!free_.empty() && !IsAllStarted(now_ns) && NextDue() <= now_ns) {
    const uint32_t index = free_.back();
    free_.pop_back();
    Connection& connection = connections_[index];
    connection.opened_ns = Now();
    connection.due_ns = options_.rate == 0 ? connection.opened_ns : NextDue();
    connection.is_start = tally_.started < options_.skip;
    connection.reply.clear();
    tally_.started++;
    const int error = Open(&connection, index);
    if (error != 0) Fail(index, -error);
  }
}

int Client::Open(Connection* connection, uint32_t index) {
  const int family = options_.target.ss_family;
  connection->fd.Reset(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!connection->fd) return -errno;
  if (family == AF_INET) {
    const int error = BindSource(connection->fd.get());
    if (error != 0) return error;
  }
  const auto* target = reinterpret_cast<const sockaddr*>(&options_.target);
  if (connect(connection->fd.get(), target, options_.target_length) != 0 && errno != EINPROGRESS) {
    return -errno;
  }
  epoll_event event = {};
  event.events = request_.empty() ? EPOLLIN | EPOLLRDHUP : EPOLLOUT;
  event.data.u32 = index;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection->fd.get(), &event) != 0) return -errno;
  return 0;
}

// One source address has some 28,000 ports, and each stays taken for a minute after its
// connection; a benchmark needs more. IP_BIND_ADDRESS_NO_PORT leaves the port to connect(), which
// knows the target and so may share a port among targets.
int Client::BindSource(int fd) {
  const int on = 1;
  if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) != 0) return -errno;
  sockaddr_in source = {};
  source.sin_family = AF_INET;
  const int64_t host = 2 + tally_.started % options_.sources;
  source.sin_addr.s_addr = htonl(0x7f000000u + static_cast<uint32_t>(host));
  if (bind(fd, reinterpret_cast<sockaddr*>(&source), sizeof(source)) != 0) return -errno;
  return 0;
}

int Client::Wait(int64_t now_ns) {
  int64_t wait_ns = kMaxWait;
  if (!free_.empty() && !IsAllStarted(now_ns)) {
    wait_ns = std::clamp<int64_t>(NextDue() - Now(), 0, kMaxWait);
  }
  // epoll_wait counts in milliseconds, which would make an open loop start late; ppoll on the
  // epoll fd counts in nanoseconds.
  pollfd poll = {epoll_.get(), POLLIN, 0};
  const timespec timeout = {0, wait_ns};
  if (ppoll(&poll, 1, &timeout, nullptr) < 0 && errno != EINTR) return -errno;

  epoll_event events[kMaxEvents];
  const int count = epoll_wait(epoll_.get(), events, kMaxEvents, 0);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  // No event here can be of an earlier connection with the same index: a connection has one event
  // in a batch, and its index is used again only after the batch.
  for (int i = 0; i < count; i++) OnEvent(events[i].data.u32, events[i].events);
  return 0;
}

void Client::OnEvent(uint32_t index, uint32_t events) {
  if (events & EPOLLOUT) {
    SendRequest(index);
  } else {
    ReadReply(index, events);
  }
}

// The request is shorter than any socket buffer and the first thing sent, so it goes in one piece.
void Client::SendRequest(uint32_t index) {
  const int fd = connections_[index].fd.get();
  if (send(fd, request_.data(), request_.size(), MSG_NOSIGNAL) < 0) return Fail(index, errno);
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.u32 = index;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) Fail(index, errno);
}

void Client::ReadReply(uint32_t index, uint32_t events) {
  Connection& connection = connections_[index];
  char buffer[4096];
  while (connection.reply.size() <= kMaxReplyBytes) {
    const ssize_t count = recv(connection.fd.get(), buffer, sizeof(buffer), 0);
    if (count == 0) return CheckReply(index);
    if (count < 0) {
      if (errno != EAGAIN && errno != EINTR) Fail(index, errno);
      return;
    }
    connection.reply.append(buffer, static_cast<size_t>(count));
    // Without RDHUP the end is not here yet, and another recv would only say EAGAIN.
    if (!(events & EPOLLRDHUP) && static_cast<size_t>(count) < sizeof(buffer)) return;
  }
  tally_.wrong++;
  Retire(index, Now());
}

void Client::CheckReply(uint32_t index) {
  const Connection& connection = connections_[index];
  const int64_t now_ns = Now();
  const std::string_view worker =
      request_.empty() ? WorkerOfLine(connection.reply) : WorkerOfHttp(connection.reply);
  if (worker.empty()) {
    tally_.wrong++;
    return Retire(index, now_ns);
  }
  auto entry = tally_.workers.find(worker);
  if (entry == tally_.workers.end()) entry = tally_.workers.emplace(worker, 0).first;
  entry->second++;
  tally_.ok++;
  tally_.latencies.Add(now_ns - connection.due_ns, connection.is_start);
  Retire(index, now_ns);
}

void Client::Fail(uint32_t index, int error) {
  tally_.failed[error]++;
  Retire(index, Now());
}

void Client::Retire(uint32_t index, int64_t now_ns) {
  connections_[index].fd.Reset();
  free_.push_back(index);
  last_end_ns_ = now_ns;
}

void Client::DropHung(int64_t now_ns) {
  next_hang_scan_ns_ = now_ns + kMaxWait;
  const int64_t hang_ns = options_.hang_ms * kMillisecond;
  for (uint32_t i = 0; i < connections_.size(); i++) {
    if (!connections_[i].fd || now_ns - connections_[i].opened_ns < hang_ns) continue;
    tally_.hung++;
    Retire(i, now_ns);
  }
}

}  // namespace loadgen
