// A TCP socket bound to an IPv4 address. It does not listen yet: until it does, the kernel gives it
// no connections.
#ifndef RONDO_BENCH_BARE_LISTEN_H_
#define RONDO_BENCH_BARE_LISTEN_H_

#include <netinet/in.h>

#include "base/unique_fd.h"

namespace bare {

// Of an IPv4 address in dotted decimals and a port in decimals; false if it is none.
bool ParseAddress(const char* host, const char* port, sockaddr_in* address);

// Port 0: the kernel picks one. With `reuse_port`, others of the same user may bind it too, and
// the kernel spreads connections over all that listen (socket(7), SO_REUSEPORT). Blocking and
// close-on-exec. Empty on error, which is then in errno.
rondo::UniqueFd Bind(const sockaddr_in& address, bool reuse_port);

// The port that `socket` is bound to, or -1 with errno set.
int PortOf(int socket);

}  // namespace bare

#endif  // RONDO_BENCH_BARE_LISTEN_H_
