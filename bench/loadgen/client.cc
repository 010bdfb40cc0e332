#include "client.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>

#include "clock.h"
#include "input.h"
#include "open_counts.h"
#include "reply.h"

namespace loadgen {
namespace {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kMaxWait = 50 * kMillisecond;  // also how late a hung client may be noticed
constexpr int kMaxEvents = 256;
constexpr uint32_t kReadEvents = EPOLLIN | EPOLLRDHUP;

// The same in every run.
constexpr uint64_t kSeed = 16;

std::string MakeRequest(const Options& options, const std::string& path) {
  if (options.mode == Mode::kStorm || options.mode == Mode::kHold) return "";
  const char* connection = options.mode == Mode::kKeepAlive ? "keep-alive" : "close";
  const char* method = options.post > 0 ? "POST " : "GET ";
  const char* rest = options.post > 0 ? "\r\nContent-Length: 2\r\n\r\nok" : "\r\n\r\n";
  const std::string header =
      options.proxy > 0 ? "PROXY TCP4 203.0.113.7 198.51.100.1 40001 443\r\n" : "";
  return header + method + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: " + connection +
         rest;
}

}  // namespace

Client::Client(const Options& options)
    : options_(options),
      holds_(options.mode == Mode::kHold),
      keeps_open_(holds_ || options.mode == Mode::kKeepAlive),
      request_(MakeRequest(options, options.path)),
      slow_request_(MakeRequest(options, "/slow")),
      hang_ns_(options.hang_ms * kMillisecond),
      connections_(static_cast<size_t>(options.concurrency)),
      chance_(kSeed),
      awaits_end_of_input_(options.end_at_eof > 0) {
  is_opening_ = options.opening > 0 && !holds_;
  for (uint32_t i = 0; i < connections_.size(); i++) free_.push_back(i);
  tally_.latencies.Reserve(static_cast<size_t>(options.requests));
  tally_.slowest.Keep(static_cast<size_t>(options.slowest));
}

int Client::Run(const volatile sig_atomic_t* interrupted) {
  epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return -errno;
  start_ns_ = last_end_ns_ = Now();
  stop_ns_ = start_ns_ + options_.seconds * kSecond;
  next_hang_scan_ns_ = start_ns_ + kMaxWait;
  if (awaits_end_of_input_ && !is_opening_) SayHeld();

  int result = 0;
  while (result == 0 && !*interrupted) {
    const int64_t now_ns = Now();
    if (now_ns >= next_hang_scan_ns_) DropHung(now_ns);
    if (tally_.Bad() > options_.failures) break;
    CloseDue(now_ns);
    StartDue(now_ns);
    if (free_.size() == connections_.size() && IsAllStarted(now_ns)) break;
    result = Wait(now_ns);
  }
  tally_.unfinished = static_cast<int64_t>(connections_.size() - free_.size());
  tally_.elapsed_ns = last_end_ns_ - start_ns_;
  if (holds_) CountOpen(connections_, &tally_);
  return result;
}

bool Client::IsAllStarted(int64_t now_ns) const {
  return tally_.started == options_.requests || now_ns >= stop_ns_ || has_input_ended_;
}

// While connections are opened what is next is due as soon as it may.
int64_t Client::NextDue() const {
  return is_opening_ ? start_ns_ : start_ns_ + options_.DueNs(tally_.started - opening_count_);
}

// When the next held connection is to be closed; never without --hold-ms.
int64_t Client::NextClose() const {
  if (options_.hold_ms == 0 || next_close_ == tally_.started) return INT64_MAX;
  return connections_[next_close_].connecting_ns + options_.hold_ms * kMillisecond;
}

// In the order they were opened. One that has not been answered yet is waited for, and those after
// it: their order decides how many are open at each moment.
void Client::CloseDue(int64_t now_ns) {
  while (NextClose() <= now_ns) {
    Connection& connection = connections_[next_close_];
    if (connection.state == State::kOpening || connection.state == State::kWaiting) return;
    next_close_++;
    if (connection.state == State::kClosed || IsLeft(&connection)) continue;
    connection.closed_ns = Now();
    connection.Close();
  }
}

// Each free client at most once: one that fails at once is free again, and the clock must be looked
// at in between.
void Client::StartDue(int64_t now_ns) {
  for (size_t left = free_.size(); left > 0; left--) {
    if (IsAllStarted(now_ns) || NextDue() > now_ns || AwaitsOpening()) return;
    Start(TakeFree());
  }
}

// The one that has waited longest, or any.
uint32_t Client::TakeFree() {
  if (options_.random > 0 && !is_opening_) {
    const size_t chosen = static_cast<size_t>(chance_.Below(free_.size()));
    std::swap(free_[chosen], free_.front());
  }
  const uint32_t index = free_.front();
  free_.pop_front();
  return index;
}

// True while no further connection may be opened. Free clients are taken in turn, so the first
// `concurrency` requests are each client's first.
bool Client::AwaitsOpening() {
  const int64_t under_way = options_.concurrency - static_cast<int64_t>(free_.size());
  if (holds_) return under_way >= options_.opening;
  if (!is_opening_) return false;
  if (tally_.started < options_.concurrency) return under_way >= options_.opening;
  if (under_way > 0) return true;
  BeginAfterOpening();
  return false;
}

// All connections are open, and what counts begins: at once, or when it is asked for.
void Client::BeginAfterOpening() {
  is_opening_ = false;
  opening_count_ = tally_.started;
  if (options_.begin_at_eof > 0 || awaits_end_of_input_) SayHeld();
  if (options_.begin_at_eof > 0) WaitForEndOfInput(options_.seconds);
  start_ns_ = last_end_ns_ = Now();
  stop_ns_ = start_ns_ + options_.seconds * kSecond;
}

void Client::Start(uint32_t index) {
  Connection& connection = connections_[index];
  connection.started_ns = Now();
  connection.due_ns = options_.IsOpenLoop() && !is_opening_ ? NextDue() : connection.started_ns;
  connection.is_start = is_opening_ || tally_.started < options_.skip;
  connection.is_slow = options_.slow_percent > 0 && !is_opening_ &&
                       chance_.Below(100) < static_cast<uint64_t>(options_.slow_percent);
  connection.reply.clear();
  tally_.started++;
  if (connection.state == State::kIdle && !IsLeft(&connection)) return Send(index);
  Open(index);
}

void Client::Open(uint32_t index) {
  int error = connections_[index].Open(options_, tally_.started);
  if (error == 0) {
    uint32_t events = request_.empty() ? kReadEvents : EPOLLOUT;
    if (options_.connects > 0) events |= EPOLLOUT;
    error = Watch(index, EPOLL_CTL_ADD, events);
  }
  if (error != 0) Fail(index, -error);
}

int Client::Watch(uint32_t index, int operation, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.u32 = index;
  const int fd = connections_[index].fd.get();
  return epoll_ctl(epoll_.get(), operation, fd, &event) == 0 ? 0 : -errno;
}

int Client::Wait(int64_t now_ns) {
  int64_t wait_ns = kMaxWait;
  if (!free_.empty() && !IsAllStarted(now_ns) && !is_opening_) {
    wait_ns = std::clamp<int64_t>(NextDue() - Now(), 0, kMaxWait);
  }
  if (NextClose() != INT64_MAX) wait_ns = std::clamp<int64_t>(NextClose() - Now(), 0, wait_ns);
  // epoll_wait counts in milliseconds, which would make an open loop start late; ppoll on the
  // epoll fd counts in nanoseconds.
  pollfd polled[] = {{epoll_.get(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  const timespec timeout = {0, wait_ns};
  const int found = ppoll(polled, awaits_end_of_input_ ? 2 : 1, &timeout, nullptr);
  if (found < 0) return errno == EINTR ? 0 : -errno;
  if (awaits_end_of_input_) LookAtInput(polled[1].revents);

  epoll_event events[kMaxEvents];
  const int count = epoll_wait(epoll_.get(), events, kMaxEvents, 0);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  // No event here can be of an earlier connection with the same index: a connection has one event
  // in a batch, and its index is used again only by that event or after the batch.
  for (int i = 0; i < count; i++) OnEvent(events[i].data.u32, events[i].events);
  return 0;
}

void Client::LookAtInput(short events) {
  if (events == 0) return;
  awaits_end_of_input_ = false;
  has_input_ended_ = true;
}

void Client::OnEvent(uint32_t index, uint32_t events) {
  Connection& connection = connections_[index];
  switch (connection.state) {
    case State::kOpening:
      if (options_.connects > 0 && !(events & EPOLLERR))
        tally_.connects.Add(Now() - connection.connecting_ns, connection.is_start);
      if (!request_.empty()) return Send(index);
      connection.state = State::kWaiting;
      if (!(events & EPOLLERR)) tally_.opened++;
      if (options_.connects > 0) {
        const int error = Watch(index, EPOLL_CTL_MOD, kReadEvents);
        if (error != 0) return Fail(index, -error);
      }
      return CheckReply(index, connection.Receive(events));
    case State::kWaiting:
      return CheckReply(index, connection.Receive(events));
    case State::kIdle:
      IsLeft(&connection);
      return;
    case State::kClosed:
      return;
  }
}

// A request is shorter than any socket buffer and nothing else is under way: it goes in one piece.
void Client::Send(uint32_t index) {
  Connection& connection = connections_[index];
  const bool is_reused = connection.state == State::kIdle;
  const std::string& request = connection.is_slow ? slow_request_ : request_;
  if (send(connection.fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    if (!is_reused) return Fail(index, errno);
    // Left by the server since IsLeft() looked. Not a byte went out: it was closed while idle.
    tally_.closed_idle++;
    return Open(index);
  }
  connection.state = State::kWaiting;
  if (is_reused) return;
  tally_.opened++;
  const int error = Watch(index, EPOLL_CTL_MOD, kReadEvents);
  if (error != 0) Fail(index, -error);
}

// `end` is how the connection ended, or 0 if it is open.
void Client::CheckReply(uint32_t index, int end) {
  // Where nothing is kept a reply ends with its connection.
  if (end == 0 && !keeps_open_) return;
  if (end == kWrongReply) return Fail(index, end);
  const std::string& bytes = connections_[index].reply;
  const Reply reply = request_.empty() ? ReadLine(bytes) : ReadHttp(bytes);
  switch (reply.extent) {
    case Reply::Extent::kWrong:
      return Fail(index, kWrongReply);
    case Reply::Extent::kIncomplete:
      if (end != 0) Fail(index, end);
      return;
    case Reply::Extent::kUntilClose:
      if (holds_) {
        if (end == 0) break;
        return Fail(index, end);
      }
      if (end == 0) return;
      if (end != kEndOfFile) return Fail(index, end);
      break;
    case Reply::Extent::kComplete:
      break;
  }
  if (reply.worker.empty()) return Fail(index, kWrongReply);
  CountOk(index, reply, end);
}

Served* Client::ServedBy(std::string_view worker) {
  auto entry = tally_.served.find(worker);
  if (entry == tally_.served.end())
    entry = tally_.served.emplace(worker, Served{std::string(worker)}).first;
  return &entry->second;
}

void Client::CountOk(uint32_t index, const Reply& reply, int end) {
  Connection& connection = connections_[index];
  if (connection.server == nullptr) {
    connection.server = ServedBy(reply.worker);
    connection.server->connections++;
  } else if (connection.server->worker != reply.worker) {
    if (options_.moves == 0) return Fail(index, kWrongReply);
    connection.server = ServedBy(reply.worker);
    tally_.moved++;
  }
  const int64_t now_ns = Now();
  if (now_ns - connection.started_ns >= hang_ns_) return Hang(index, now_ns);
  connection.server->requests++;
  if (!connection.is_start) connection.server->after_start++;
  tally_.ok++;
  if (!is_opening_) tally_.rated++;
  const int64_t latency_ns = now_ns - connection.due_ns;
  tally_.latencies.Add(latency_ns, connection.is_start);
  tally_.slowest.Add({latency_ns, connection.started_ns, connection.server});
  if (options_.late_ms > 0 && latency_ns > options_.late_ms * kMillisecond) tally_.late++;
  if (reply.received_ns > 0)
    tally_.handoffs.Add(reply.received_ns - connection.connecting_ns, connection.is_start);
  if (!keeps_open_) return Retire(index, now_ns);
  if (reply.announces_close) {
    tally_.closed_announced++;
    return Retire(index, now_ns);
  }
  if (end != 0) {
    tally_.closed_idle++;
    return Retire(index, now_ns);
  }
  connection.state = State::kIdle;
  last_end_ns_ = now_ns;
  // At once and not after the batch of events: workers would wait for the slowest of the batch.
  if (!options_.IsOpenLoop() && !is_opening_ && !holds_ && !IsAllStarted(now_ns))
    return Start(index);
  free_.push_back(index);
}

void Client::LookAtHeld() {
  for (Connection& connection : connections_) {
    if (connection.state == State::kIdle) IsLeft(&connection);
  }
}

// True if an idle connection can no longer be used; it is then closed. Asked before every request
// on it, so that a close the kernel knows of is never taken for a failed request.
bool Client::IsLeft(Connection* connection) {
  switch (connection->Look()) {
    case Connection::Idle::kUsable:
      return false;
    case Connection::Idle::kClosed:
      tally_.closed_idle++;
      break;
    // Such as a 408 (RFC 9110, 15.5.9), or the rest of a reply that was longer than it said.
    case Connection::Idle::kUnasked:
      tally_.closed_unasked++;
      break;
  }
  connection->Close();
  return true;
}

// On a new connection also what went wrong before the request was sent: a client that connected in
// order to ask got no answer.
void Client::Fail(uint32_t index, int error) {
  const Connection& connection = connections_[index];
  if (error == ECONNREFUSED) {
    tally_.refused++;
  } else {
    tally_.failed++;
    tally_.failures[error]++;
    if (connection.server != nullptr && connection.reply.empty()) tally_.reused_failed++;
  }
  Retire(index, Now());
}

void Client::Hang(uint32_t index, int64_t now_ns) {
  tally_.hung++;
  const Connection& connection = connections_[index];
  if (tally_.hung_told.size() < kHungTold)
    tally_.hung_told.push_back({connection.started_ns, connection.server});
  if (options_.connects > 0 && connection.state == State::kWaiting) tally_.hung_connected++;
  Retire(index, now_ns);
}

void Client::Retire(uint32_t index, int64_t now_ns) {
  connections_[index].Close();
  free_.push_back(index);
  last_end_ns_ = now_ns;
}

void Client::DropHung(int64_t now_ns) {
  next_hang_scan_ns_ = now_ns + kMaxWait;
  for (uint32_t i = 0; i < connections_.size(); i++) {
    const Connection& connection = connections_[i];
    if (connection.state != State::kOpening && connection.state != State::kWaiting) continue;
    if (now_ns - connection.started_ns >= hang_ns_) Hang(i, now_ns);
  }
}

}  // namespace loadgen
