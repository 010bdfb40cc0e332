#include "js/js_engine.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "js/js_value.h"

namespace rondo {

namespace {

// pidfd_open(2) by number: glibc has the function only since 2.36.
int OpenProcess(int pid) {
#if defined(__linux__) && defined(SYS_pidfd_open)
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  return fd < 0 ? -errno : fd;
#else
  (void)pid;
  return -ENOSYS;
#endif
}

Napi::Value ErrorCounts(Napi::Env env, const ErrorCounters& errors) {
  Napi::Array list = Napi::Array::New(env);
  for (size_t i = 0; i < ErrorCounters::kCodes && errors.code(i) != 0; i++) {
    Napi::Array entry = Napi::Array::New(env, 2);
    entry.Set(0u, errors.code(i));
    entry.Set(1u, static_cast<double>(errors.count(i)));
    list.Set(static_cast<uint32_t>(i), entry);
  }
  return list;
}

// (policy, window, quickWindow, takeBackMs)
DealerOptions ToOptions(const Napi::CallbackInfo& info) {
  DealerOptions options = {};
  options.policy = Policy::Find(ToString(info[0]).c_str());
  options.window = ToUint(info[1]);
  options.quick_window = ToUint(info[2]);
  options.take_back_ms = ToUint(info[3]);
  return options;
}

void SetCounter(Napi::Object object, const char* name, const Counter& counter) {
  object.Set(name, static_cast<double>(counter.load(std::memory_order_relaxed)));
}

}  // namespace

Napi::Function JsEngine::Define(Napi::Env env) {
  return DefineClass(env, "Engine",
                     {
                         InstanceMethod<&JsEngine::Start>("start"),
                         InstanceMethod<&JsEngine::Configure>("configure"),
                         InstanceMethod<&JsEngine::ListenTcp>("listenTcp"),
                         InstanceMethod<&JsEngine::ListenAny>("listenAny"),
                         InstanceMethod<&JsEngine::ListenUnix>("listenUnix"),
                         InstanceMethod<&JsEngine::Adopt>("adopt"),
                         InstanceMethod<&JsEngine::RemoveListener>("removeListener"),
                         InstanceMethod<&JsEngine::OpenSlot>("openSlot"),
                         InstanceMethod<&JsEngine::WatchProcess>("watchProcess"),
                         InstanceMethod<&JsEngine::RemoveSlot>("removeSlot"),
                         InstanceMethod<&JsEngine::SetState>("setState"),
                         InstanceMethod<&JsEngine::Pause>("pause"),
                         InstanceMethod<&JsEngine::Resume>("resume"),
                         InstanceMethod<&JsEngine::Stop>("stop"),
                         InstanceMethod<&JsEngine::RefLoop>("ref"),
                         InstanceMethod<&JsEngine::UnrefLoop>("unref"),
                         InstanceMethod<&JsEngine::ListenerStats>("listenerStats"),
                         InstanceMethod<&JsEngine::SlotStats>("slotStats"),
                         InstanceMethod<&JsEngine::EngineStats>("engineStats"),
                     });
}

// new Engine(policy, window, quickWindow, takeBackMs)
JsEngine::JsEngine(const Napi::CallbackInfo& info) : Napi::ObjectWrap<JsEngine>(info) {
  engine_ = std::make_unique<Engine>(
      ToOptions(info),
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

// configure(policy, window, quickWindow, takeBackMs)
Napi::Value JsEngine::Configure(const Napi::CallbackInfo& info) {
  engine_->Configure(ToOptions(info));
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

// ---- listeners ----

// { error, ip } or { family, port, host }
Napi::Value JsEngine::Listening(Napi::Env env, uint16_t id, UniqueFd fd, int error,
                                const char* ip) {
  LocalAddress address = {};
  if (error == 0) error = GetLocalAddress(fd.get(), &address);
  Napi::Object result = error < 0 ? Napi::Object::New(env) : ToJs(env, address);
  result.Set("error", error);
  if (error < 0) {
    if (ip != nullptr) result.Set("ip", ip);
    return result;
  }
  // Not in the engine's thread: the figures of a former listener of that id end now.
  engine_->shared().listeners[id].Reset();
  engine_->AddListener(id, std::move(fd));
  return result;
}

// listenTcp(id, ip, port, ipv6Only, backlog)
Napi::Value JsEngine::ListenTcp(const Napi::CallbackInfo& info) {
  const std::string ip = ToString(info[1]);
  ListenResult result =
      rondo::ListenTcp({ip.c_str(), ToInt(info[2]), ToBool(info[3]), ToInt(info[4])});
  return Listening(info.Env(), static_cast<uint16_t>(ToUint(info[0])), std::move(result.fd),
                   result.error, result.ip);
}

// listenAny(id, port, ipv6Only, backlog)
Napi::Value JsEngine::ListenAny(const Napi::CallbackInfo& info) {
  ListenResult result = rondo::ListenAny(ToInt(info[1]), ToBool(info[2]), ToInt(info[3]));
  return Listening(info.Env(), static_cast<uint16_t>(ToUint(info[0])), std::move(result.fd),
                   result.error, result.ip);
}

// listenUnix(id, path, mode, backlog)
Napi::Value JsEngine::ListenUnix(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  const std::string path = ToString(info[1]);
  ListenUnixResult result =
      rondo::ListenUnix(path.data(), path.size(), ToInt(info[2]), ToInt(info[3]));
  if (result.error == 0 && path[0] != '\0') unix_files_[id] = {path, result.identity};
  return Listening(info.Env(), id, std::move(result.fd), result.error, nullptr);
}

// adopt(id, fd, backlog): the fd is the engine's from here on, or closed
Napi::Value JsEngine::Adopt(const Napi::CallbackInfo& info) {
  ListenResult result = AdoptListener(UniqueFd(ToInt(info[1])), ToInt(info[2]));
  return Listening(info.Env(), static_cast<uint16_t>(ToUint(info[0])), std::move(result.fd),
                   result.error, nullptr);
}

// removeListener(id)
Napi::Value JsEngine::RemoveListener(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  const auto file = unix_files_.find(id);
  if (file != unix_files_.end()) {
    UnlinkIfOwned(file->second.path.c_str(), file->second.identity);
    unix_files_.erase(file);
  }
  engine_->RemoveListener(id);
  return info.Env().Undefined();
}

// ---- slots ----

// openSlot(id, generation): the number of the worker's end, which stays the engine's and is open
// until the slot is gone; or -errno
Napi::Value JsEngine::OpenSlot(const Napi::CallbackInfo& info) {
  FdPair channel;
  const int result = OpenSocketPair(&channel);
  if (result < 0) return Napi::Number::New(info.Env(), result);
  const int worker_end = channel.second.get();
  engine_->AddSlot(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]), std::move(channel));
  return Napi::Number::New(info.Env(), worker_end);
}

// watchProcess(id, generation, pid): 0 or -errno
Napi::Value JsEngine::WatchProcess(const Napi::CallbackInfo& info) {
  const int fd = OpenProcess(ToInt(info[2]));
  if (fd < 0) return Napi::Number::New(info.Env(), fd);
  engine_->WatchProcess(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]), UniqueFd(fd));
  return Napi::Number::New(info.Env(), 0);
}

