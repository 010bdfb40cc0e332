#include "engine/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "channel/about.h"

namespace rondo {

PeerKind ReadPeer(int fd, Peer* out) {
  union {
    sockaddr any;
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;
    sockaddr_storage room;
  } address;
  socklen_t size = sizeof(address);
  if (getpeername(fd, &address.any, &size) != 0) return PeerKind::kGone;
  switch (address.any.sa_family) {
    case AF_INET:
      out->family = 4;
      out->port = ntohs(address.ipv4.sin_port);
      memcpy(out->address, &address.ipv4.sin_addr, sizeof(address.ipv4.sin_addr));
      return PeerKind::kInternet;
    case AF_INET6:
      out->family = 6;
      out->port = ntohs(address.ipv6.sin6_port);
      memcpy(out->address, &address.ipv6.sin6_addr, sizeof(address.ipv6.sin6_addr));
      return PeerKind::kInternet;
    case AF_UNIX:
      return PeerKind::kUnix;
    default:
      return PeerKind::kOther;
  }
}

Peer PeerOf(int fd) {
  Peer peer;
  ReadPeer(fd, &peer);
  return peer;
}

Peer PeerOf(const Connection& connection) {
  const AboutSource source = SourceOf(connection.about);
  if (source.family == 0) return PeerOf(connection.fd.get());
  Peer peer;
  peer.family = source.family;
  peer.port = source.port;
  memcpy(peer.address, source.address, source.family == 4 ? 4 : 16);
  return peer;
}

std::string AddressText(const Peer& peer) {
  char text[INET6_ADDRSTRLEN] = "";
  if (peer.family != 0) {
    inet_ntop(peer.family == 4 ? AF_INET : AF_INET6, peer.address, text, sizeof(text));
  }
  return text;
}

Peer ParsePeer(const std::string& address) {
  Peer peer;
  const std::string digits = address.substr(0, address.find('%'));
  if (inet_pton(AF_INET, digits.c_str(), peer.address) == 1) {
    peer.family = 4;
  } else if (inet_pton(AF_INET6, digits.c_str(), peer.address) == 1) {
    peer.family = 6;
  }
  return peer;
}

}  // namespace rondo
