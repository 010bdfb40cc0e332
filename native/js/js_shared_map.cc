// Maps as JS objects.
#include "js/js_shared_table.h"

namespace rondo {

namespace {

using shared::Bytes;
using shared::Map;
using shared::SetResult;

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

// stats()
napi_value StatsOfMap(napi_env env, napi_callback_info info) {
  Map* const map = Arguments<Map, 1>(env, info).data;
  return StatsOf(env, map->CountEntries(NowMs()), *map->table());
}

}  // namespace

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
