#include "base/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace rondo {

int SetNonBlockingAndCloseOnExec(int fd) {
  const int descriptor_flags = fcntl(fd, F_GETFD);
  if (descriptor_flags < 0) return -errno;
  if (fcntl(fd, F_SETFD, descriptor_flags | FD_CLOEXEC) != 0) return -errno;
  const int status_flags = fcntl(fd, F_GETFL);
  if (status_flags < 0) return -errno;
  if (fcntl(fd, F_SETFL, status_flags | O_NONBLOCK) != 0) return -errno;
  return 0;
}

int OpenSocket(int family, int type, UniqueFd* out) {
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
  UniqueFd fd(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return -errno;
#else
  // macOS has no such flags. The cost: a process that another thread forks and execs between the
  // two calls inherits the socket.
  UniqueFd fd(socket(family, type, 0));
  if (!fd) return -errno;
  if (const int error = SetNonBlockingAndCloseOnExec(fd.get()); error != 0) return error;
#endif
  *out = std::move(fd);
  return 0;
}

namespace {

int SocketOption(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof(value);
  return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -errno;
}

}  // namespace

int DomainOf(int fd) {
#ifdef SO_DOMAIN
  return std::max(SocketOption(fd, SO_DOMAIN), 0);
#else
  sockaddr_storage address;
  socklen_t length = sizeof(address);
  sockaddr* const any = reinterpret_cast<sockaddr*>(&address);
  return getsockname(fd, any, &length) == 0 ? address.ss_family : 0;
#endif
}

bool IsConnection(int fd) {
  if (SocketOption(fd, SO_TYPE) != SOCK_STREAM) return false;
#ifdef SO_ACCEPTCONN
  return SocketOption(fd, SO_ACCEPTCONN) == 0;
#else
  return true;
#endif
}

uint64_t IdentityOf(int fd) {
#ifdef SO_COOKIE
  uint64_t cookie = 0;
  socklen_t length = sizeof(cookie);
  return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0 ? cookie : 0;
#else
  struct stat info;
  return fstat(fd, &info) == 0 ? info.st_ino : 0;
#endif
}

void ResetConnection(UniqueFd fd) {
  const linger at_once = {1, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

int GetPeerCredentials(int fd, PeerCredentials* out) {
#ifdef SO_PEERCRED
  ucred peer;
  socklen_t length = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -errno;
  // What Linux has for a socket without a peer, of whatever family.
  if (peer.uid == static_cast<uid_t>(-1)) return -ENOTCONN;
  *out = {peer.pid, peer.uid, peer.gid};
  return 0;
#else
  *out = {0, 0, 0};
  if (getpeereid(fd, &out->uid, &out->gid) != 0) return -errno;
#ifdef LOCAL_PEERPID
  socklen_t length = sizeof(out->pid);
  if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &out->pid, &length) != 0) out->pid = 0;
#endif
  return 0;
#endif
}

int PendingBytes(int fd) {
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : -errno;
}

int EndIfIdle(int fd) {
  const int pending = PendingBytes(fd);
  if (pending != 0) return pending;
  return shutdown(fd, SHUT_WR) == 0 ? 0 : -errno;
}

// Too long is EINVAL, the code net.Server gives from Node 24 on. Node 20 and 22 bind a truncated
// path without a word, so that clients do not find it; that is not worth matching.
int ParseUnixAddress(const char* path, size_t length, UnixAddress* out) {
  if (length == 0 || length > kMaxUnixPath) return -EINVAL;
  memset(out, 0, sizeof(*out));
  out->is_abstract = path[0] == '\0';
#ifndef __linux__
  if (out->is_abstract) return -EINVAL;
#endif
  // bind would stop at the NUL, at a path nobody asked for.
  if (!out->is_abstract && memchr(path, '\0', length) != nullptr) return -EINVAL;
  out->socket.sun_family = AF_UNIX;
  memcpy(out->socket.sun_path, path, length);
  memcpy(out->path, path, length);
  // unix(7): every byte that the size covers is part of an abstract name.
  out->size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  return 0;
}

}  // namespace rondo
