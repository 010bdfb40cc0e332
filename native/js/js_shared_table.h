// What the JS objects of limiters and maps have in common: keys, and what is answered to wrong
// arguments.
#ifndef RONDO_JS_JS_SHARED_TABLE_H_
#define RONDO_JS_JS_SHARED_TABLE_H_

#include "base/clock.h"
#include "js/js_shared.h"

namespace rondo {

// What a call answers that got a wrong argument; src/shared finds out what is wrong with it.
constexpr int kBadKey = -1;
constexpr int kBadNumber = -2;
constexpr int kBadValue = -3;

inline uint64_t NowMs() { return NowNs() / kMillisecond; }

// A key of the caller's, on the stack.
struct Key {
  // As more than the longest can be seen to be too long: a character is not cut.
  char text[shared::kLongestKey + 8];
  size_t length = 0;

  bool Read(napi_env env, napi_value value, size_t longest) {
    return napi_get_value_string_utf8(env, value, text, sizeof(text), &length) == napi_ok &&
           length > 0 && length <= longest;
  }

  shared::Bytes bytes() const { return {text, length}; }
};

// An integer from 0 to 2^53 - 1.
inline bool ToWhole(napi_env env, napi_value value, uint64_t* whole) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  if (!(number >= 0 && number <= 9007199254740991.0)) return false;
  *whole = static_cast<uint64_t>(number);
  return static_cast<double>(*whole) == number;
}

inline uint64_t WholeAt(napi_env env, napi_value value) {
  uint64_t whole = 0;
  ToWhole(env, value, &whole);
  return whole;
}

inline bool BoolAt(napi_env env, napi_value value) {
  bool result = false;
  napi_get_value_bool(env, value, &result);
  return result;
}

// [entries, refused, evicted]
inline Napi::Array StatsOf(Napi::Env env, uint64_t entries, const shared::Table& table) {
  Napi::Array stats = Napi::Array::New(env, 3);
  stats.Set(0u, static_cast<double>(entries));
  stats.Set(1u, static_cast<double>(table.refused()->load()));
  stats.Set(2u, static_cast<double>(table.evicted()->load()));
  return stats;
}

}  // namespace rondo

#endif  // RONDO_JS_JS_SHARED_TABLE_H_
