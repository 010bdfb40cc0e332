// What is in the region, whoever has made it, for who shows it and has no share in it: the metrics
// of the primary. What is read there is checked, and what is wrong is left out.
#include <errno.h>

#include <utility>

#include "js/js_shared.h"

namespace rondo {

namespace {

using shared::Gauge;
using shared::Histogram;
using shared::Kind;
using shared::Listed;

// Each has a mapping of its own, of which a process may have some 65,000.
constexpr size_t kMostWatched = 2000;

bool HasRoom(const SharedEnvironment& shared) {
  return shared.gauges.size() + shared.histograms.size() < kMostWatched;
}

int WatchCounter(Napi::Env env, const Listed& listed, napi_value* reader) {
  *reader = ObjectOf(env, listed.found.value, {{"get", GetCounter}});
  return 0;
}

int WatchGauge(Napi::Env env, SharedEnvironment* shared, const Listed& listed, napi_value* reader) {
  if (!HasRoom(*shared)) return -ENOSPC;
  auto gauge = std::make_unique<Gauge>();
  const int result = gauge->Watch(shared->region, &shared->cells, listed.found);
  if (result < 0) return result;
  shared->gauges.push_back(std::move(gauge));
  *reader = ObjectOf(env, shared->gauges.back().get(), {{"shares", SharesOfGauge}});
  return 0;
}

int WatchHistogram(Napi::Env env, SharedEnvironment* shared, const Listed& listed,
                   napi_value* reader) {
  if (!HasRoom(*shared)) return -ENOSPC;
  auto histogram = std::make_unique<Histogram>();
  const int result = histogram->Watch(shared->region, &shared->cells, listed.found);
  if (result < 0) return result;
  Napi::Array bounds = Napi::Array::New(env, histogram->bounds().size());
  for (uint32_t i = 0; i < bounds.Length(); i++) bounds.Set(i, histogram->bounds()[i]);
  shared->histograms.push_back(std::move(histogram));
  *reader = ObjectOf(env, shared->histograms.back().get(), {{"get", TotalOfHistogram}});
  Napi::Object(env, *reader).Set("bounds", bounds);
  return 0;
}

}  // namespace

// names(known): the places of all names, each once; undefined if they are as many as `known`
napi_value ListNames(napi_env env, napi_callback_info info) {
  const Arguments<SharedEnvironment, 1> arguments(env, info);
  const std::vector<uint64_t> records = shared::ListRecords(arguments.data->region);
  if (static_cast<double>(records.size()) == ToDouble(env, arguments.values[0])) return nullptr;
  Napi::Array places = Napi::Array::New(env, records.size());
  for (uint32_t i = 0; i < records.size(); i++) places.Set(i, static_cast<double>(records[i]));
  return places;
}

// watch(place): { kind, name, … } with what reads it: get() of a counter, shares() of a gauge,
// get() and bounds of a histogram; neither of what is no metric. Or -errno
napi_value WatchName(napi_env env, napi_callback_info info) {
  const Arguments<SharedEnvironment, 1> arguments(env, info);
  SharedEnvironment* const shared = arguments.data;
  const double place = ToDouble(env, arguments.values[0]);
  Listed listed;
  int result = -EIO;
  if (place >= 0 && place < static_cast<double>(shared::kLargeAt)) {
    result = shared::ReadRecord(shared->region, static_cast<uint64_t>(place), &listed);
  }
  napi_value reader = nullptr;
  if (result == 0) {
    switch (listed.kind) {
      case Kind::kCounter:
        result = WatchCounter(env, listed, &reader);
        break;
      case Kind::kGauge:
        result = WatchGauge(env, shared, listed, &reader);
        break;
      case Kind::kHistogram:
        result = WatchHistogram(env, shared, listed, &reader);
        break;
      case Kind::kLimiter:
      case Kind::kMap:
        reader = ObjectOf(env, nullptr, {});
        break;
    }
  }
  if (result < 0) return ToNumber(env, result);
  Napi::Object object(env, reader);
  object.Set("kind", static_cast<double>(listed.kind));
  object.Set("name", Napi::String::New(env, listed.name));
  return object;
}

}  // namespace rondo
