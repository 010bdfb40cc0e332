#include "engine/look/sticky.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include <algorithm>

#include "engine/look/bytes.h"

namespace rondo {

namespace {

// Of IPv6, what one network has; as the policy `source-ip` has it.
constexpr size_t kNetworkBytes = 8;

constexpr struct {
  const char* text;
  StickyBy by;
  bool has_name;
} kKinds[] = {
    {"query", StickyBy::kQuery, true},
    {"cookie", StickyBy::kCookie, true},
    {"x-forwarded-for", StickyBy::kForwardedFor, false},
    {"server-name", StickyBy::kServerName, false},
    {"tls-session", StickyBy::kTlsSession, false},
    {"address", StickyBy::kAddress, false},
};

}  // namespace

bool ParseStickyKey(const std::string& text, StickyKey* out) {
  const size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  for (const auto& known : kKinds) {
    if (kind != known.text) continue;
    if (known.has_name != (colon != std::string::npos && colon + 1 < text.size())) return false;
    *out = {known.by, known.has_name ? text.substr(colon + 1) : ""};
    return true;
  }
  return false;
}

SessionHash::SessionHash() {
  // Cannot fail for so few bytes, but without such a system call, which all supported kernels have.
  if (getentropy(&secret_, sizeof(secret_)) != 0) abort();
}

uint64_t SessionHash::OfAddress(uint16_t listener, const Peer& peer) const {
  if (peer.family == 0) return 0;
  const bool is_mapped = peer.family == 6 && IsMapped(peer.address);
  const uint8_t* const bytes = is_mapped ? peer.address + kMappedPrefix : peer.address;
  const bool is_ipv4 = is_mapped || peer.family == 4;
  return Of('a', listener,
            {reinterpret_cast<const char*>(bytes), is_ipv4 ? size_t{4} : kNetworkBytes});
}

uint64_t SessionHash::OfAddress(uint16_t listener, std::string_view text) const {
  if (text.empty()) return 0;
  const Peer peer = ParsePeer(std::string(text));
  // A proxy may name clients otherwise ("unknown", "_hidden").
  return peer.family == 0 ? Of('n', listener, text) : OfAddress(listener, peer);
}

uint64_t SessionHash::OfServerName(uint16_t listener, std::string_view name) const {
  char lower[256];
  const size_t size = std::min(name.size(), sizeof(lower));
  for (size_t i = 0; i < size; i++) lower[i] = LowerCase(name[i]);
  return Of('s', listener, {lower, size});
}

uint64_t SessionHash::OfTicketName(uint16_t listener, std::string_view ticket) const {
  if (ticket.size() < kTicketName) return 0;
  return Of(static_cast<char>(ClaimKind::kTicket), listener, ticket.substr(0, kTicketName));
}

uint64_t SessionHash::Of(char kind, uint16_t listener, std::string_view value) const {
  char bytes[3 + kMaxClaim];
  bytes[0] = kind;
  memcpy(bytes + 1, &listener, sizeof(listener));
  const size_t size = std::min(value.size(), kMaxClaim);
  if (size > 0) memcpy(bytes + 3, value.data(), size);
  const uint64_t hash = shared::SipHash128(secret_, bytes, 3 + size).lo;
  return hash == 0 ? 1 : hash;
}

}  // namespace rondo
