#include "engine/look/trusted.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/peer.h"

namespace rondo {

namespace {

constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool IsMapped(const uint8_t* address) { return memcmp(address, kMapped, sizeof(kMapped)) == 0; }

bool ParsePrefix(const std::string& text, uint32_t most, uint32_t* out) {
  if (text.empty() || text.size() > 3) return false;
  *out = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return false;
    *out = *out * 10 + static_cast<uint32_t>(digit - '0');
  }
  return *out <= most;
}

bool IsIn(const uint8_t* address, const uint8_t* network, uint32_t prefix) {
  const uint32_t whole = prefix / 8;
  if (memcmp(address, network, whole) != 0) return false;
  const uint32_t rest = prefix % 8;
  if (rest == 0) return true;
  const uint8_t mask = static_cast<uint8_t>(0xff << (8 - rest));
  return (address[whole] & mask) == (network[whole] & mask);
}

}  // namespace

bool Trusted::Add(const std::string& source) {
  if (source == "unix") return has_unix_ = true;
  const size_t slash = source.find('/');
  const std::string address = source.substr(0, slash);
  // No zone: an interface is no source.
  if (address.find('%') != std::string::npos) return false;
  const Peer peer = ParsePeer(address);
  if (peer.family == 0) return false;
  Network network = {};
  network.family = peer.family;
  network.prefix = peer.family == 4 ? 32 : 128;
  memcpy(network.address, peer.address, sizeof(network.address));
  const bool is_right = slash == std::string::npos ||
                        ParsePrefix(source.substr(slash + 1), network.prefix, &network.prefix);
  if (!is_right) return false;
  // Of what comes from there, the IPv4 address is looked at.
  if (network.family == 6 && network.prefix >= 96 && IsMapped(network.address)) {
    network.family = 4;
    network.prefix -= 96;
    memmove(network.address, network.address + 12, 4);
  }
  networks_.push_back(network);
  return true;
}

Trust Trusted::Of(int fd) const {
  union {
    sockaddr any;
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;
    sockaddr_storage room;
  } address;
  socklen_t size = sizeof(address);
  if (getpeername(fd, &address.any, &size) != 0) return Trust::kGone;
  bool is_trusted = false;
  switch (address.any.sa_family) {
    case AF_INET:
      is_trusted = HasAddress(4, reinterpret_cast<const uint8_t*>(&address.ipv4.sin_addr));
      break;
    case AF_INET6:
      is_trusted = HasAddress(6, address.ipv6.sin6_addr.s6_addr);
      break;
    case AF_UNIX:
      is_trusted = has_unix_;
      break;
  }
  return is_trusted ? Trust::kYes : Trust::kNo;
}

bool Trusted::HasAddress(uint8_t family, const uint8_t* address) const {
  if (family == 6 && IsMapped(address)) return HasAddress(4, address + 12);
  for (const Network& network : networks_) {
    if (network.family == family && IsIn(address, network.address, network.prefix)) return true;
  }
  return false;
}

}  // namespace rondo
