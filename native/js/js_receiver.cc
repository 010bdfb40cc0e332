#include "js/js_receiver.h"

#include <algorithm>

#include "js/js_value.h"

namespace rondo {

namespace {

// Neither below 0, as between clocks that are not the same, nor beyond the array's numbers.
int32_t AgeUs(uint64_t accepted_ns, uint64_t now_ns) {
  const uint64_t age_us = now_ns < accepted_ns ? 0 : (now_ns - accepted_ns) / 1000;
  return static_cast<int32_t>(std::min<uint64_t>(age_us, INT32_MAX));
}

napi_value ToJs(Napi::Env env, double value) { return Napi::Number::New(env, value); }

}  // namespace

Napi::Function JsReceiver::Define(Napi::Env env) {
  return DefineClass(env, "Receiver",
                     {
                         InstanceMethod<&JsReceiver::Open>("open"),
                         InstanceMethod<&JsReceiver::Close>("close"),
                         InstanceMethod<&JsReceiver::SetServing>("setServing"),
                         InstanceMethod<&JsReceiver::Refuse>("refuse"),
                         InstanceMethod<&JsReceiver::RefuseRest>("refuseRest"),
                         InstanceMethod<&JsReceiver::Release>("release"),
                         InstanceMethod<&JsReceiver::HasUnsent>("hasUnsent"),
                         InstanceMethod<&JsReceiver::About>("about"),
                         InstanceMethod<&JsReceiver::Claim>("claim"),
                         InstanceMethod<&JsReceiver::Unclaim>("unclaim"),
                         InstanceMethod<&JsReceiver::Ended>("ended"),
                         InstanceMethod<&JsReceiver::HandoffTimes>("handoffTimes"),
                         InstanceMethod<&JsReceiver::Pace>("pace"),
                         InstanceMethod<&JsReceiver::Beat>("beat"),
                         InstanceMethod<&JsReceiver::RefLoop>("ref"),
                         InstanceMethod<&JsReceiver::UnrefLoop>("unref"),
                     });
}

// new Receiver(fd, owner, fields): `fields` is an Int32Array that says what there is to know of a
// connection, before owner.onConnection() is called for it
JsReceiver::JsReceiver(const Napi::CallbackInfo& info) : Napi::ObjectWrap<JsReceiver>(info) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(info.Env(), &loop);
  const int fd = ToInt(info[0]);
  check_result_ = Receiver::Check(fd);
  // What is no channel has that number by chance, such as Node's own: it is not this one's to
  // close.
  receiver_ = std::make_unique<Receiver>(loop, UniqueFd(check_result_ < 0 ? -1 : fd), this);
  owner_ = Napi::Persistent(info[1].As<Napi::Object>());
  on_connection_ = Napi::Persistent(owner_.Get("onConnection").As<Napi::Function>());
  fields_ = Napi::Persistent(info[2].As<Napi::Int32Array>());
  context_ = std::make_unique<Napi::AsyncContext>(info.Env(), "rondo:receiver");
}

JsReceiver::~JsReceiver() { napi_remove_env_cleanup_hook(Env(), OnEnvironmentEnd, this); }

void JsReceiver::OnEnvironmentEnd(void* self) {
  static_cast<JsReceiver*>(self)->receiver_->Close();
}

// open(): 0 or -errno
Napi::Value JsReceiver::Open(const Napi::CallbackInfo& info) {
  const int result = check_result_ < 0 ? check_result_ : receiver_->Open();
  if (result < 0) {
    receiver_->Close();
  } else {
    Ref();
    napi_add_env_cleanup_hook(info.Env(), OnEnvironmentEnd, this);
  }
  return Napi::Number::New(info.Env(), result);
}

Napi::Value JsReceiver::Close(const Napi::CallbackInfo& info) {
  receiver_->Close();
  return info.Env().Undefined();
}

// setServing(ids)
Napi::Value JsReceiver::SetServing(const Napi::CallbackInfo& info) {
  const Napi::Array list = info[0].As<Napi::Array>();
  std::vector<uint16_t> listeners;
  for (uint32_t i = 0; i < list.Length(); i++) {
    listeners.push_back(static_cast<uint16_t>(ToUint(list.Get(i))));
  }
  receiver_->SetServing(listeners);
  return info.Env().Undefined();
}

