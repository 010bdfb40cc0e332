// The receiver as a JS object, and the one JS call per batch.
#ifndef RONDO_JS_JS_RECEIVER_H_
#define RONDO_JS_JS_RECEIVER_H_

#include <napi.h>

#include <memory>
#include <vector>

#include "receiver/receiver.h"

namespace rondo {

class JsReceiver : public Napi::ObjectWrap<JsReceiver>, public Receiver::Owner {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit JsReceiver(const Napi::CallbackInfo& info);
  ~JsReceiver() override;

 private:
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  Napi::Value SetServing(const Napi::CallbackInfo& info);
  Napi::Value Refuse(const Napi::CallbackInfo& info);
  Napi::Value Claim(const Napi::CallbackInfo& info);
  Napi::Value Unclaim(const Napi::CallbackInfo& info);
  Napi::Value Tell(const Napi::CallbackInfo& info, FrameType type);
  Napi::Value Ended(const Napi::CallbackInfo& info);
  Napi::Value HandoffTimes(const Napi::CallbackInfo& info);
  Napi::Value Pace(const Napi::CallbackInfo& info);
  // A view of what `find(page)` points to; empty if that threw.
  template <typename Find>
  Napi::ArrayBuffer Share(Napi::Env env, Find find, size_t bytes);
  Napi::Value Release(const Napi::CallbackInfo& info);
  Napi::Value HasUnsent(const Napi::CallbackInfo& info);
  Napi::Value About(const Napi::CallbackInfo& info);
  Napi::Value Beat(const Napi::CallbackInfo& info);
  Napi::Value RefLoop(const Napi::CallbackInfo& info);
  Napi::Value UnrefLoop(const Napi::CallbackInfo& info);

  void OnConnections(std::vector<Connection>* batch) override;
  void OnWelcome(const Welcome& welcome) override;
  void OnState(const char* state, size_t length) override;
  void OnRelieve(uint32_t count) override;
  void OnEnd(int error) override;

  static void OnEnvironmentEnd(void* self);
  // Calls the owner's method as an event of the loop: ticks and promises run after it, and an
  // exception becomes 'uncaughtException'. False: nothing can be called any more.
  bool Call(const char* method, const std::vector<napi_value>& arguments);

  int check_result_ = 0;
  std::unique_ptr<Receiver> receiver_;
  std::unique_ptr<Napi::AsyncContext> context_;
  Napi::ObjectReference owner_;
  Napi::Reference<Napi::Int32Array> slots_;
  std::vector<Connection>* batch_ = nullptr;  // while OnConnections runs
};

}  // namespace rondo

#endif  // RONDO_JS_JS_RECEIVER_H_
