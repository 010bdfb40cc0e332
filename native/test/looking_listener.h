// Options of listeners whose connections are looked at, for the C++ tests, and clients that say
// something.
#ifndef RONDO_TEST_LOOKING_LISTENER_H_
#define RONDO_TEST_LOOKING_LISTENER_H_

#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "clients.h"
#include "engine/listener.h"
#include "engine/look/first_bytes.h"

namespace support {

constexpr uint64_t kLookNs = 60 * rondo::kSecond;

struct StickyBounds {
  uint32_t most = 1000;
  uint64_t idle_ms = 0;
  uint64_t wait_ns = 60 * rondo::kSecond;
};

inline std::shared_ptr<const rondo::LookOptions> LookFor(
    std::shared_ptr<const rondo::Looker> looker) {
  auto look = std::make_shared<rondo::LookOptions>();
  look->looker = std::move(looker);
  look->timeout_ns = kLookNs;
  return look;
}

// As js/js_first_bytes.cc has it. `keys`: such as "query:sid".
inline rondo::ListenerOptions Sticky(uint16_t id, const std::vector<std::string>& keys,
                                     StickyBounds bounds = {}) {
  auto sticky = std::make_shared<rondo::StickyOptions>();
  for (const std::string& text : keys) {
    rondo::StickyKey key;
    if (rondo::ParseStickyKey(text, &key)) sticky->keys.push_back(std::move(key));
  }
  sticky->most = bounds.most;
  sticky->idle_ms = bounds.idle_ms;
  sticky->wait_ns = bounds.wait_ns;
  auto looker =
      std::make_shared<rondo::FirstBytes>(id, sticky->hash, sticky->keys, rondo::Routes(), false);
  rondo::ListenerOptions options;
  if (looker->IsNeeded()) options.look = LookFor(std::move(looker));
  options.sticky = std::move(sticky);
  return options;
}

struct RouteTo {
  std::string host;
  uint16_t listener;
};

// `otherwise`: the default, or -1.
inline rondo::ListenerOptions Routed(uint16_t id, const std::vector<RouteTo>& table,
                                     int32_t otherwise = -1) {
  rondo::ListenerOptions options;
  rondo::Routes routes;
  for (const RouteTo& route : table) {
    routes.Add(route.host, route.listener);
    options.route_targets.push_back(route.listener);
  }
  if (otherwise >= 0) options.route_targets.push_back(static_cast<uint16_t>(otherwise));
  options.default_route = otherwise;
  options.look = LookFor(std::make_shared<rondo::FirstBytes>(
      id, rondo::SessionHash(), std::vector<rondo::StickyKey>(), std::move(routes), false));
  return options;
}

// The program names the listener, one of `targets`.
inline rondo::ListenerOptions AskedRoutes(uint16_t id, std::vector<uint16_t> targets) {
  rondo::ListenerOptions options;
  options.asks_route = true;
  options.route_targets = std::move(targets);
  options.look = LookFor(std::make_shared<rondo::FirstBytes>(
      id, rondo::SessionHash(), std::vector<rondo::StickyKey>(), rondo::Routes(), true));
  return options;
}

inline UniqueFd ConnectAndSay(int port, const std::string& text) {
  UniqueFd client = Connect(port);
  send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
  return client;
}

inline UniqueFd Get(int port, const std::string& target, const std::string& host = "localhost") {
  return ConnectAndSay(port, "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
}

// Who answers a client that shows that session.
inline int Visit(int port, const std::string& sid) { return Answer(Get(port, "/?sid=" + sid)); }

}  // namespace support

#endif  // RONDO_TEST_LOOKING_LISTENER_H_
