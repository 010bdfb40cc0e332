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
  const bool tells_host = object.Get("asksRoute").IsBoolean() && ToBool(object.Get("asksRoute"));
  auto looker = std::make_shared<FirstBytes>(
      listener, hash, sticky == nullptr ? std::vector<StickyKey>() : sticky->keys,
      std::move(routes), tells_host);
  if (!looker->IsNeeded()) return nullptr;
  return looker;
}

void ToRoutes(const Napi::Object& object, std::vector<uint16_t>* targets, int32_t* default_route) {
  *default_route = ToInt(object.Get("defaultRoute"));
  const Napi::Array list = object.Get("routes").As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    targets->push_back(static_cast<uint16_t>(ToUint(list.Get(i).As<Napi::Array>().Get(1u))));
  }
  if (*default_route >= 0) targets->push_back(static_cast<uint16_t>(*default_route));
}

}  // namespace rondo
