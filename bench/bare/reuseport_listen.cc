// For the Node versions whose net.Server has no `reusePort` (before 23.1): binds a socket with
// SO_REUSEPORT and becomes the given program, which finds it at an inherited fd.
//
//   reuseport_listen HOST PORT PROGRAM [ARGUMENT…]
//
// HOST: an IPv4 address. PORT 0: the kernel picks one. The environment variable BENCH_LISTEN_FD is
// the fd. It does not listen yet: server.listen({ fd }) makes it, so no connection comes before
// there is a server.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <string>

#include "listen.h"

int main(int argc, char** argv) {
  sockaddr_in address;
  if (argc < 4 || !bare::ParseAddress(argv[1], argv[2], &address)) {
    fprintf(stderr, "usage: reuseport_listen HOST PORT PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  const rondo::UniqueFd socket = bare::Bind(address, true);
  if (!socket || fcntl(socket.get(), F_SETFD, 0) != 0 ||
      setenv("BENCH_LISTEN_FD", std::to_string(socket.get()).c_str(), 1) != 0) {
    fprintf(stderr, "reuseport_listen: %s:%s: %s\n", argv[1], argv[2], strerror(errno));
    return 1;
  }
  execvp(argv[3], argv + 3);
  fprintf(stderr, "reuseport_listen: %s: %s\n", argv[3], strerror(errno));
  return 1;
}
