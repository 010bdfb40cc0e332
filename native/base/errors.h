// How native code reports failure: a result >= 0, or -errno as libuv and Node spell it. The
// sorting of errno into what a server should do about it lives here, each with its reason.
#ifndef RONDO_BASE_ERRORS_H_
#define RONDO_BASE_ERRORS_H_

#include <errno.h>

namespace rondo {

// accept(2) reports errors that belong to one connection that is already gone, or to the network
// it came from. The listener is fine and the next accept may succeed at once.
inline bool IsConnectionError(int error) {
  switch (error) {
    case ECONNABORTED:  // the client reset it while it waited in the backlog
    case EPROTO:        // the same, on kernels that say so with EPROTO
    case EPERM:         // firewall rules forbid this connection
#ifdef ENONET
    case ENONET:
#endif
    case ENETDOWN:  // accept(2): "treat them like EAGAIN by retrying"
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

// The process, the user or the machine is short of something that comes back by itself. Trying
// again at once would spin; trying again later works.
inline bool IsShortage(int error) {
  switch (error) {
    case EMFILE:        // this process has no fd left
    case ENFILE:        // the machine has none
    case ENOBUFS:       // socket buffers
    case ENOMEM:        // kernel memory
    case ETOOMANYREFS:  // unix(7): the user's fds in flight exceed RLIMIT_NOFILE
      return true;
    default:
      return false;
  }
}

inline bool IsWouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace rondo

#endif  // RONDO_BASE_ERRORS_H_
