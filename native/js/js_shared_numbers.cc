// Counters, gauges and histograms as JS objects.
#include <cmath>
#include <cstring>
#include <limits>

#include "js/js_shared.h"
#include "shared/counter.h"

namespace rondo {

namespace {

using shared::Gauge;
using shared::Histogram;
using shared::Share;
using shared::Word;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Whether `value` is an integer that a counter can hold.
bool ToCount(napi_env env, napi_value value, int64_t* count) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  // NaN is in no range.
  const double largest = static_cast<double>(shared::kLargestCount);
  if (!(number >= -largest && number <= largest)) return false;
  *count = static_cast<int64_t>(number);
  return static_cast<double>(*count) == number;
}

// add(n): the sum; NaN if it is no count, or n is none
napi_value AddToCounter(napi_env env, napi_callback_info info) {
  const Arguments<Word, 1> arguments(env, info);
  int64_t n = 0;
  int64_t sum = 0;
  if (!ToCount(env, arguments.values[0], &n)) return ToNumber(env, kNaN);
  if (!shared::AddToCount(arguments.data, n, &sum)) return ToNumber(env, kNaN);
  return ToNumber(env, static_cast<double>(sum));
}

}  // namespace

// get()
napi_value GetCounter(napi_env env, napi_callback_info info) {
  const Arguments<Word, 1> arguments(env, info);
  return ToNumber(env, static_cast<double>(shared::GetCount(*arguments.data)));
}

namespace {

// compareAndSet(expected, value): 1, 0, or NaN if either is no count
napi_value CompareAndSetCounter(napi_env env, napi_callback_info info) {
  const Arguments<Word, 2> arguments(env, info);
  int64_t expected = 0;
  int64_t value = 0;
  if (!ToCount(env, arguments.values[0], &expected)) return ToNumber(env, kNaN);
  if (!ToCount(env, arguments.values[1], &value)) return ToNumber(env, kNaN);
  uint64_t before = static_cast<uint64_t>(expected);
  const bool is_set = arguments.data->compare_exchange_strong(before, static_cast<uint64_t>(value));
  return ToNumber(env, is_set ? 1 : 0);
}

// set(value): 1, or NaN if it is no count
napi_value SetCounter(napi_env env, napi_callback_info info) {
  const Arguments<Word, 1> arguments(env, info);
  int64_t value = 0;
  if (!ToCount(env, arguments.values[0], &value)) return ToNumber(env, kNaN);
  arguments.data->store(static_cast<uint64_t>(value));
  return ToNumber(env, 1);
}

// set(value), add(n): numbers
napi_value SetGauge(napi_env env, napi_callback_info info) {
  const Arguments<Gauge, 1> arguments(env, info);
  arguments.data->Set(ToDouble(env, arguments.values[0]));
  return nullptr;
}

napi_value AddToGauge(napi_env env, napi_callback_info info) {
  const Arguments<Gauge, 1> arguments(env, info);
  arguments.data->Add(ToDouble(env, arguments.values[0]));
  return nullptr;
}

napi_value SumOfGauge(napi_env env, napi_callback_info info) {
  return ToNumber(env, Arguments<Gauge, 1>(env, info).data->Sum());
}

}  // namespace

// shares(): [{ pid, seat, isAlive, value }]
napi_value SharesOfGauge(napi_env env, napi_callback_info info) {
  const std::vector<Share> shares = Arguments<Gauge, 1>(env, info).data->Shares();
  Napi::Array list = Napi::Array::New(env, shares.size());
  for (uint32_t i = 0; i < shares.size(); i++) {
    Napi::Object share = ToJs(env, shares[i].owner);
    share.Set("value", shares[i].sum);
    list.Set(i, share);
  }
  return list;
}

