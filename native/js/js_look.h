// What a listener wants to know of a connection before it is dealt, of src/native.ts's
// EngineListenerOptions.
#ifndef RONDO_JS_JS_LOOK_H_
#define RONDO_JS_JS_LOOK_H_

#include <napi.h>

#include <memory>

#include "base/clock.h"
#include "engine/look/look_options.h"
#include "js/js_value.h"

namespace rondo {

// Null if nothing is looked at.
inline std::shared_ptr<const LookOptions> ToLookOptions(const Napi::Object& object) {
  if (!object.Get("proxyFrom").IsArray()) return nullptr;
  auto trusted = std::make_shared<Trusted>();
  const Napi::Array sources = object.Get("proxyFrom").As<Napi::Array>();
  // What is no source was refused before.
  for (uint32_t i = 0; i < sources.Length(); i++) trusted->Add(ToString(sources.Get(i)));
  auto look = std::make_shared<LookOptions>();
  look->proxies = std::move(trusted);
  look->timeout_ns = ToUint(object.Get("lookTimeoutMs")) * kMillisecond;
  return look;
}

}  // namespace rondo

#endif  // RONDO_JS_JS_LOOK_H_
