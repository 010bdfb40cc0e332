// A TCP socket bound to 127.0.0.1. It does not listen yet: until it does, the kernel gives it no
// connections.
#ifndef RONDO_BENCH_BARE_LISTEN_H_
#define RONDO_BENCH_BARE_LISTEN_H_

#include "../../native/unique_fd.h"

namespace bare {

// `port` 0: the kernel picks one. With `reuse_port`, others of the same user may bind it too, and
// the kernel spreads connections over all that listen (socket(7), SO_REUSEPORT). Blocking and
// close-on-exec. Empty on error, which is then in errno.
rondo::UniqueFd BindLoopback(int port, bool reuse_port);

// The port that `socket` is bound to, or -1 with errno set.
int PortOf(int socket);

}  // namespace bare

#endif  // RONDO_BENCH_BARE_LISTEN_H_