namespace {

// [sum, count of each bucket]
Napi::Array Numbers(Napi::Env env, const Share& share) {
  Napi::Array numbers = Napi::Array::New(env, share.counts.size() + 1);
  numbers.Set(0u, share.sum);
  for (uint32_t i = 0; i < share.counts.size(); i++) {
    numbers.Set(i + 1, static_cast<double>(share.counts[i]));
  }
  return numbers;
}

// observe(value)
napi_value ObserveInHistogram(napi_env env, napi_callback_info info) {
  const Arguments<Histogram, 1> arguments(env, info);
  arguments.data->Observe(ToDouble(env, arguments.values[0]));
  return nullptr;
}

}  // namespace

napi_value TotalOfHistogram(napi_env env, napi_callback_info info) {
  return Numbers(env, Arguments<Histogram, 1>(env, info).data->Total());
}

namespace {

// shares(): [{ pid, seat, isAlive, numbers }]
napi_value SharesOfHistogram(napi_env env, napi_callback_info info) {
  const std::vector<Share> shares = Arguments<Histogram, 1>(env, info).data->Shares();
  Napi::Array list = Napi::Array::New(env, shares.size());
  for (uint32_t i = 0; i < shares.size(); i++) {
    Napi::Object share = ToJs(env, shares[i].owner);
    share.Set("numbers", Numbers(env, shares[i]));
    list.Set(i, share);
  }
  return list;
}

}  // namespace

// counter(name)
napi_value OpenCounter(napi_env env, napi_callback_info info) {
  const Arguments<SharedEnvironment, 1> arguments(env, info);
  const shared::Definition wanted = {
      shared::Kind::kCounter, ToUtf8(env, arguments.values[0]), {}, 0};
  shared::Found found;
  const int result = shared::FindOrMake(arguments.data->region, wanted, &found);
  if (result < 0) return Refusal(env, result, found);
  return ObjectOf(env, found.value,
                  {{"add", AddToCounter},
                   {"get", GetCounter},
                   {"set", SetCounter},
                   {"compareAndSet", CompareAndSetCounter}});
}

// gauge(name)
napi_value OpenGauge(napi_env env, napi_callback_info info) {
  const Arguments<SharedEnvironment, 1> arguments(env, info);
  SharedEnvironment* const shared = arguments.data;
  shared::Found found;
  const shared::Definition wanted = Gauge::Define(ToUtf8(env, arguments.values[0]));
  int result = shared::FindOrMake(shared->region, wanted, &found);
  auto gauge = std::make_unique<Gauge>();
  if (result == 0) result = gauge->Open(shared->region, &shared->cells, found);
  if (result < 0) return Refusal(env, result, found);
  shared->gauges.push_back(std::move(gauge));
  return ObjectOf(
      env, shared->gauges.back().get(),
      {{"set", SetGauge}, {"add", AddToGauge}, {"get", SumOfGauge}, {"shares", SharesOfGauge}});
}

// histogram(name, bounds)
napi_value OpenHistogram(napi_env env, napi_callback_info info) {
  const Arguments<SharedEnvironment, 2> arguments(env, info);
  SharedEnvironment* const shared = arguments.data;
  const Napi::Float64Array list = Napi::Value(env, arguments.values[1]).As<Napi::Float64Array>();
  std::vector<double> bounds(list.ElementLength());
  for (size_t i = 0; i < bounds.size(); i++) bounds[i] = list[i];
  shared::Found found;
  const shared::Definition wanted = Histogram::Define(ToUtf8(env, arguments.values[0]), bounds);
  int result = shared::FindOrMake(shared->region, wanted, &found);
  if (result == -EEXIST) {
    Napi::Array existing = Napi::Array::New(env, found.parameters.size());
    for (uint32_t i = 0; i < found.parameters.size(); i++) {
      existing.Set(i, Histogram::ToBound(found.parameters[i]));
    }
    return existing;
  }
  auto histogram = std::make_unique<Histogram>();
  if (result == 0) result = histogram->Open(shared->region, &shared->cells, found);
  if (result < 0) return Refusal(env, result, found);
  shared->histograms.push_back(std::move(histogram));
  return ObjectOf(
      env, shared->histograms.back().get(),
      {{"observe", ObserveInHistogram}, {"get", TotalOfHistogram}, {"shares", SharesOfHistogram}});
}

}  // namespace rondo
