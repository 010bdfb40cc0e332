// Limiters as JS objects.
#include "js/js_shared_table.h"

namespace rondo {

namespace {

using shared::Limiter;

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

// stats()
napi_value StatsOfLimiter(napi_env env, napi_callback_info info) {
  Limiter* const limiter = &Arguments<JsLimiter, 1>(env, info).data->limiter;
  return StatsOf(env, limiter->CountEntries(NowMs()), *limiter->table());
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

}  // namespace rondo