// refuse(mayReturn): gives the connection back to the primary; false if there is none any more
Napi::Value JsReceiver::Refuse(const Napi::CallbackInfo& info) {
  const bool is_taken = current_ != nullptr && receiver_->Refuse(current_, ToBool(info[0]));
  return Napi::Boolean::New(info.Env(), is_taken);
}

// refuseRest(): gives those back of which onConnection() is still to be told
Napi::Value JsReceiver::RefuseRest(const Napi::CallbackInfo& info) {
  while (batch_ != nullptr && called_ < batch_->size()) Return(&(*batch_)[called_++]);
  return info.Env().Undefined();
}

// release(fd, listener, idleMs, about): gives a connection that was served to the primary. Takes
// over `fd`, which is closed if there is no primary any more: false
Napi::Value JsReceiver::Release(const Napi::CallbackInfo& info) {
  Connection connection;
  connection.fd.Reset(ToInt(info[0]));
  connection.listener = static_cast<uint16_t>(ToUint(info[1]));
  if (info[3].IsTypedArray()) {
    const Napi::Uint8Array about = info[3].As<Napi::Uint8Array>();
    connection.about.assign(reinterpret_cast<const char*>(about.Data()),
                            std::min(about.ByteLength(), kMaxAbout));
  }
  return Napi::Boolean::New(info.Env(), receiver_->Release(&connection, ToUint(info[2])));
}

// hasUnsent(): whether something waits for room in the channel
Napi::Value JsReceiver::HasUnsent(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), receiver_->HasUnsent());
}

// about(): what came with the connection, or null
Napi::Value JsReceiver::About(const Napi::CallbackInfo& info) {
  if (current_ == nullptr || current_->about.empty()) return info.Env().Null();
  const std::string& about = current_->about;
  return Napi::Buffer<char>::Copy(info.Env(), about.data(), about.size());
}

// claim(kind, key): 0 or -errno. `kind` is the code of a letter, `key` a Uint8Array.
Napi::Value JsReceiver::Claim(const Napi::CallbackInfo& info) {
  return Tell(info, FrameType::kClaim);
}

// unclaim(kind, key): likewise
Napi::Value JsReceiver::Unclaim(const Napi::CallbackInfo& info) {
  return Tell(info, FrameType::kUnclaim);
}

Napi::Value JsReceiver::Tell(const Napi::CallbackInfo& info, FrameType type) {
  const ClaimKind kind = static_cast<ClaimKind>(ToUint(info[0]));
  const Napi::Uint8Array key = info[1].As<Napi::Uint8Array>();
  const char* const bytes = reinterpret_cast<const char*>(key.Data());
  const int result = receiver_->Tell(type, kind, std::string(bytes, key.ByteLength()));
  return Napi::Number::New(info.Env(), result);
}

// ended(): the numbers of WorkerPage that JS writes. The view keeps the page mapped, also when this
// object is closed or collected before it.
Napi::Value JsReceiver::Ended(const Napi::CallbackInfo& info) {
  const Napi::ArrayBuffer memory = Share(
      info.Env(), [](WorkerPage* page) { return &page->ended; }, kEndedFields * sizeof(uint32_t));
  // The reason has been thrown: the environment ends, or it has no external memory.
  if (memory.IsEmpty()) return Napi::Value();
  return Napi::Uint32Array::New(info.Env(), kEndedFields, memory, 0);
}

// handoffTimes(): likewise
Napi::Value JsReceiver::HandoffTimes(const Napi::CallbackInfo& info) {
  const Napi::ArrayBuffer memory = Share(
      info.Env(), [](WorkerPage* page) { return page->handoff_times; },
      kHandoffFields * sizeof(double));
  if (memory.IsEmpty()) return Napi::Value();
  return Napi::Float64Array::New(info.Env(), kHandoffFields, memory, 0);
}

// pace(): likewise
Napi::Value JsReceiver::Pace(const Napi::CallbackInfo& info) {
  const Napi::ArrayBuffer memory = Share(
      info.Env(), [](WorkerPage* page) { return &page->pace; }, sizeof(uint32_t));
  if (memory.IsEmpty()) return Napi::Value();
  return Napi::Uint32Array::New(info.Env(), 1, memory, 0);
}

