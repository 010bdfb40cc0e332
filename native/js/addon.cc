// What the addon exports. Nothing here or below is global: worker_threads load the addon once per
// thread, and each gets objects of its own. src/native.ts declares the whole surface.

#include <napi.h>

#include <vector>

#include "channel/frames.h"
#include "engine/policy.h"
#include "js/js_engine.h"
#include "js/js_fd.h"
#include "js/js_process.h"
#include "js/js_receiver.h"
#include "js/js_value.h"

namespace rondo {

namespace {

// pick(policy, [[slot, pending, active], …], last): an index, or -1 for an unknown policy. The
// engine picks without JS; this is for the test vectors that both implementations must pass.
Napi::Value Pick(const Napi::CallbackInfo& info) {
  const Policy* const policy = Policy::Find(ToString(info[0]).c_str());
  if (policy == nullptr) return Napi::Number::New(info.Env(), -1);
  const Napi::Array list = info[1].As<Napi::Array>();
  std::vector<Candidate> candidates;
  for (uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Array entry = list.Get(i).As<Napi::Array>();
    candidates.push_back({static_cast<uint16_t>(ToUint(entry.Get(0u))), ToUint(entry.Get(1u)),
                          ToUint(entry.Get(2u))});
  }
  return Napi::Number::New(info.Env(), static_cast<double>(policy->pick(
                                           candidates.data(), candidates.size(), ToInt(info[2]))));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  DefineFdFunctions(env, exports);
  DefineProcessFunctions(env, exports);
  exports.Set("Engine", JsEngine::Define(env));
  exports.Set("Receiver", JsReceiver::Define(env));
  exports.Set("pick", Napi::Function::New<Pick>(env, "pick"));
  exports.Set("protocolVersion", kProtocolVersion);
  exports.Set("largestBatch", static_cast<double>(Receiver::kLargestBatch));
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, Init)

}  // namespace rondo
