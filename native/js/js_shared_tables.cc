// Limiters and maps as JS objects.
#include <string.h>

#include "base/clock.h"
#include "js/js_shared.h"

namespace rondo {

namespace {

using shared::Bytes;
using shared::Limiter;
using shared::Map;
using shared::SetResult;

// What a call answers that got a wrong argument; src/shared finds out what is wrong with it.
constexpr int kBadKey = -1;
constexpr int kBadNumber = -2;
constexpr int kBadValue = -3;

uint64_t NowMs() { return NowNs() / kMillisecond; }

// A key of the caller's, on the stack.
struct Key {
  // As more than the longest can be seen to be too long: a character is not cut.
  char text[shared::kLongestKey + 8];
  size_t length = 0;

  bool Read(napi_env env, napi_value value, size_t longest) {
    return napi_get_value_string_utf8(env, value, text, sizeof(text), &length) == napi_ok &&
           length > 0 && length <= longest;
  }

  Bytes bytes() const { return {text, length}; }
};

// An integer from 0 to 2^53 - 1.
bool ToWhole(napi_env env, napi_value value, uint64_t* whole) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  if (!(number >= 0 && number <= 9007199254740991.0)) return false;
  *whole = static_cast<uint64_t>(number);
  return static_cast<double>(*whole) == number;
}

// take(key, n): 1 if it is allowed, 0 if not, or what is wrong; `out` has the rest
napi_value Take(napi_env env, napi_callback_info info) {
  const Arguments<JsLimiter, 2> arguments(env, info);
  Key key;
  uint64_t n = 0;
  if (!key.Read(env, arguments.values[0], shared::kLongestKey)) return ToNumber(env, kBadKey);
  if (!ToWhole(env, arguments.values[1], &n)) return ToNumber(env, kBadNumber);
  JsLimiter* const self = arguments.data;
  const shared::Verdict verdict = self->limiter.Take(key.text, key.length, n, NowMs());
  self->out[0] = static_cast<double>(verdict.remaining);
  self->out[1] = static_cast<double>(verdict.reset_ms);
  return ToNumber(env, verdict.ok ? 1 : 0);
}

// giveBack(key, n): 1, or what is wrong
napi_value GiveBack(napi_env env, napi_callback_info info) {
  const Arguments<JsLimiter, 2> arguments(env, info);
  Key key;
  uint64_t n = 0;
  if (!key.Read(env, arguments.values[0], shared::kLongestKey)) return ToNumber(env, kBadKey);
  if (!ToWhole(env, arguments.values[1], &n)) return ToNumber(env, kBadNumber);
  arguments.data->limiter.GiveBack(key.text, key.length, n, NowMs());
  return ToNumber(env, 1);
}

// reset(key): 1, or what is wrong
napi_value Reset(napi_env env, napi_callback_info info) {
  const Arguments<JsLimiter, 1> arguments(env, info);
  Key key;
  if (!key.Read(env, arguments.values[0], shared::kLongestKey)) return ToNumber(env, kBadKey);
  arguments.data->limiter.Reset(key.text, key.length, NowMs());
  return ToNumber(env, 1);
}

Napi::Array StatsOf(Napi::Env env, uint64_t entries, const shared::Table& table) {
  Napi::Array stats = Napi::Array::New(env, 3);
  stats.Set(0u, static_cast<double>(entries));
  stats.Set(1u, static_cast<double>(table.refused()->load()));
  stats.Set(2u, static_cast<double>(table.evicted()->load()));
  return stats;
}

// stats(): [entries, refused, evicted]
napi_value StatsOfLimiter(napi_env env, napi_callback_info info) {
  Limiter* const limiter = &Arguments<JsLimiter, 1>(env, info).data->limiter;
  return StatsOf(env, limiter->CountEntries(NowMs()), *limiter->table());
}

napi_value StatsOfMap(napi_env env, napi_callback_info info) {
  Map* const map = Arguments<Map, 1>(env, info).data;
  return StatsOf(env, map->CountEntries(NowMs()), *map->table());
}

bool ToBytes(napi_env env, napi_value value, Bytes* bytes) {
  napi_typedarray_type type;
  void* data = nullptr;
  const napi_status status =
      napi_get_typedarray_info(env, value, &type, &bytes->length, &data, nullptr, nullptr);
  bytes->data = data;
  return status == napi_ok && type == napi_uint8_array;
}

// get(key): a Buffer, undefined, or what is wrong
napi_value Get(napi_env env, napi_callback_info info) {
  const Arguments<Map, 1> arguments(env, info);
  Key key;
  if (!key.Read(env, arguments.values[0], arguments.data->sizes().key_bytes)) {
    return ToNumber(env, kBadKey);
  }
  Bytes value;
  if (!arguments.data->Get(key.bytes(), NowMs(), &value)) return nullptr;
  napi_value buffer = nullptr;
  napi_create_buffer_copy(env, value.length, value.data, nullptr, &buffer);
  return buffer;
}

// has(key): 1, 0, or what is wrong
napi_value Has(napi_env env, napi_callback_info info) {
  const Arguments<Map, 1> arguments(env, info);
  Key key;
  if (!key.Read(env, arguments.values[0], arguments.data->sizes().key_bytes)) {
    return ToNumber(env, kBadKey);
  }
  Bytes value;
  return ToNumber(env, arguments.data->Get(key.bytes(), NowMs(), &value) ? 1 : 0);
}

// Undefined for any value, null for none, or a Uint8Array.
Map::Condition ToCondition(napi_env env, napi_value value) {
  Map::Condition condition;
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  condition.is_any = type == napi_undefined;
  condition.is_absent = type == napi_null;
  if (type == napi_object) ToBytes(env, value, &condition.value);
  return condition;
}

// 1: done. 0: refused, or nothing was there. 2: the condition does not hold.
napi_value Answer(napi_env env, SetResult result) {
  return ToNumber(env, result == SetResult::kSet ? 1 : result == SetResult::kRefused ? 0 : 2);
}

// set(key, value, ttlMs, expected): a result, or what is wrong
napi_value Set(napi_env env, napi_callback_info info) {
  const Arguments<Map, 4> arguments(env, info);
  Map* const map = arguments.data;
  Key key;
  Bytes value;
  uint64_t ttl_ms = 0;
  if (!key.Read(env, arguments.values[0], map->sizes().key_bytes)) return ToNumber(env, kBadKey);
  if (!ToBytes(env, arguments.values[1], &value)) return ToNumber(env, kBadValue);
  if (value.length > map->sizes().value_bytes) return ToNumber(env, kBadValue);
  if (!ToWhole(env, arguments.values[2], &ttl_ms)) return ToNumber(env, kBadNumber);
  const Map::Condition condition = ToCondition(env, arguments.values[3]);
  return Answer(env, map->Set(key.bytes(), value, ttl_ms, NowMs(), condition));
}

// delete(key, expected): a result, or what is wrong
napi_value Delete(napi_env env, napi_callback_info info) {
  const Arguments<Map, 2> arguments(env, info);
  Key key;
  if (!key.Read(env, arguments.values[0], arguments.data->sizes().key_bytes)) {
    return ToNumber(env, kBadKey);
  }
  const Map::Condition condition = ToCondition(env, arguments.values[1]);
  return Answer(env, arguments.data->Delete(key.bytes(), NowMs(), condition));
}

// keys(): strings
napi_value Keys(napi_env env, napi_callback_info info) {
  const std::vector<std::string> keys = Arguments<Map, 1>(env, info).data->Keys(NowMs());
  Napi::Array list = Napi::Array::New(env, keys.size());
  for (uint32_t i = 0; i < keys.size(); i++) list.Set(i, keys[i]);
  return list;
}

uint64_t WholeAt(napi_env env, napi_value value) {
  uint64_t whole = 0;
  ToWhole(env, value, &whole);
  return whole;
}

bool BoolAt(napi_env env, napi_value value) {
  bool result = false;
  napi_get_value_bool(env, value, &result);
  return result;
}

}  // namespace

