// Small helpers of the files that speak napi. Arguments come from src/native.ts, the only caller,
// which has validated them; a wrong type here is a bug of rondo's own.
#ifndef RONDO_JS_VALUE_H_
#define RONDO_JS_VALUE_H_

#include <napi.h>

#include <string>

namespace rondo {

inline int ToInt(const Napi::Value& value) { return value.As<Napi::Number>().Int32Value(); }

inline uint32_t ToUint(const Napi::Value& value) { return value.As<Napi::Number>().Uint32Value(); }

inline bool ToBool(const Napi::Value& value) { return value.As<Napi::Boolean>().Value(); }

inline std::string ToString(const Napi::Value& value) {
  return value.As<Napi::String>().Utf8Value();
}

}  // namespace rondo

#endif  // RONDO_JS_VALUE_H_
