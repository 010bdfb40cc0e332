// What rondo's own looker sees in a connection's first bytes: which session it belongs to, and for
// which listener it is. TLS is told from HTTP by its first byte; what is neither tells nothing.
#ifndef RONDO_ENGINE_LOOK_FIRST_BYTES_H_
#define RONDO_ENGINE_LOOK_FIRST_BYTES_H_

#include <stdint.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/look/looker.h"
#include "engine/look/sticky.h"

namespace rondo {

class HttpHead;
class TlsHello;

// Names of hosts, and where connections for them go. Exact names go before patterns, and longer
// patterns before shorter ones.
class Routes {
 public:
  // `name`: a host name in small letters, or "*." and one: each name that ends so.
  void Add(std::string_view name, int32_t listener);
  // -1: there is none for it.
  int32_t Find(std::string_view host) const;
  bool IsEmpty() const { return exact_.empty() && below_.empty(); }

 private:
  std::map<std::string, int32_t, std::less<>> exact_;
  std::map<std::string, int32_t, std::less<>> below_;  // by what is behind "*."
};

class FirstBytes final : public Looker {
 public:
  // `tells_host`: the glimpse shall have the name itself, for the program to decide.
  FirstBytes(uint16_t listener, const SessionHash& hash, std::vector<StickyKey> keys, Routes routes,
             bool tells_host);

  // Whether there is anything to look for.
  bool IsNeeded() const { return sees_http_ || sees_tls_; }
  Seen Look(const char* bytes, size_t length, Glimpse* out) const override;

 private:
  Seen LookAtHttp(std::string_view bytes, Glimpse* out) const;
  Seen LookAtTls(std::string_view bytes, Glimpse* out) const;
  bool WantsHost() const { return tells_host_ || !routes_.IsEmpty(); }
  void NoteHost(std::string_view host, Glimpse* out) const;

  const uint16_t listener_;
  const SessionHash hash_;
  const std::vector<StickyKey> keys_;
  const Routes routes_;
  const bool tells_host_;
  bool sees_http_ = false;
  bool sees_tls_ = false;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_FIRST_BYTES_H_
