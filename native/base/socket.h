// What everything that opens a socket shares, and how a Unix socket is addressed. Moves no
// connection: listening is listen.h's, passing fds fd_passing.h's.
#ifndef RONDO_BASE_SOCKET_H_
#define RONDO_BASE_SOCKET_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/unique_fd.h"

namespace rondo {

// NONBLOCK and CLOEXEC. 0 and the socket in *out, or -errno and *out untouched.
int OpenSocket(int family, int type, UniqueFd* out);

// Borrows `fd`. 0 or -errno.
int SetNonBlockingAndCloseOnExec(int fd);

// These borrow `fd`. The address family, or 0 if it is no socket.
int DomainOf(int fd);
// Whether it is a stream socket that does not listen.
bool IsConnection(int fd);
// A number that no other socket has or had, or at least none that is open; 0 if there is none.
uint64_t IdentityOf(int fd);
// Closes it so that the peer gets a reset at once, and nothing is left in the kernel.
void ResetConnection(UniqueFd fd);

// The process at the other end of the Unix socket `fd`, which is borrowed, as it was at its
// connect(2) or listen(2). `pid` is 0 where it is not known.
struct PeerCredentials {
  pid_t pid;
  uid_t uid;
  gid_t gid;
};
// 0 or -errno: -ENOTCONN if it is not connected, and what is no Unix socket has no such peer.
int GetPeerCredentials(int fd, PeerCredentials* out);

// How many bytes `fd`, which is borrowed, holds that nobody has read yet; or -errno.
int PendingBytes(int fd);
// Ends the connection `fd`, which is borrowed, for writing, unless there are such bytes. Their
// number: 0 if it has been ended; or -errno.
int EndIfIdle(int fd);

inline constexpr size_t kMaxUnixPath = sizeof(sockaddr_un::sun_path);

struct UnixAddress {
  sockaddr_un socket;
  socklen_t size;
  bool is_abstract;
  char path[kMaxUnixPath + 1];  // terminated, which sun_path need not be

  const sockaddr* any() const { return reinterpret_cast<const sockaddr*>(&socket); }
};

// `path` has `length` bytes and needs no terminator; a leading NUL makes it an abstract name (Linux
// only) of exactly `length` bytes. 0 or -EINVAL.
int ParseUnixAddress(const char* path, size_t length, UnixAddress* out);

}  // namespace rondo

#endif  // RONDO_BASE_SOCKET_H_