template <typename Find>
Napi::ArrayBuffer JsReceiver::Share(Napi::Env env, Find find, size_t bytes) {
  const std::shared_ptr<PageMapping<WorkerPage>> page = receiver_->page();
  if (page == nullptr) {
    Napi::Error::New(env, "There is no scoreboard before the welcome").ThrowAsJavaScriptException();
    return Napi::ArrayBuffer();
  }
  return Napi::ArrayBuffer::New(env, find(page->get()), bytes, [page](Napi::Env, void*) {});
}

// beat(intervalMs)
Napi::Value JsReceiver::Beat(const Napi::CallbackInfo& info) {
  receiver_->Beat(ToUint(info[0]));
  return info.Env().Undefined();
}

Napi::Value JsReceiver::RefLoop(const Napi::CallbackInfo& info) {
  receiver_->Ref();
  return info.Env().Undefined();
}

Napi::Value JsReceiver::UnrefLoop(const Napi::CallbackInfo& info) {
  receiver_->Unref();
  return info.Env().Undefined();
}

// A listener may run the loop itself, as synchronous wrappers of asynchronous functions do: then
// this goes on within it, with the next one.
void JsReceiver::OnConnections(std::vector<Connection>* batch) {
  Napi::HandleScope scope(Env());
  const napi_value owner = owner_.Value();
  const napi_value on_connection = on_connection_.Value();
  int32_t* const fields = fields_.Value().Data();
  Connection* const outer = current_;
  batch_ = batch;
  while (called_ < batch->size()) {
    Connection connection = std::move((*batch)[called_++]);
    current_ = &connection;
    Describe(connection, fields);
    if (Call(owner, on_connection, {})) {
      // JS's now, unless refuse() has taken it.
      (void)connection.fd.Release();
    } else {
      Return(&connection);
    }
  }
  called_ = 0;
  current_ = outer;
  batch_ = nullptr;
}

// The fields of FIELDS_PER_CONNECTION in src/native/receiver.ts.
void JsReceiver::Describe(const Connection& connection, int32_t* fields) {
  fields[0] = connection.fd.get();
  fields[1] = connection.listener;
  fields[2] = connection.is_final;
  fields[3] = AgeUs(connection.accepted_ns, uv_hrtime());
  fields[4] = !connection.about.empty();
}

void JsReceiver::Return(Connection* connection) {
  // Without a channel it closes with the batch.
  if (!receiver_->Refuse(connection, true)) receiver_->CountEnded(connection->listener);
}

void JsReceiver::OnWelcome(const Welcome& welcome) {
  Napi::HandleScope scope(Env());
  Call("onWelcome", {ToJs(Env(), welcome.version), ToJs(Env(), welcome.slot)});
}

void JsReceiver::OnState(const char* state, size_t length) {
  Napi::HandleScope scope(Env());
  Call("onState", {Napi::String::New(Env(), state, length)});
}

void JsReceiver::OnRelieve(uint32_t count) {
  Napi::HandleScope scope(Env());
  Call("onRelieve", {ToJs(Env(), count)});
}

void JsReceiver::OnEnd(int error) {
  Napi::HandleScope scope(Env());
  Call("onEnd", {ToJs(Env(), error)});
}

bool JsReceiver::Call(const char* method, const std::vector<napi_value>& arguments) {
  const napi_value owner = owner_.Value();
  napi_value function;
  if (napi_get_named_property(Env(), owner, method, &function) != napi_ok) return false;
  return Call(owner, function, arguments);
}

bool JsReceiver::Call(napi_value owner, napi_value function,
                      const std::vector<napi_value>& arguments) {
  napi_value result;
  napi_value error;
  bool has_thrown = false;
  if (napi_make_callback(Env(), *context_, owner, function, arguments.size(), arguments.data(),
                         &result) == napi_ok) {
    return true;
  }
  // While the environment ends nothing can be called, and no exception is the reason.
  if (napi_is_exception_pending(Env(), &has_thrown) != napi_ok || !has_thrown) return false;
  if (napi_get_and_clear_last_exception(Env(), &error) == napi_ok) {
    napi_fatal_exception(Env(), error);
  }
  return true;
}

}  // namespace rondo
