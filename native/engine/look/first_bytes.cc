#include "engine/look/first_bytes.h"

#include <algorithm>
#include <utility>

#include "engine/look/http_head.h"
#include "engine/look/tls_hello.h"

namespace rondo {

namespace {

// RFC 1035, with the dot at the end that some write.
constexpr size_t kLongestHost = 254;
constexpr char kHandshake = 22;

// In small letters and without a dot at the end; empty if it is too long for a name.
std::string_view Normal(std::string_view host, char (&out)[kLongestHost]) {
  if (host.size() > kLongestHost) return {};
  for (size_t i = 0; i < host.size(); i++) out[i] = LowerCase(host[i]);
  std::string_view normal(out, host.size());
  if (!normal.empty() && normal.back() == '.') normal.remove_suffix(1);
  return normal;
}

}  // namespace

void Routes::Add(std::string_view name, int32_t listener) {
  if (name.substr(0, 2) == "*.") {
    below_[std::string(name.substr(2))] = listener;
  } else {
    exact_[std::string(name)] = listener;
  }
}

int32_t Routes::Find(std::string_view host) const {
  const auto exact = exact_.find(host);
  if (exact != exact_.end()) return exact->second;
  for (size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
    const auto below = below_.find(host.substr(dot + 1));
    if (below != below_.end() && dot > 0) return below->second;
  }
  return -1;
}

FirstBytes::FirstBytes(uint16_t listener, const SessionHash& hash, std::vector<StickyKey> keys,
                       Routes routes, bool tells_host)
    : listener_(listener),
      hash_(hash),
      keys_(std::move(keys)),
      routes_(std::move(routes)),
      tells_host_(tells_host) {
  sees_http_ = sees_tls_ = WantsHost();
  for (const StickyKey& key : keys_) {
    switch (key.by) {
      case StickyBy::kQuery:
      case StickyBy::kCookie:
      case StickyBy::kForwardedFor:
        sees_http_ = true;
        break;
      case StickyBy::kServerName:
      case StickyBy::kTlsSession:
        sees_tls_ = true;
        break;
      case StickyBy::kAddress:
        break;
    }
  }
}

Seen FirstBytes::Look(const char* bytes, size_t length, Glimpse* out) const {
  if (length == 0) return Seen::kMore;
  if (bytes[0] == kHandshake) {
    return sees_tls_ ? LookAtTls({bytes, length}, out) : Seen::kBad;
  }
  return sees_http_ ? LookAtHttp({bytes, length}, out) : Seen::kBad;
}

void FirstBytes::NoteHost(std::string_view host, Glimpse* out) const {
  char room[kLongestHost];
  const std::string_view normal = Normal(host, room);
  out->route = routes_.Find(normal);
  if (tells_host_) out->host = std::string(normal);
}

// Each key in turn, for a later one counts only if those before it are not there. What is found in
// a head that is not whole is whole itself.
Seen FirstBytes::LookAtHttp(std::string_view bytes, Glimpse* out) const {
  HttpHead head;
  const Reading reading = head.Read(bytes);
  if (reading == Reading::kNotThis) return Seen::kBad;
  const bool may_come = reading == Reading::kMore;
  bool is_open = false;  // something that counts may still come
  if (WantsHost()) {
    const std::string_view host = head.Host();
    if (!host.empty()) NoteHost(host, out);
    is_open = host.empty() && may_come;
  }
  for (const StickyKey& key : keys_) {
    std::string_view value;
    char room[kMaxClaim];
    switch (key.by) {
      case StickyBy::kQuery:
        value = head.Query(key.name);
        if (value.empty() && may_come && head.target().empty()) return Seen::kMore;
        value = {room, DecodePercent(value, true, room, sizeof(room))};
        break;
      case StickyBy::kCookie:
        value = head.Cookie(key.name);
        if (value.empty() && may_come) return Seen::kMore;
        value = {room, DecodePercent(value, false, room, sizeof(room))};
        break;
      case StickyBy::kForwardedFor:
        value = head.ForwardedFor();
        if (value.empty() && may_come) return Seen::kMore;
        break;
      default:
        continue;
    }
    if (value.empty()) continue;
    out->sticky = key.by == StickyBy::kForwardedFor ? hash_.OfAddress(listener_, value)
                                                    : hash_.OfSession(listener_, value);
    break;
  }
  return is_open ? Seen::kMore : Seen::kDone;
}

Seen FirstBytes::LookAtTls(std::string_view bytes, Glimpse* out) const {
  TlsHello hello;
  switch (hello.Read(bytes)) {
    case Reading::kMore:
      return Seen::kMore;
    case Reading::kNotThis:
      return Seen::kBad;
    case Reading::kComplete:
      break;
  }
  out->is_tls = true;
  if (WantsHost() && !hello.server_name().empty()) NoteHost(hello.server_name(), out);
  for (const StickyKey& key : keys_) {
    if (key.by == StickyBy::kServerName && !hello.server_name().empty()) {
      out->sticky = hash_.OfServerName(listener_, hello.server_name());
      break;
    }
    if (key.by != StickyBy::kTlsSession) continue;
    if (!hello.ticket().empty()) {
      out->sticky = hash_.OfTicket(listener_, hello.ticket());
      out->group = hash_.OfTicketName(listener_, hello.ticket());
      break;
    }
    if (!hello.session_id().empty() && !hello.offers_tls13()) {
      out->sticky = hash_.OfTicket(listener_, hello.session_id());
      break;
    }
  }
  return Seen::kDone;
}

}  // namespace rondo
