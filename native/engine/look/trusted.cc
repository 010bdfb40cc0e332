#include "engine/look/trusted.h"

#include <string.h>

#include "engine/peer.h"

namespace rondo {

namespace {

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
  if (network.family == 6 && network.prefix >= 8 * kMappedPrefix && IsMapped(network.address)) {
    network.family = 4;
    network.prefix -= 8 * kMappedPrefix;
    memmove(network.address, network.address + kMappedPrefix, 4);
  }
  networks_.push_back(network);
  return true;
}

Trust Trusted::Of(int fd) const {
  Peer peer;
  bool is_trusted = false;
  switch (ReadPeer(fd, &peer)) {
    case PeerKind::kGone:
      return Trust::kGone;
    case PeerKind::kInternet:
      is_trusted = HasAddress(peer.family, peer.address);
      break;
    case PeerKind::kUnix:
      is_trusted = has_unix_;
      break;
    case PeerKind::kOther:
      break;
  }
  return is_trusted ? Trust::kYes : Trust::kNo;
}

bool Trusted::HasAddress(uint8_t family, const uint8_t* address) const {
  if (family == 6 && IsMapped(address)) return HasAddress(4, address + kMappedPrefix);
  for (const Network& network : networks_) {
    if (network.family == family && IsIn(address, network.address, network.prefix)) return true;
  }
  return false;
}

}  // namespace rondo
