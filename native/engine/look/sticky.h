// By what a session of a listener is known: a hash with a secret of this process, so that no client
// can choose whose session it meets. Which worker it belongs to, sessions.h knows.
#ifndef RONDO_ENGINE_LOOK_STICKY_H_
#define RONDO_ENGINE_LOOK_STICKY_H_

#include <stdint.h>

#include <string>
#include <string_view>
#include <vector>

#include "channel/frames.h"
#include "engine/peer.h"
#include "shared/siphash.h"

namespace rondo {

enum class StickyBy : uint8_t {
  kQuery,         // a parameter of the request's query
  kCookie,        // a cookie
  kForwardedFor,  // the first address of X-Forwarded-For
  kServerName,    // the server name of TLS
  kTlsSession,    // the ticket by which a TLS session is resumed, or its id
  kAddress,       // the client's address; always there, so nothing comes after it
};

struct StickyKey {
  StickyBy by;
  std::string name;  // of the parameter or the cookie
};

// "query:NAME", "cookie:NAME", "x-forwarded-for", "server-name", "tls-session", "address". False
// for anything else.
bool ParseStickyKey(const std::string& text, StickyKey* out);

// Hashes what sessions are known by. Never 0.
class SessionHash {
 public:
  // With a secret of its own.
  SessionHash();

  uint64_t OfClaim(uint16_t listener, const Claim& claim) const {
    return Of(static_cast<char>(claim.kind), listener, claim.key);
  }
  uint64_t OfSession(uint16_t listener, std::string_view id) const {
    return Of(static_cast<char>(ClaimKind::kSession), listener, id);
  }
  // As text or as an IP address: the same address gives the same key. Family 0: 0.
  uint64_t OfAddress(uint16_t listener, const Peer& peer) const;
  uint64_t OfAddress(uint16_t listener, std::string_view text) const;
  uint64_t OfServerName(uint16_t listener, std::string_view name) const;
  uint64_t OfTicket(uint16_t listener, std::string_view ticket) const {
    return Of('T', listener, ticket);
  }
  // With what all tickets of one key begin; 0 if it is too short for that.
  uint64_t OfTicketName(uint16_t listener, std::string_view ticket) const;

 private:
  uint64_t Of(char kind, uint16_t listener, std::string_view value) const;

  shared::HashKey secret_;
};

// How many bytes a ticket begins with that name its key (RFC 5077, 4; the same in OpenSSL's
// tickets of TLS 1.3).
constexpr size_t kTicketName = 16;

// Of one listener.
struct StickyOptions {
  std::vector<StickyKey> keys;  // the first that is there decides; not empty
  uint32_t most = 0;
  uint64_t idle_ms = 0;  // 0: for good
  uint64_t wait_ns = 0;  // for a worker without room
  SessionHash hash;

  bool HasAddress() const { return keys.back().by == StickyBy::kAddress; }
};

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_STICKY_H_
