// Where the client of a connection is, for those that pick by it.
#ifndef RONDO_ENGINE_PEER_H_
#define RONDO_ENGINE_PEER_H_

#include <stdint.h>

#include <string>

#include "channel/frames.h"

namespace rondo {

struct Peer {
  uint8_t family = 0;  // 4 or 6; 0: unknown, or a Unix socket
  uint8_t address[16] = {};
  uint16_t port = 0;
};

// Of a connection, whose fd is borrowed; family 0 also if the client is gone.
Peer PeerOf(int fd);
// The same, but as its PROXY header says, if that says something of it.
Peer PeerOf(const Connection& connection);
// '' where the family is 0.
std::string AddressText(const Peer& peer);
// The reverse; family 0 for what is no numeric address.
Peer ParsePeer(const std::string& address);

}  // namespace rondo

#endif  // RONDO_ENGINE_PEER_H_
