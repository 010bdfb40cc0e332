// What the addon exports. Nothing here or below is global: worker_threads load the addon once per
// thread, and each gets objects of its own. src/native/index.ts declares the whole surface.

#include <napi.h>

#include <memory>
#include <vector>

#include "channel/frames.h"
#include "engine/policy.h"
#include "js/js_engine.h"
#include "js/js_fd.h"
#include "js/js_process.h"
#include "js/js_receiver.h"
#ifdef __linux__
#include "js/js_shared.h"
#endif
#include "js/js_value.h"

namespace rondo {

namespace {

// pick(options, vector): one pick, an index into the vector's slots, or -1. The engine picks
// without JS; this is for the test vectors that both implementations must satisfy.
Napi::Value Pick(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const Napi::Object vector = info[1].As<Napi::Object>();
  const std::unique_ptr<Policy> policy = Policy::Make(ToPolicyOptions(options));
  if (policy == nullptr) return Napi::Number::New(info.Env(), -1);
  std::vector<int64_t> count(kMaxSlots);
  std::vector<uint32_t> open(kMaxSlots);
  std::vector<uint32_t> weight(kMaxSlots, 1);
  std::vector<uint32_t> delay_us(kMaxSlots);
  std::vector<int> index(kMaxSlots, -1);
  SlotSet serving;
  SlotSet eligible;
  const Napi::Array slots = vector.Get("slots").As<Napi::Array>();
  for (uint32_t i = 0; i < slots.Length(); i++) {
    const Napi::Object entry = slots.Get(i).As<Napi::Object>();
    const uint32_t slot = ToUint(entry.Get("slot"));
    serving.Add(slot);
    index[slot] = static_cast<int>(i);
    count[slot] = entry.Get("count").As<Napi::Number>().Int64Value();
    open[slot] = ToUint(entry.Get("open"));
    weight[slot] = ToUint(entry.Get("weight"));
    delay_us[slot] = ToUint(entry.Get("loopDelayUs"));
  }
  const Napi::Array numbers = vector.Get("eligible").As<Napi::Array>();
  for (uint32_t i = 0; i < numbers.Length(); i++) eligible.Add(ToUint(numbers.Get(i)));
  const Peer peer = ParsePeer(ToString(vector.Get("address")));
  Field field;
  field.serving = &serving;
  field.eligible = &eligible;
  field.count = count.data();
  field.open = open.data();
  field.weight = weight.data();
  field.delay_us = delay_us.data();
  field.last = ToInt(vector.Get("last"));
  field.peer = &peer;
  field.may_wait = ToBool(vector.Get("mayWait"));
  policy->NotePicks(ToUint(vector.Get("picks")));
  const int slot = policy->Pick(field);
  return Napi::Number::New(info.Env(), slot < 0 ? -1 : index[static_cast<size_t>(slot)]);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  DefineFdFunctions(env, exports);
  DefineProcessFunctions(env, exports);
#ifdef __linux__
  DefineShared(env, exports);
#endif
  exports.Set("Engine", JsEngine::Define(env));
  exports.Set("Receiver", JsReceiver::Define(env));
  exports.Set("pick", Napi::Function::New<Pick>(env, "pick"));
  exports.Set("protocolVersion", kProtocolVersion);
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, Init)

}  // namespace rondo
