// links: engine/look/first_bytes.cc engine/look/sticky.cc engine/look/http_head.cc engine/look/tls_hello.cc engine/peer.cc channel/about.cc
// What the looker sees in first bytes: which of several keys decides, when it knows enough, and
// where routes lead.
#include "engine/look/first_bytes.h"

#include <string>
#include <utility>
#include <vector>

#include "client_hellos.h"
#include "tap.h"

namespace {

using rondo::FirstBytes;
using rondo::Glimpse;
using rondo::ParsePeer;
using rondo::ParseStickyKey;
using rondo::Routes;
using rondo::Seen;
using rondo::SessionHash;
using rondo::StickyKey;
using tap::is;
using tap::ok;

constexpr uint16_t kListener = 7;

const SessionHash& Hash() {
  static const SessionHash hash;
  return hash;
}

std::vector<StickyKey> Keys(const std::vector<std::string>& texts) {
  std::vector<StickyKey> keys(texts.size());
  for (size_t i = 0; i < texts.size(); i++) ParseStickyKey(texts[i], &keys[i]);
  return keys;
}

FirstBytes Looker(const std::vector<std::string>& keys) {
  return FirstBytes(kListener, Hash(), Keys(keys), {}, false);
}

uint64_t Session(const std::string& id) { return Hash().OfSession(kListener, id); }

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

const std::string kRequest =
    "GET /?sid=a%2Fb HTTP/1.1\r\nHost: WWW.Example.COM.:80\r\nCookie: io=c%20d\r\n"
    "X-Forwarded-For: 192.0.2.1\r\n\r\n";

void TestKeys() {
  StickyKey key;
  for (const char* const good :
       {"query:sid", "cookie:io", "x-forwarded-for", "server-name", "tls-session", "address"}) {
    ok(ParseStickyKey(good, &key), std::string("a key: ") + good);
  }
  for (const char* const bad : {"", "query", "query:", "address:x", "cookies:io", "tls"}) {
    ok(!ParseStickyKey(bad, &key), std::string("no key: ") + bad);
  }
  ok(Session("a") == Session("a") && Session("a") != Session("b"), "a hash tells ids apart");
  ok(Hash().OfSession(1, "a") != Hash().OfSession(2, "a"), "and listeners");
  ok(SessionHash().OfSession(1, "a") != SessionHash().OfSession(1, "a"), "each with its secret");
  const uint64_t address = Hash().OfAddress(kListener, "192.0.2.1");
  ok(address == Hash().OfAddress(kListener, ParsePeer("192.0.2.1")), "an address as text");
  ok(address == Hash().OfAddress(kListener, "::ffff:192.0.2.1"), "or mapped into IPv6");
  ok(Hash().OfAddress(kListener, "2001:db8::1") == Hash().OfAddress(kListener, "2001:db8::2"),
     "of IPv6 the network");
  ok(Hash().OfAddress(kListener, "_hidden") != 0, "what is no address is a name");
  is(static_cast<long long>(Hash().OfAddress(kListener, ParsePeer(""))), 0, "nothing is nothing");
  ok(Hash().OfServerName(kListener, "A.example") == Hash().OfServerName(kListener, "a.EXAMPLE"),
     "server names regardless of case");
}

void TestHttp() {
  const struct {
    std::vector<std::string> keys;
    uint64_t wanted;
    const char* name;
  } kCases[] = {
      {{"query:sid"}, Session("a/b"), "a parameter, decoded"},
      {{"cookie:io"}, Session("c d"), "a cookie, decoded"},
      {{"cookie:none", "query:sid"}, Session("a/b"), "the second, where the first is not there"},
      {{"query:sid", "cookie:io"}, Session("a/b"), "the first, where both are"},
      {{"x-forwarded-for"}, Hash().OfAddress(kListener, "192.0.2.1"), "X-Forwarded-For"},
      {{"query:none", "address"}, 0, "none of them: the address is not in the bytes"},
      {{"tls-session", "server-name"}, 0, "keys of TLS in HTTP"},
  };
  for (const auto& one : kCases) {
    Glimpse glimpse;
    Looker(one.keys).Look(kRequest.data(), kRequest.size(), &glimpse);
    ok(glimpse.sticky == one.wanted, one.name);
  }
  Glimpse glimpse;
  const size_t line = kRequest.find('\n') + 1;
  const FirstBytes query = Looker({"query:sid", "cookie:io"});
  ok(query.Look(kRequest.data(), line, &glimpse) == Seen::kDone, "a request line is enough");
  const FirstBytes cookie = Looker({"cookie:io", "query:sid"});
  ok(cookie.Look(kRequest.data(), line, &glimpse) == Seen::kMore, "not for a cookie before it");
  int wrong = 0;
  for (size_t size = 0; size < line; size++) {
    Glimpse early;
    if (query.Look(kRequest.data(), size, &early) != Seen::kMore || early.sticky != 0) wrong++;
  }
  is(wrong, 0, "torn in the request line: more, and nothing yet");
  ok(Looker({"tls-session"}).Look("GET", 3, &glimpse) == Seen::kBad,
     "HTTP is not waited for where only TLS counts");
  ok(query.Look("\x16", 1, &glimpse) == Seen::kBad, "nor TLS where only HTTP does");
  ok(query.Look("SSH-2.0", 7, &glimpse) == Seen::kBad, "nor anything else");
}

void TestTls() {
  const std::string fresh = FromHex(hellos::kTls13);
  for (const char* const hex : {hellos::kTls13Resumed, hellos::kTls12Resumed}) {
    const std::string hello = FromHex(hex);
    Glimpse glimpse;
    ok(Looker({"tls-session"}).Look(hello.data(), hello.size(), &glimpse) == Seen::kDone &&
           glimpse.sticky != 0,
       "a session that is resumed");
    const std::string name = FromHex(hellos::kTicketName);
    ok(glimpse.group == Hash().OfClaim(kListener, {rondo::ClaimKind::kTicket, name}),
       "by a ticket of a key that a worker may claim");
  }
  Glimpse glimpse;
  const FirstBytes both = Looker({"tls-session", "server-name"});
  ok(both.Look(fresh.data(), fresh.size(), &glimpse) == Seen::kDone &&
         glimpse.sticky == Hash().OfServerName(kListener, "api.example.com"),
     "a new session: its server name");
  ok(both.Look(fresh.data(), fresh.size() - 1, &glimpse) == Seen::kMore, "torn: more");
}

std::string RouteOf(const Routes& routes, const std::string& host) {
  return std::to_string(routes.Find(host));
}

void TestRoutes() {
  Routes routes;
  routes.Add("api.example.com", 1);
  routes.Add("*.example.com", 2);
  routes.Add("*.b.example.com", 3);
  is(RouteOf(routes, "api.example.com"), "1", "an exact name");
  is(RouteOf(routes, "x.example.com"), "2", "a name below");
  is(RouteOf(routes, "x.y.example.com"), "2", "or further below");
  is(RouteOf(routes, "x.b.example.com"), "3", "the longer pattern");
  is(RouteOf(routes, "b.example.com"), "2", "a pattern is for what is below it");
  is(RouteOf(routes, "example.com"), "-1", "and not for its own name");
  is(RouteOf(routes, ".example.com"), "-1", "nor for nothing");
  is(RouteOf(routes, "xexample.com"), "-1", "nor for what only ends so");
  is(RouteOf(routes, ""), "-1", "nothing leads nowhere");

  const FirstBytes looker(kListener, Hash(), {}, routes, true);
  Glimpse glimpse;
  const std::string http = "GET / HTTP/1.1\r\nHost: A.b.Example.Com.:80\r\n\r\n";
  ok(looker.Look(http.data(), http.size(), &glimpse) == Seen::kDone && glimpse.route == 3,
     "by Host, whatever its case");
  ok(glimpse.host == "a.b.example.com" && !glimpse.is_tls, "and the program can have it");
  const std::string hello = FromHex(hellos::kTls12);
  Glimpse tls;
  ok(looker.Look(hello.data(), hello.size(), &tls) == Seen::kDone && tls.route == 1 && tls.is_tls,
     "by server name");
  Glimpse none;
  const std::string torn = "GET / HTTP/1.1\r\nHost: api.exam";
  ok(looker.Look(torn.data(), torn.size(), &none) == Seen::kMore && none.route == -1,
     "a torn Host is none");
  const FirstBytes with_key(kListener, Hash(), Keys({"query:sid"}), routes, false);
  const size_t line = kRequest.find('\n') + 1;
  ok(with_key.Look(kRequest.data(), line, &none) == Seen::kMore, "a key is not enough for a route");
  ok(with_key.Look(kRequest.data(), kRequest.size(), &none) == Seen::kDone && none.route == 2 &&
         none.sticky == Session("a/b"),
     "both are found");
}

}  // namespace

int main() {
  TestKeys();
  TestHttp();
  TestTls();
  TestRoutes();
  return tap::done();
}
