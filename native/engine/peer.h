// Where the client of a connection is, for those that pick by it.
#ifndef RONDO_ENGINE_PEER_H_
#define RONDO_ENGINE_PEER_H_

#include <stdint.h>
#include <string.h>

#include <string>

#include "channel/frames.h"

namespace rondo {

struct Peer {
  uint8_t family = 0;  // 4 or 6; 0: unknown, or a Unix socket
  uint8_t address[16] = {};
  uint16_t port = 0;
};

enum class PeerKind {
  kInternet,  // it has an address
  kUnix,
  kOther,
  kGone,  // nobody is there any more
};

// Who is at the other end of a connection, whose fd is borrowed. `out` is set for kInternet.
PeerKind ReadPeer(int fd, Peer* out);
// The same where only an address counts: family 0 if there is none.
Peer PeerOf(int fd);
// The same, but as its PROXY header says, if that says something of it.
Peer PeerOf(const Connection& connection);
// '' where the family is 0.
std::string AddressText(const Peer& peer);
// The reverse; family 0 for what is no numeric address.
Peer ParsePeer(const std::string& address);

// Whether that address of IPv6 is one of IPv4, which its last four bytes are then (RFC 4291,
// 2.5.5.2).
constexpr size_t kMappedPrefix = 12;
inline bool IsMapped(const uint8_t* address) {
  static constexpr uint8_t kMapped[kMappedPrefix] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return memcmp(address, kMapped, sizeof(kMapped)) == 0;
}

}  // namespace rondo

#endif  // RONDO_ENGINE_PEER_H_
