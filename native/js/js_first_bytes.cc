#include "js/js_first_bytes.h"

#include <utility>
#include <vector>

#include "base/clock.h"
#include "engine/look/first_bytes.h"
#include "js/js_value.h"

namespace rondo {

std::shared_ptr<const StickyOptions> ToStickyOptions(const Napi::Object& object,
                                                     const SessionHash& hash) {
  if (!object.Get("sticky").IsObject()) return nullptr;
  const Napi::Object given = object.Get("sticky").As<Napi::Object>();
  const Napi::Array keys = given.Get("keys").As<Napi::Array>();
  auto options = std::make_shared<StickyOptions>();
  for (uint32_t i = 0; i < keys.Length(); i++) {
    StickyKey key;
    if (ParseStickyKey(ToString(keys.Get(i)), &key)) options->keys.push_back(std::move(key));
  }
  if (options->keys.empty()) return nullptr;
  options->most = ToUint(given.Get("maxSessions"));
  options->idle_ms = ToUint(given.Get("idleMs"));
  options->wait_ns = ToUint(given.Get("waitMs")) * kMillisecond;
  options->hash = hash;
  return options;
}

std::shared_ptr<const Looker> ToLooker(uint16_t listener, const Napi::Object& object,
                                       const SessionHash& hash, const StickyOptions* sticky) {
  Routes routes;
  if (object.Get("routes").IsArray()) {
    const Napi::Array list = object.Get("routes").As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) {
      const Napi::Array route = list.Get(i).As<Napi::Array>();
      routes.Add(ToString(route.Get(0u)), ToInt(route.Get(1u)));
    }
  }
  const bool tells_host = object.Get("askedRoutes").IsArray();
  auto looker = std::make_shared<FirstBytes>(
      listener, hash, sticky == nullptr ? std::vector<StickyKey>() : sticky->keys,
      std::move(routes), tells_host);
  if (!looker->IsNeeded()) return nullptr;
  return looker;
}

void ToRoutes(const Napi::Object& object, ListenerOptions* options) {
  if (object.Get("routes").IsArray()) {
    options->default_route = ToInt(object.Get("defaultRoute"));
    const Napi::Array list = object.Get("routes").As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) {
      const uint32_t target = ToUint(list.Get(i).As<Napi::Array>().Get(1u));
      options->route_targets.push_back(static_cast<uint16_t>(target));
    }
    const int32_t otherwise = options->default_route;
    if (otherwise >= 0) options->route_targets.push_back(static_cast<uint16_t>(otherwise));
  }
  if (!object.Get("askedRoutes").IsArray()) return;
  options->asks_route = true;
  const Napi::Array targets = object.Get("askedRoutes").As<Napi::Array>();
  for (uint32_t i = 0; i < targets.Length(); i++) {
    options->route_targets.push_back(static_cast<uint16_t>(ToUint(targets.Get(i))));
  }
}

}  // namespace rondo
