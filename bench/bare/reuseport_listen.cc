// For the Node versions whose net.Server has no `reusePort` (before 23.1): binds a socket with
// SO_REUSEPORT to 127.0.0.1 and becomes the given program, which finds it at an inherited fd.
//
//   reuseport_listen PORT PROGRAM [ARGUMENT…]
//
// PORT 0: the kernel picks one. The environment variable BENCH_LISTEN_FD is the fd. It does not
// listen yet: server.listen({ fd }) makes it, so no connection comes before there is a server.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <string>

#include "listen.h"

int main(int argc, char** argv) {
  char* end = nullptr;
  const long port = argc > 2 ? strtol(argv[1], &end, 10) : -1;
  if (port < 0 || port > 65'535 || *end != '\0') {
    fprintf(stderr, "usage: reuseport_listen PORT PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  const rondo::UniqueFd socket = bare::BindLoopback(static_cast<int>(port), true);
  if (!socket || fcntl(socket.get(), F_SETFD, 0) != 0 ||
      setenv("BENCH_LISTEN_FD", std::to_string(socket.get()).c_str(), 1) != 0) {
    fprintf(stderr, "reuseport_listen: port %ld: %s\n", port, strerror(errno));
    return 1;
  }
  execvp(argv[2], argv + 2);
  fprintf(stderr, "reuseport_listen: %s: %s\n", argv[2], strerror(errno));
  return 1;
}
