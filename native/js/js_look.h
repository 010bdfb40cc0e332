// What a listener wants to know of a connection before it is dealt, of src/native/engine.ts's
// EngineListenerOptions.
#ifndef RONDO_JS_JS_LOOK_H_
#define RONDO_JS_JS_LOOK_H_

#include <napi.h>

#include <memory>
#include <utility>

#include "base/clock.h"
#include "engine/look/look_options.h"
#include "js/js_value.h"

namespace rondo {

// Null if nothing is looked at. `looker` may be null.
inline std::shared_ptr<const LookOptions> ToLookOptions(const Napi::Object& object,
                                                        std::shared_ptr<const Looker> looker) {
  const bool has_proxies = object.Get("proxyFrom").IsArray();
  if (!has_proxies && looker == nullptr) return nullptr;
  auto look = std::make_shared<LookOptions>();
  look->looker = std::move(looker);
  look->timeout_ns = ToUint(object.Get("lookTimeoutMs")) * kMillisecond;
  if (!has_proxies) return look;
  auto trusted = std::make_shared<Trusted>();
  const Napi::Array sources = object.Get("proxyFrom").As<Napi::Array>();
  // What is no source was refused before.
  for (uint32_t i = 0; i < sources.Length(); i++) trusted->Add(ToString(sources.Get(i)));
  look->proxies = std::move(trusted);
  return look;
}

}  // namespace rondo

#endif  // RONDO_JS_JS_LOOK_H_
