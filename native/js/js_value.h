// Small helpers of the files that speak napi. Arguments come from src/native/index.ts, the only
// caller, which has validated them; a wrong type here is a bug of rondo's own.
#ifndef RONDO_JS_JS_VALUE_H_
#define RONDO_JS_JS_VALUE_H_

#include <napi.h>
#include <string.h>

#include <string>

#include "base/listen.h"
#include "engine/policy.h"

namespace rondo {

inline int ToInt(const Napi::Value& value) { return value.As<Napi::Number>().Int32Value(); }

inline uint32_t ToUint(const Napi::Value& value) { return value.As<Napi::Number>().Uint32Value(); }

inline bool ToBool(const Napi::Value& value) { return value.As<Napi::Boolean>().Value(); }

inline std::string ToString(const Napi::Value& value) {
  return value.As<Napi::String>().Utf8Value();
}

// Of src/native/engine.ts's EngineListenerOptions, what the policy needs.
inline PolicyOptions ToPolicyOptions(const Napi::Object& object) {
  PolicyOptions options;
  options.name = ToString(object.Get("policy"));
  options.seed = ToUint(object.Get("seed"));
  options.bound_permille = ToUint(object.Get("boundPermille"));
  options.wait_ms = ToUint(object.Get("waitMs"));
  options.ipv6_prefix = ToUint(object.Get("ipv6Prefix"));
  return options;
}

// { family, port, host }
inline Napi::Object ToJs(Napi::Env env, const LocalAddress& address) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("family", address.family);
  object.Set("port", address.port);
  const size_t length = address.family == 1 ? address.path_length : strlen(address.host);
  object.Set("host", Napi::String::New(env, address.host, length));
  return object;
}

}  // namespace rondo

#endif  // RONDO_JS_JS_VALUE_H_
