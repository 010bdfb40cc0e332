// 'rondo/shared' as JS objects: the region, and one object for each counter, gauge, histogram,
// limiter and map that the environment uses. Each environment, a worker thread's included, has a
// region and a cell of its own until it ends; its objects are kept for as long, and are as many as
// there are names.
//
// The calls that a program makes for every request are plain Node-API functions that have their C++
// object as data, take and return numbers, and write what is more than one number into an array
// that is made once.
#ifndef RONDO_JS_JS_SHARED_H_
#define RONDO_JS_JS_SHARED_H_

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "shared/cells.h"
#include "shared/limiter.h"
#include "shared/map.h"
#include "shared/metrics.h"
#include "shared/names.h"

namespace rondo {

// A limiter, and where take() writes what is more than one number.
struct JsLimiter {
  shared::Limiter limiter;
  double* out = nullptr;  // remaining, resetMs: memory of an array that src/shared keeps
};

// What one environment has of the region.
struct SharedEnvironment {
  shared::Region region;
  shared::Cells cells;
  std::vector<std::unique_ptr<shared::Gauge>> gauges;
  std::vector<std::unique_ptr<shared::Histogram>> histograms;
  std::vector<std::unique_ptr<JsLimiter>> limiters;
  std::vector<std::unique_ptr<shared::Map>> maps;
};

// Of what another process has made: see js_shared_watch.cc. Their data are a Word, a Gauge and a
// Histogram.
napi_value ListNames(napi_env env, napi_callback_info info);
napi_value WatchName(napi_env env, napi_callback_info info);
napi_value GetCounter(napi_env env, napi_callback_info info);
napi_value SharesOfGauge(napi_env env, napi_callback_info info);
napi_value TotalOfHistogram(napi_env env, napi_callback_info info);

// Adds makeShared and openShared to `exports`.
void DefineShared(Napi::Env env, Napi::Object exports);

// The methods of what openShared() returns. Each gives an object, or a -errno; where the name has
// other parameters, those as an array.
napi_value OpenCounter(napi_env env, napi_callback_info info);
napi_value OpenGauge(napi_env env, napi_callback_info info);
napi_value OpenHistogram(napi_env env, napi_callback_info info);
napi_value OpenLimiter(napi_env env, napi_callback_info info);
napi_value OpenMap(napi_env env, napi_callback_info info);

// The arguments of a call, undefined where there are fewer, and the data of its function.
template <typename Data, size_t kCount>
struct Arguments {
  napi_value values[kCount] = {};
  Data* data = nullptr;

  Arguments(napi_env env, napi_callback_info info) {
    size_t count = kCount;
    void* raw = nullptr;
    napi_get_cb_info(env, info, &count, values, nullptr, &raw);
    data = static_cast<Data*>(raw);
  }
};

inline napi_value ToNumber(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

// NaN for what is no number.
double ToDouble(napi_env env, napi_value value);
std::string ToUtf8(napi_env env, napi_value value);
// -errno, or the parameters as they are.
napi_value Refusal(napi_env env, int error, const shared::Found& found);

struct Method {
  const char* name;
  napi_callback call;
};
// An object with functions that have `data`.
napi_value ObjectOf(napi_env env, void* data, const std::vector<Method>& methods);
// { pid, seat, isAlive, … }
Napi::Object ToJs(Napi::Env env, const shared::Owner& owner);

}  // namespace rondo

#endif  // RONDO_JS_JS_SHARED_H_
