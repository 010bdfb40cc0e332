#include "js/js_engine.h"

#include "js/js_first_bytes.h"
#include "js/js_look.h"
#include "js/js_value.h"

namespace rondo {

namespace {

DispatchOptions ToDispatchOptions(const Napi::Object& object) {
  DispatchOptions options;
  options.window = {ToUint(object.Get("window")), ToUint(object.Get("quickWindow"))};
  options.take_back_ms = ToUint(object.Get("takeBackMs"));
  options.max_connections = ToUint(object.Get("maxConnections"));
  options.pick_timeout_ms = ToUint(object.Get("pickTimeoutMs"));
  return options;
}

}  // namespace

Napi::Function JsEngine::Define(Napi::Env env) {
  return DefineClass(env, "Engine",
                     {
                         InstanceMethod<&JsEngine::Start>("start"),
                         InstanceMethod<&JsEngine::Configure>("configure"),
                         InstanceMethod<&JsEngine::ConfigureListener>("configureListener"),
                         InstanceMethod<&JsEngine::ConfigureSlot>("configureSlot"),
                         InstanceMethod<&JsEngine::TakePicks>("takePicks"),
                         InstanceMethod<&JsEngine::AnswerPicks>("answerPicks"),
                         InstanceMethod<&JsEngine::ListenTcp>("listenTcp"),
                         InstanceMethod<&JsEngine::ListenAny>("listenAny"),
                         InstanceMethod<&JsEngine::ListenUnix>("listenUnix"),
                         InstanceMethod<&JsEngine::ListenVirtual>("listenVirtual"),
                         InstanceMethod<&JsEngine::RenewUnix>("renewUnix"),
                         InstanceMethod<&JsEngine::Adopt>("adopt"),
                         InstanceMethod<&JsEngine::RemoveListener>("removeListener"),
                         InstanceMethod<&JsEngine::DupListener>("dupListener"),
                         InstanceMethod<&JsEngine::ReplaceListener>("replaceListener"),
                         InstanceMethod<&JsEngine::UnixFileOf>("unixFile"),
                         InstanceMethod<&JsEngine::TakeUnixFile>("takeUnixFile"),
                         InstanceMethod<&JsEngine::LeaveUnixFile>("leaveUnixFile"),
                         InstanceMethod<&JsEngine::BeginHandOver>("beginHandOver"),
                         InstanceMethod<&JsEngine::TakeIdle>("takeIdle"),
                         InstanceMethod<&JsEngine::EndIdle>("endIdle"),
                         InstanceMethod<&JsEngine::GiveIdle>("giveIdle"),
                         InstanceMethod<&JsEngine::OpenSlot>("openSlot"),
                         InstanceMethod<&JsEngine::WatchProcess>("watchProcess"),
                         InstanceMethod<&JsEngine::DrainSlot>("drainSlot"),
                         InstanceMethod<&JsEngine::RemoveSlot>("removeSlot"),
                         InstanceMethod<&JsEngine::SetState>("setState"),
                         InstanceMethod<&JsEngine::Pause>("pause"),
                         InstanceMethod<&JsEngine::Resume>("resume"),
                         InstanceMethod<&JsEngine::PauseListener>("pauseListener"),
                         InstanceMethod<&JsEngine::ResumeListener>("resumeListener"),
                         InstanceMethod<&JsEngine::Stop>("stop"),
                         InstanceMethod<&JsEngine::RefLoop>("ref"),
                         InstanceMethod<&JsEngine::UnrefLoop>("unref"),
                         InstanceMethod<&JsEngine::ListenerStats>("listenerStats"),
                         InstanceMethod<&JsEngine::SlotFigures>("slotFigures"),
                         InstanceMethod<&JsEngine::ProcessFigures>("processFigures"),
                         InstanceMethod<&JsEngine::HandOffErrors>("handOffErrors"),
                         InstanceMethod<&JsEngine::ProcessHandOffErrors>("processHandOffErrors"),
                         InstanceMethod<&JsEngine::NoteExit>("noteExit"),
                         InstanceMethod<&JsEngine::EndProcess>("endProcess"),
                         InstanceMethod<&JsEngine::EngineStats>("engineStats"),
                         InstanceMethod<&JsEngine::QueueTimes>("queueTimes"),
                         InstanceMethod<&JsEngine::IdleStats>("idleStats"),
                         InstanceMethod<&JsEngine::Relieve>("relieve"),
                     });
}

// new Engine(options)
JsEngine::JsEngine(const Napi::CallbackInfo& info) : Napi::ObjectWrap<JsEngine>(info) {
  engine_ = std::make_unique<Engine>(
      ToDispatchOptions(info[0].As<Napi::Object>()),
      Engine::Owner{this, [](void* self) {
                      // Refused only while the environment ends; then nobody wants events
                      // any more.
                      static_cast<JsEngine*>(self)->wake_.NonBlockingCall(
                          static_cast<JsEngine*>(self),
                          [](Napi::Env env, Napi::Function on_events, JsEngine* engine) {
                            engine->DeliverEvents(env, on_events);
                          });
                    }});
}

JsEngine::~JsEngine() {
  napi_remove_env_cleanup_hook(Env(), OnEnvironmentEnd, this);
  ShutDown();
}

void JsEngine::OnEnvironmentEnd(void* self) { static_cast<JsEngine*>(self)->ShutDown(); }

// start(onEvents): 0 or -errno
Napi::Value JsEngine::Start(const Napi::CallbackInfo& info) {
  wake_ =
      Napi::ThreadSafeFunction::New(info.Env(), info[0].As<Napi::Function>(), "rondo:engine", 0, 1);
  wake_.Unref(info.Env());
  const int result = engine_->Start();
  if (result < 0) {
    wake_.Release();
    return Napi::Number::New(info.Env(), result);
  }
  is_running_ = true;
  Ref();
  // Hooks run last first, so the thread ends before the function it calls does.
  napi_add_env_cleanup_hook(info.Env(), OnEnvironmentEnd, this);
  return Napi::Number::New(info.Env(), 0);
}

// configure(options)
Napi::Value JsEngine::Configure(const Napi::CallbackInfo& info) {
  engine_->Configure(ToDispatchOptions(info[0].As<Napi::Object>()));
  return info.Env().Undefined();
}

// configureListener(id, options)
Napi::Value JsEngine::ConfigureListener(const Napi::CallbackInfo& info) {
  const Napi::Object object = info[1].As<Napi::Object>();
  ListenerOptions options;
  options.policy = ToPolicyOptions(object);
  options.max_connections = ToUint(object.Get("maxConnections"));
  options.resets = ToBool(object.Get("resets"));
  options.max_queue_ms = ToUint(object.Get("maxQueueMs"));
  options.max_idle = ToUint(object.Get("maxIdle"));
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  options.sticky = ToStickyOptions(object, session_hash_);
  ToRoutes(object, &options);
  options.look = ToLookOptions(object, ToLooker(id, object, session_hash_, options.sticky.get()));
  engine_->ConfigureListener(id, options);
  return info.Env().Undefined();
}

// configureSlot(id, weight, maxConnections)
Napi::Value JsEngine::ConfigureSlot(const Napi::CallbackInfo& info) {
  engine_->ConfigureSlot(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]), ToUint(info[2]));
  return info.Env().Undefined();
}

