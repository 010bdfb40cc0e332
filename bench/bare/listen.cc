#include "listen.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

namespace bare {

bool ParseAddress(const char* host, const char* port, sockaddr_in* address) {
  char* end = nullptr;
  const long number = strtol(port, &end, 10);
  if (end == port || *end != '\0' || number < 0 || number > 65'535) return false;
  *address = {};
  address->sin_family = AF_INET;
  address->sin_port = htons(static_cast<uint16_t>(number));
  return inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

rondo::UniqueFd Bind(const sockaddr_in& address, bool reuse_port) {
  rondo::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const int on = 1;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) return {};
  if (reuse_port && setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) return {};
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return {};
  return fd;
}

int PortOf(int socket) {
  sockaddr_in address = {};
  socklen_t length = sizeof(address);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return -1;
  return ntohs(address.sin_port);
}

}  // namespace bare
