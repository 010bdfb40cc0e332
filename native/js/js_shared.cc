#include "js/js_shared.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

#include "js/js_value.h"

namespace rondo {

namespace {

using shared::Token;

// The one thing that belongs to the process and not to an environment: the region that it has made,
// which all of its threads use and which children open by the number of its fd. It stays until the
// process ends.
struct OwnRegion {
  UniqueFd fd;
  Token token;
};
std::atomic<OwnRegion*> own_region;

// Of two threads that make one at once, one's is dropped.
int MakeOwnRegion(OwnRegion** out) {
  *out = own_region.load();
  if (*out != nullptr) return 0;
  auto made = std::make_unique<OwnRegion>();
  const int result = shared::Region::Create(&made->fd, &made->token);
  if (result < 0) return result;
  if (own_region.compare_exchange_strong(*out, made.get())) *out = made.release();
  return 0;
}

// makeShared(): 'pid:fd:token' or -errno
Napi::Value MakeShared(const Napi::CallbackInfo& info) {
  OwnRegion* region = nullptr;
  const int result = MakeOwnRegion(&region);
  if (result < 0) return Napi::Number::New(info.Env(), result);
  char place[80];
  snprintf(place, sizeof(place), "%d:%d:%016" PRIx64 "%016" PRIx64, getpid(), region->fd.get(),
           region->token.words[0], region->token.words[1]);
  return Napi::String::New(info.Env(), place);
}

void OnEnvironmentEnd(void* data) { delete static_cast<SharedEnvironment*>(data); }

// openShared(pid, fd, token, seat): an object, -errno, or the layout's version as a string if it is
// another
Napi::Value OpenShared(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const int pid = ToInt(info[0]);
  const std::string text = ToString(info[2]);
  Token token;
  for (size_t i = 0; i < 2; i++) {
    token.words[i] = strtoull(text.substr(i * 16, 16).c_str(), nullptr, 16);
  }
  // A process's own fds are there even if it cannot be traced, as after setuid(2).
  const std::string process = pid == getpid() ? "self" : std::to_string(pid);
  const std::string path = "/proc/" + process + "/fd/" + std::to_string(ToInt(info[1]));
  auto shared = std::make_unique<SharedEnvironment>();
  uint64_t version = 0;
  int result = shared->region.Open(path.c_str(), token, &version);
  if (result == -EPROTO) return Napi::String::New(env, std::to_string(version));
  if (result == 0) result = shared->cells.Claim(&shared->region, getpid(), ToInt(info[3]));
  if (result < 0) return Napi::Number::New(env, result);
  napi_add_env_cleanup_hook(env, OnEnvironmentEnd, shared.get());
  return Napi::Value(env, ObjectOf(env, shared.release(),
                                   {{"counter", OpenCounter},
                                    {"gauge", OpenGauge},
                                    {"histogram", OpenHistogram},
                                    {"limiter", OpenLimiter},
                                    {"map", OpenMap},
                                    {"names", ListNames},
                                    {"watch", WatchName}}));
}

}  // namespace

double ToDouble(napi_env env, napi_value value) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) == napi_ok) return number;
  return std::numeric_limits<double>::quiet_NaN();
}

std::string ToUtf8(napi_env env, napi_value value) { return ToString(Napi::Value(env, value)); }

napi_value Refusal(napi_env env, int error, const shared::Found& found) {
  if (error != -EEXIST) return ToNumber(env, error);
  Napi::Array parameters = Napi::Array::New(env, found.parameters.size());
  for (uint32_t i = 0; i < found.parameters.size(); i++) {
    parameters.Set(i, static_cast<double>(found.parameters[i]));
  }
  return parameters;
}

napi_value ObjectOf(napi_env env, void* data, const std::vector<Method>& methods) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  for (const Method& method : methods) {
    napi_value function = nullptr;
    napi_create_function(env, method.name, NAPI_AUTO_LENGTH, method.call, data, &function);
    napi_set_named_property(env, object, method.name, function);
  }
  return object;
}

Napi::Object ToJs(Napi::Env env, const shared::Owner& owner) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("pid", owner.pid);
  object.Set("seat", owner.seat < 0 ? env.Null() : Napi::Value(Napi::Number::New(env, owner.seat)));
  object.Set("isAlive", owner.is_alive);
  return object;
}

void DefineShared(Napi::Env env, Napi::Object exports) {
  exports.Set("makeShared", Napi::Function::New<MakeShared>(env, "makeShared"));
  exports.Set("openShared", Napi::Function::New<OpenShared>(env, "openShared"));
}

}  // namespace rondo
