#include "worker.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "base/fd_passing.h"

namespace bare {
namespace {

constexpr int kMaxEvents = 256;

bool Watch(int epoll, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

rondo::UniqueFd AcceptFrom(int source) {
  int fd;
  do {
    fd = accept4(source, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
  return rondo::UniqueFd(fd);
}

rondo::UniqueFd ReceiveFrom(int source) {
  rondo::UniqueFd fd;
  char payload;
  const rondo::ReceivedMessage message = rondo::ReceiveFds(source, &payload, 1, &fd, 1);
  errno = message.bytes < 0 ? static_cast<int>(-message.bytes) : message.fds_lost ? EMFILE : 0;
  return fd;
}

int Worker::Run(int source, TakeConnection take) {
  epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_ || !Watch(epoll_.get(), source)) return errno;
  epoll_event events[kMaxEvents];
  while (true) {
    const int count = epoll_wait(epoll_.get(), events, kMaxEvents, -1);
    if (count < 0 && errno != EINTR) return errno;
    for (int i = 0; i < count; i++) {
      const int fd = events[i].data.fd;
      if (fd != source) {
        Continue(fd);
        continue;
      }
      const int error = TakeAll(source, take);
      if (error != EAGAIN) return error;
    }
  }
}

// Until the source has no more. Connections that were taken are served at once: what a client asks
// for is mostly there already.
int Worker::TakeAll(int source, TakeConnection take) {
  for (rondo::UniqueFd fd = take(source); fd; fd = take(source)) Start(std::move(fd));
  return errno;
}

void Worker::Start(rondo::UniqueFd fd) {
  std::string input;
  if (!service_.Serve(fd.get(), &input) || !Watch(epoll_.get(), fd.get())) return;
  const int key = fd.get();
  connections_[key] = {std::move(fd), std::move(input)};
}

void Worker::Continue(int fd) {
  const auto connection = connections_.find(fd);
  if (connection == connections_.end()) return;
  if (!service_.Serve(fd, &connection->second.input)) connections_.erase(connection);
}

}  // namespace bare