// takePicks(): [{ ticket, question, listener, family, address, port, host, isTls }, …]
Napi::Value JsEngine::TakePicks(const Napi::CallbackInfo& info) {
  const std::vector<PickRequest> requests = engine_->TakePicks();
  Napi::Array list = Napi::Array::New(info.Env(), requests.size());
  for (size_t i = 0; i < requests.size(); i++) {
    const PickRequest& request = requests[i];
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("ticket", request.ticket);
    object.Set("question", static_cast<int>(request.question));
    object.Set("listener", request.listener);
    object.Set("family", request.peer.family == 0 ? 1 : request.peer.family);
    object.Set("address", AddressText(request.peer));
    object.Set("port", request.peer.port);
    object.Set("host", request.host);
    object.Set("isTls", request.is_tls);
    list.Set(static_cast<uint32_t>(i), object);
  }
  return list;
}

// answerPicks(tickets, picked)
Napi::Value JsEngine::AnswerPicks(const Napi::CallbackInfo& info) {
  const Napi::Array tickets = info[0].As<Napi::Array>();
  const Napi::Array picked = info[1].As<Napi::Array>();
  std::vector<PickAnswer> answers;
  for (uint32_t i = 0; i < tickets.Length() && i < picked.Length(); i++) {
    answers.push_back({ToUint(tickets.Get(i)), ToInt(picked.Get(i))});
  }
  engine_->AnswerPicks(std::move(answers));
  return info.Env().Undefined();
}

void JsEngine::ShutDown() {
  if (engine_ == nullptr) return;
  engine_->Stop();
  engine_->Join();
  for (const auto& [id, file] : unix_files_) UnlinkIfOwned(file.path.c_str(), file.identity);
  unix_files_.clear();
}

void JsEngine::DeliverEvents(Napi::Env env, Napi::Function on_events) {
  const std::vector<Event> events = engine_->TakeEvents();
  Napi::HandleScope scope(env);
  if (events.empty()) return;
  Napi::Array list = Napi::Array::New(env, events.size());
  bool is_stopped = false;
  for (size_t i = 0; i < events.size(); i++) {
    const Event& event = events[i];
    Napi::Object object = Napi::Object::New(env);
    object.Set("type", static_cast<int>(event.type));
    object.Set("id", event.id);
    object.Set("generation", event.generation);
    object.Set("code", event.code);
    object.Set("error", event.error);
    object.Set("count", static_cast<double>(event.count));
    list.Set(static_cast<uint32_t>(i), object);
    is_stopped = is_stopped || event.type == EventType::kStopped;
  }
  if (is_stopped && is_running_) {
    is_running_ = false;
    engine_->Join();
    wake_.Release();
    Unref();
  }
  on_events.Call({list});
}

// setState(text)
Napi::Value JsEngine::SetState(const Napi::CallbackInfo& info) {
  engine_->SetState(ToString(info[0]));
  return info.Env().Undefined();
}

Napi::Value JsEngine::Pause(const Napi::CallbackInfo& info) {
  engine_->Pause();
  return info.Env().Undefined();
}

Napi::Value JsEngine::Resume(const Napi::CallbackInfo& info) {
  engine_->Resume();
  return info.Env().Undefined();
}

Napi::Value JsEngine::PauseListener(const Napi::CallbackInfo& info) {
  engine_->PauseListener(static_cast<uint16_t>(ToUint(info[0])));
  return info.Env().Undefined();
}

Napi::Value JsEngine::ResumeListener(const Napi::CallbackInfo& info) {
  engine_->ResumeListener(static_cast<uint16_t>(ToUint(info[0])));
  return info.Env().Undefined();
}

Napi::Value JsEngine::Stop(const Napi::CallbackInfo& info) {
  engine_->Stop();
  return info.Env().Undefined();
}

Napi::Value JsEngine::RefLoop(const Napi::CallbackInfo& info) {
  if (is_running_) wake_.Ref(info.Env());
  return info.Env().Undefined();
}

Napi::Value JsEngine::UnrefLoop(const Napi::CallbackInfo& info) {
  if (is_running_) wake_.Unref(info.Env());
  return info.Env().Undefined();
}

}  // namespace rondo