// limiter(name, limit, windowMs, algorithm, entries, deniesWhenFull, out)
napi_value OpenLimiter(napi_env env, napi_callback_info info) {
  const Arguments<SharedEnvironment, 7> arguments(env, info);
  SharedEnvironment* const shared = arguments.data;
  const napi_value* const values = arguments.values;
  const shared::LimitRule rule = {static_cast<shared::Algorithm>(WholeAt(env, values[3])),
                                  WholeAt(env, values[1]), WholeAt(env, values[2])};
  const shared::Definition wanted =
      Limiter::Define(ToUtf8(env, values[0]), rule, WholeAt(env, values[4]));
  shared::Found found;
  int result = shared::FindOrMake(shared->region, wanted, &found);
  auto self = std::make_unique<JsLimiter>();
  const bool denies = BoolAt(env, values[5]);
  if (result == 0) {
    result = self->limiter.Open(shared->region, shared->cells.index(), found, denies);
  }
  if (result < 0) return Refusal(env, result, found);
  self->out = Napi::Value(env, values[6]).As<Napi::Float64Array>().Data();
  JsLimiter* const data = self.get();
  shared->limiters.push_back(std::move(self));
  return ObjectOf(
      env, data,
      {{"take", Take}, {"giveBack", GiveBack}, {"reset", Reset}, {"stats", StatsOfLimiter}});
}

// map(name, entries, keyBytes, valueBytes, evictsWhenFull)
napi_value OpenMap(napi_env env, napi_callback_info info) {
  const Arguments<SharedEnvironment, 5> arguments(env, info);
  SharedEnvironment* const shared = arguments.data;
  const napi_value* const values = arguments.values;
  const shared::MapSizes sizes = {WholeAt(env, values[1]), WholeAt(env, values[2]),
                                  WholeAt(env, values[3])};
  shared::Found found;
  const shared::Definition wanted = Map::Define(ToUtf8(env, values[0]), sizes);
  int result = shared::FindOrMake(shared->region, wanted, &found);
  auto map = std::make_unique<Map>();
  const bool evicts = BoolAt(env, values[4]);
  if (result == 0) result = map->Open(shared->region, shared->cells.index(), found, evicts);
  if (result < 0) return Refusal(env, result, found);
  Map* const data = map.get();
  shared->maps.push_back(std::move(map));
  return ObjectOf(env, data,
                  {{"get", Get},
                   {"has", Has},
                   {"set", Set},
                   {"delete", Delete},
                   {"keys", Keys},
                   {"stats", StatsOfMap}});
}

}  // namespace rondo
