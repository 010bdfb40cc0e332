#include "base/fd_passing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace rondo {

namespace {

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
constexpr int kSendFlags = MSG_DONTWAIT;
#endif

#ifdef MSG_CMSG_CLOEXEC
constexpr int kReceiveFlags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
#else
constexpr int kReceiveFlags = MSG_DONTWAIT;
#endif

// What else the kernel may put in front of and behind the fds, if the other end of a shared socket
// asked for it: SO_PASSCRED (credentials), SO_PASSSEC (a label), SO_PASSPIDFD (an fd).
constexpr size_t kOtherControl = 512;

// linux/socket.h of kernel 6.5; older headers lack the name.
#ifndef SCM_PIDFD
constexpr int SCM_PIDFD = 0x04;
#endif

// cmsg(3): a control buffer must be aligned as its header is.
union ControlBuffer {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * kMaxFdsPerMessage) + kOtherControl];
};

size_t FdsIn(const cmsghdr* header) { return (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); }

}  // namespace

int OpenSocketPair(FdPair* out) {
  int fds[2];
#ifdef __linux__
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) {
    return -errno;
  }
  out->first.Reset(fds[0]);
  out->second.Reset(fds[1]);
#else
  // No flags at creation here: a fork between the two calls could inherit the pair.
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) != 0) return -errno;
  out->first.Reset(fds[0]);
  out->second.Reset(fds[1]);
  for (const int fd : fds) {
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return -errno;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return -errno;
    const int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on)) != 0) return -errno;
  }
#endif
  return 0;
}

namespace {

// `message` and its control data have no padding that is not zero.
ssize_t SendMessage(int socket, const msghdr* message) {
#if defined(__linux__) && !defined(__GLIBC__)
  // musl's own function copies the control data to where 253 fds have no room, which is ENOMEM
  // then.
  return syscall(SYS_sendmsg, socket, message, kSendFlags);
#else
  return sendmsg(socket, message, kSendFlags);
#endif
}

}  // namespace

ssize_t SendFds(int socket, const int* fds, size_t count, const void* payload, size_t length) {
  if (count > kMaxFdsPerMessage || length == 0) return -EINVAL;
  iovec data = {const_cast<void*>(payload), length};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  ControlBuffer control;
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    // The padding behind the last fd is sent too.
    memset(control.bytes, 0, message.msg_controllen);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
  }
  ssize_t sent;
  do {
    sent = SendMessage(socket, &message);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

ReceivedMessage ReceiveFds(int socket, void* payload, size_t capacity, UniqueFd* fds,
                           size_t max_fds) {
  ReceivedMessage result = {};
  if (max_fds > kMaxFdsPerMessage) max_fds = kMaxFdsPerMessage;
  iovec data = {payload, capacity};
  ControlBuffer control;
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * max_fds) + kOtherControl;
  do {
    result.bytes = recvmsg(socket, &message, kReceiveFlags);
  } while (result.bytes < 0 && errno == EINTR);
  if (result.bytes < 0) {
    result.bytes = -errno;
    return result;
  }

  // From here on the fds are in this process: each goes into `fds`, or is closed.
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET) continue;
    // An fd of this process, too, and nobody's.
    const bool is_pidfd = header->cmsg_type == SCM_PIDFD;
    if (header->cmsg_type != SCM_RIGHTS && !is_pidfd) continue;
    for (size_t i = 0; i < FdsIn(header); i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      UniqueFd owned(fd);
#ifndef MSG_CMSG_CLOEXEC
      fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
      if (is_pidfd) continue;
      // There is room for more fds than `max_fds`.
      if (result.fd_count < max_fds) {
        fds[result.fd_count++] = std::move(owned);
      } else {
        message.msg_flags |= MSG_CTRUNC;
      }
    }
  }
  result.payload_cut = (message.msg_flags & MSG_TRUNC) != 0;
  if ((message.msg_flags & MSG_CTRUNC) != 0) {
    // Which connection would get which fd is no longer certain, so none is kept.
    for (size_t i = 0; i < result.fd_count; i++) fds[i].Reset();
    result.fd_count = 0;
    result.fds_lost = true;
  }
  return result;
}

bool HasFdHeadroom(int fd, size_t count) {
  UniqueFd probes[kMaxFdsPerMessage];
  for (size_t i = 0; i < count && i < kMaxFdsPerMessage; i++) {
    probes[i].Reset(fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!probes[i]) return false;
  }
  return true;
}

}  // namespace rondo