// removeSlot(id, generation, isExited)
Napi::Value JsEngine::RemoveSlot(const Napi::CallbackInfo& info) {
  engine_->RemoveSlot(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]),
                      ToBool(info[2]) ? GoneReason::kExited : GoneReason::kClosed);
  return info.Env().Undefined();
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

// ---- figures ----

// listenerStats(id)
Napi::Value JsEngine::ListenerStats(const Napi::CallbackInfo& info) {
  const ListenerCounters& counters = engine_->shared().listeners[ToUint(info[0])];
  Napi::Object stats = Napi::Object::New(info.Env());
  SetCounter(stats, "accepted", counters.accepted);
  SetCounter(stats, "redealt", counters.redealt);
  SetCounter(stats, "closed", counters.closed);
  stats.Set("acceptErrors", ErrorCounts(info.Env(), counters.accept_errors));
  return stats;
}

// slotStats(id)
Napi::Value JsEngine::SlotStats(const Napi::CallbackInfo& info) {
  const uint32_t id = ToUint(info[0]);
  const SlotCounters& counters = engine_->shared().slots[id];
  Napi::Object stats = Napi::Object::New(info.Env());
  SetCounter(stats, "handed", counters.handed);
  SetCounter(stats, "reclaimed", counters.reclaimed);
  SetCounter(stats, "refused", counters.refused);
  SetCounter(stats, "unfinished", counters.unfinished);
  stats.Set("handoffErrors", ErrorCounts(info.Env(), counters.handoff_errors));
  const BoardRow* row = engine_->shared().board.row(id);
  // A worker that was retired, and lives, may count on; less than nothing is not pending.
  const int32_t pending = static_cast<int32_t>(row->handed.load(std::memory_order_relaxed) -
                                               row->received.load(std::memory_order_relaxed));
  stats.Set("pending", std::max(pending, 0));
  stats.Set("active", row->active.load(std::memory_order_relaxed));
  stats.Set("lost", static_cast<double>(row->lost.load(std::memory_order_relaxed) +
                                        counters.lost.load(std::memory_order_relaxed)));
  stats.Set("heartbeatAgeMs",
            static_cast<double>(
                HeartbeatAgeMs(*row, counters.former_heartbeat.load(std::memory_order_relaxed))));
  return stats;
}

// engineStats()
Napi::Value JsEngine::EngineStats(const Napi::CallbackInfo& info) {
  Napi::Object stats = Napi::Object::New(info.Env());
  SetCounter(stats, "accepted", engine_->shared().engine.accepted);
  SetCounter(stats, "starvedNs", engine_->shared().engine.starved_ns);
  SetCounter(stats, "waiting", engine_->shared().engine.waiting);
  return stats;
}

}  // namespace rondo
