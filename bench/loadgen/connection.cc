#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "clock.h"
#include "reply.h"

namespace loadgen {
namespace {

// One source address has some 28,000 ports, and each stays taken for a minute after its
// connection; a benchmark needs more. IP_BIND_ADDRESS_NO_PORT leaves the port to connect(), which
// knows the target and so may share a port among targets.
int BindSource(int fd, int64_t nth) {
  const int on = 1;
  if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) != 0) return -errno;
  sockaddr_in source = {};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(0x7f000002u + static_cast<uint32_t>(nth));
  if (bind(fd, reinterpret_cast<sockaddr*>(&source), sizeof(source)) != 0) return -errno;
  return 0;
}

}  // namespace

int Connection::Open(const Options& options, int64_t nth) {
  state = State::kOpening;
  server = nullptr;
  closed_ns = 0;
  const int family = options.target.ss_family;
  fd.Reset(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return -errno;
  if (family == AF_INET) {
    const int error = BindSource(fd.get(), nth % options.sources);
    if (error != 0) return error;
  }
  connecting_ns = Now();
  const auto* target = reinterpret_cast<const sockaddr*>(&options.target);
  if (connect(fd.get(), target, options.target_length) != 0 && errno != EINPROGRESS) return -errno;
  return 0;
}

int Connection::Receive(uint32_t events) {
  char buffer[4096];
  while (reply.size() <= kMaxReplyBytes) {
    const ssize_t count = recv(fd.get(), buffer, sizeof(buffer), 0);
    if (count == 0) return kEndOfFile;
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : errno;
    reply.append(buffer, static_cast<size_t>(count));
    // Without RDHUP the end is not here yet, and another recv would only say EAGAIN.
    if (!(events & EPOLLRDHUP) && static_cast<size_t>(count) < sizeof(buffer)) return 0;
  }
  return kWrongReply;
}

Connection::Idle Connection::Look() const {
  char byte = 0;
  const ssize_t count = recv(fd.get(), &byte, 1, MSG_PEEK);
  if (count > 0) return Idle::kUnasked;
  return count < 0 && (errno == EAGAIN || errno == EINTR) ? Idle::kUsable : Idle::kClosed;
}

void Connection::Close() {
  fd.Reset();
  state = State::kClosed;
}

}  // namespace loadgen
