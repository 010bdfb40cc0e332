// File descriptors over a UNIX socket: one sendmsg(2) or recvmsg(2) with SCM_RIGHTS each, never
// blocking. This is the hand-off itself; what the bytes beside the fds mean is channel.h's.
#ifndef RONDO_BASE_FD_PASSING_H_
#define RONDO_BASE_FD_PASSING_H_

#include <stddef.h>
#include <sys/types.h>

#include "base/unique_fd.h"

namespace rondo {

// SCM_MAX_FD of Linux; a message with more fails with EINVAL.
constexpr size_t kMaxFdsPerMessage = 253;

struct FdPair {
  UniqueFd first;
  UniqueFd second;
};

// A connected pair that keeps message boundaries: SOCK_SEQPACKET, or SOCK_DGRAM on macOS, which
// has no SEQPACKET for AF_UNIX. Both ends NONBLOCK and CLOEXEC. Returns 0 or -errno.
int OpenSocketPair(FdPair* out);

// Sends one message: `length` > 0 bytes of `payload` and `count` fds, which are borrowed; the
// caller still has to close them. All or nothing. Returns the bytes sent, or -errno.
ssize_t SendFds(int socket, const int* fds, size_t count, const void* payload, size_t length);

struct ReceivedMessage {
  ssize_t bytes;     // -errno; 0: the other end is closed
  size_t fd_count;   // owned by the `fds` the caller passed in
  bool fds_lost;     // the kernel could not install all fds (MSG_CTRUNC): all have been closed
  bool payload_cut;  // the payload was longer than `capacity` (MSG_TRUNC)
};

// Receives one message into `payload` and `fds`, which must be empty. Every fd comes CLOEXEC.
ReceivedMessage ReceiveFds(int socket, void* payload, size_t capacity, UniqueFd* fds,
                           size_t max_fds);

// Whether this process could open `count` (at most kMaxFdsPerMessage) more fds right now, by
// opening and closing them. A message with more fds than that would be cut short by the kernel
// and its connections lost, so a receiver asks before it reads. `fd` is any fd of its own.
bool HasFdHeadroom(int fd, size_t count);

}  // namespace rondo

#endif  // RONDO_BASE_FD_PASSING_H_
