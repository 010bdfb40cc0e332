// The receiver as a JS object, and the JS call for each connection: as for those that Node accepts
// itself, what process.nextTick() and promises have queued runs after each, and what one throws is
// nothing to the next one.
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
  Napi::Value RefuseRest(const Napi::CallbackInfo& info);
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
  // What JS reads of a connection.
  static void Describe(const Connection& connection, int32_t* fields);
  // It is not JS's, and gets another worker, or none where there is no channel any more.
  void Return(Connection* connection);
  // Calls the owner's method as an event of the loop: ticks and promises run after it, and an
  // exception becomes 'uncaughtException'. False: nothing can be called any more.
  bool Call(const char* method, const std::vector<napi_value>& arguments);
  bool Call(napi_value owner, napi_value function, const std::vector<napi_value>& arguments);

  int check_result_ = 0;
  std::unique_ptr<Receiver> receiver_;
  std::unique_ptr<Napi::AsyncContext> context_;
  Napi::ObjectReference owner_;
  Napi::FunctionReference on_connection_;
  Napi::Reference<Napi::Int32Array> fields_;
  // While OnConnections runs: the batch, the one that is JS's turn, and how many had theirs. One
  // that runs within another one goes on where that is.
  std::vector<Connection>* batch_ = nullptr;
  Connection* current_ = nullptr;
  size_t called_ = 0;
};

}  // namespace rondo

#endif  // RONDO_JS_JS_RECEIVER_H_
