// Where listeners come from: every way to get a bound, listening stream socket, and how to name
// and remove what was bound. Comes before the accept step; accepts nothing itself.
//
// Errors are -errno with the codes that net.Server of Node.js reports for the same arguments, also
// where the kernel's own code would say more. Each such place in listen.cc gives its reason.
#ifndef RONDO_BASE_LISTEN_H_
#define RONDO_BASE_LISTEN_H_

#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/socket.h"
#include "base/unique_fd.h"

namespace rondo {

struct ListenOptions {
  const char* ip;  // numeric IPv4 or IPv6, the latter with an optional %interface
  int port;        // 0: the kernel picks one
  bool ipv6_only;  // refuse IPv4-mapped peers; nothing to an IPv4 address
  int backlog;     // capped by the kernel (net.core.somaxconn, kern.ipc.somaxconn)
};

// `fd` is owned, listening, non-blocking and close-on-exec, or empty exactly when `error` is set.
struct ListenResult {
  UniqueFd fd;
  int error;                 // 0 or -errno
  const char* ip = nullptr;  // the address tried last: what the error is about. Borrowed or static
};

ListenResult ListenTcp(const ListenOptions& options);

// The rule of net.Server when no host is given: '::', or '0.0.0.0' if '::' cannot be bound. A port
// in use on '::' is an error and no reason to fall back.
ListenResult ListenAny(int port, bool ipv6_only, int backlog);

// Which file a Unix listener bound, so that only that file is unlinked. {0, 0} for abstract names.
struct UnixIdentity {
  dev_t dev;
  ino_t ino;
};

// Permission bits of a socket's file.
struct UnixMode {
  int exact = -1;  // -1: what the umask gives
  int added = 0;   // to either
};

struct ListenUnixResult {
  UniqueFd fd;
  int error;  // 0 or -errno
  UnixIdentity identity;
};

// `path` has `length` bytes and needs no terminator; a leading NUL makes it an abstract name (Linux
// only) of exactly `length` bytes. A socket file that no process has bound any more is replaced; a
// bound one, and anything that is not a socket, gives -EADDRINUSE and is left alone. `mode` is in
// force before the first client can connect.
ListenUnixResult ListenUnix(const char* path, size_t length, const UnixMode& mode, int backlog);

// Whether `path` is still the file of `identity`.
bool LeadsTo(const char* path, const UnixIdentity& identity);

// Unlinks `path` if it still is the file of `identity`. Call it before closing the listener's fd:
// the open socket keeps the inode number from being used for another file.
void UnlinkIfOwned(const char* path, const UnixIdentity& identity);

// Takes ownership of `fd`, closes it on error. It must be a TCP or Unix stream socket; it is made
// to listen, or if it does already, its backlog is set.
ListenResult AdoptListener(UniqueFd fd, int backlog);

// Borrows `fd`. False for what is no socket, too.
bool IsListening(int fd);

struct LocalAddress {
  int family;                   // 4, 6, or 1 for Unix
  int port;                     // 0 for Unix
  char host[kMaxUnixPath + 1];  // the address as text, or the path; always NUL-terminated
  size_t path_length;  // Unix: bytes in `host` (an abstract name holds NULs), 0 if unnamed. IP: 0
};
static_assert(sizeof(LocalAddress::host) > INET6_ADDRSTRLEN + 1 + IF_NAMESIZE,
              "host must hold an IPv6 address with its interface");

// Borrows `fd`. 0 or -errno.
int GetLocalAddress(int fd, LocalAddress* out);

}  // namespace rondo

#endif  // RONDO_BASE_LISTEN_H_
