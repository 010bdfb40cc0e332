#include "js/js_engine.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "js/js_first_bytes.h"
#include "js/js_look.h"
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

Napi::Value ToJs(Napi::Env env, const ErrorCounts& errors) {
  Napi::Array list = Napi::Array::New(env);
  for (const auto& [code, count] : errors) {
    Napi::Array entry = Napi::Array::New(env, 2);
    entry.Set(0u, code);
    entry.Set(1u, static_cast<double>(count));
    list.Set(list.Length(), entry);
  }
  return list;
}

Napi::Value ToJs(Napi::Env env, const ErrorCounters& errors) {
  Napi::Array list = Napi::Array::New(env);
  for (size_t i = 0; i < ErrorCounters::kCodes && errors.code(i) != 0; i++) {
    Napi::Array entry = Napi::Array::New(env, 2);
    entry.Set(0u, errors.code(i));
    entry.Set(1u, static_cast<double>(errors.count(i)));
    list.Set(static_cast<uint32_t>(i), entry);
  }
  return list;
}

DispatchOptions ToDispatchOptions(const Napi::Object& object) {
  DispatchOptions options;
  options.window = {ToUint(object.Get("window")), ToUint(object.Get("quickWindow"))};
  options.take_back_ms = ToUint(object.Get("takeBackMs"));
  options.max_connections = ToUint(object.Get("maxConnections"));
  options.pick_timeout_ms = ToUint(object.Get("pickTimeoutMs"));
  return options;
}

// The single numbers, then the histogram: the counts of the buckets, and the sum.
constexpr size_t kSingleFigures = 17;
constexpr size_t kFigures = kSingleFigures + kTimeBuckets + 1;

// In the order of Figure in src/native.ts; -1 for what is not known.
void Write(const Reading& reading, bool has_errors, double* out) {
  const double singles[kSingleFigures] = {
      static_cast<double>(reading.handed),
      static_cast<double>(reading.pending),
      static_cast<double>(reading.open),
      static_cast<double>(reading.ended),
      static_cast<double>(reading.refused),
      static_cast<double>(reading.reclaimed),
      static_cast<double>(reading.unfinished),
      static_cast<double>(reading.lost),
      static_cast<double>(reading.heartbeat_age_ms),
      static_cast<double>(reading.delay_us),
      static_cast<double>(reading.busy_permille),
      static_cast<double>(reading.memory_kb),
      has_errors ? 1.0 : 0.0,
      static_cast<double>(reading.received),
      static_cast<double>(reading.cpu_ns),
      static_cast<double>(reading.released),
      static_cast<double>(reading.is_slow),
  };
  double* at = std::copy(std::begin(singles), std::end(singles), out);
  at = std::copy(reading.handoff_times.counts.begin(), reading.handoff_times.counts.end(), at);
  *at = reading.handoff_times.sum_us;
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

// listenVirtual(id): without a socket
Napi::Value JsEngine::ListenVirtual(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  engine_->shared().listeners[id].Reset();
  engine_->AddListener(id, UniqueFd());
  return info.Env().Undefined();
}

// listenAny(id, port, ipv6Only, backlog)
Napi::Value JsEngine::ListenAny(const Napi::CallbackInfo& info) {
  ListenResult result = rondo::ListenAny(ToInt(info[1]), ToBool(info[2]), ToInt(info[3]));
  return Listening(info.Env(), static_cast<uint16_t>(ToUint(info[0])), std::move(result.fd),
                   result.error, result.ip);
}

// listenUnix(id, path, file, mode, addedMode, backlog): `file` is the same in full, which may be
// too long to be bound
Napi::Value JsEngine::ListenUnix(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  const std::string path = ToString(info[1]);
  const UnixMode mode = {ToInt(info[3]), ToInt(info[4])};
  const int backlog = ToInt(info[5]);
  ListenUnixResult result = rondo::ListenUnix(path.data(), path.size(), mode, backlog);
  if (result.error == 0 && path[0] != '\0') {
    unix_files_[id] = {ToString(info[2]), result.identity, mode, backlog};
  }
  return Listening(info.Env(), id, std::move(result.fd), result.error, nullptr);
}

// renewUnix(id, path): 0 if the file still is the listener's socket; 1 if it was not, and a new
// socket has been bound to `path`; or -errno, -EADDRINUSE if it is somebody else's now
Napi::Value JsEngine::RenewUnix(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  const auto found = unix_files_.find(id);
  if (found == unix_files_.end()) return Napi::Number::New(info.Env(), 0);
  UnixFile* const file = &found->second;
  if (LeadsTo(file->path.c_str(), file->identity)) return Napi::Number::New(info.Env(), 0);
  const std::string path = ToString(info[1]);
  ListenUnixResult result = rondo::ListenUnix(path.data(), path.size(), file->mode, file->backlog);
  if (result.error != 0) return Napi::Number::New(info.Env(), result.error);
  file->identity = result.identity;
  engine_->ReplaceListener(id, std::move(result.fd));
  return Napi::Number::New(info.Env(), 1);
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
  const int added =
      engine_->AddSlot(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]), std::move(channel));
  return Napi::Number::New(info.Env(), added < 0 ? added : worker_end);
}

// watchProcess(id, generation, pid): 0 or -errno
Napi::Value JsEngine::WatchProcess(const Napi::CallbackInfo& info) {
  const int pid = ToInt(info[2]);
  const int fd = OpenProcess(pid);
  engine_->WatchProcess(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]),
                        UniqueFd(std::max(fd, -1)), pid);
  return Napi::Number::New(info.Env(), std::min(fd, 0));
}

// drainSlot(id, generation)
Napi::Value JsEngine::DrainSlot(const Napi::CallbackInfo& info) {
  engine_->DrainSlot(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]));
  return info.Env().Undefined();
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

// ---- figures ----

// listenerStats(id)
Napi::Value JsEngine::ListenerStats(const Napi::CallbackInfo& info) {
  const ListenerCounters& counters = engine_->shared().listeners[ToUint(info[0])];
  Napi::Object stats = Napi::Object::New(info.Env());
  SetCounter(stats, "accepted", counters.accepted);
  SetCounter(stats, "redealt", counters.redealt);
  SetCounter(stats, "closed", counters.closed);
  SetCounter(stats, "turnedAway", counters.turned_away);
  SetCounter(stats, "routedOn", counters.routed_on);
  SetCounter(stats, "routedHere", counters.routed_here);
  const SessionCounters& counted = counters.sessions;
  Napi::Object sessions = Napi::Object::New(info.Env());
  SetCounter(sessions, "held", counted.held);
  SetCounter(sessions, "created", counted.created);
  SetCounter(sessions, "moved", counted.moved);
  SetCounter(sessions, "evicted", counted.evicted);
  SetCounter(sessions, "expired", counted.expired);
  SetCounter(sessions, "ended", counted.ended);
  stats.Set("sessions", sessions);
  Napi::Array faults = Napi::Array::New(info.Env(), kHeaderFaults);
  for (uint32_t i = 0; i < kHeaderFaults; i++) {
    const uint64_t count = counters.header_faults[i].load(std::memory_order_relaxed);
    faults.Set(i, static_cast<double>(count));
  }
  stats.Set("headerFaults", faults);
  stats.Set("acceptErrors", ToJs(info.Env(), counters.accept_errors));
  return stats;
}

// slotFigures(id, out): what Figure in src/native.ts names
Napi::Value JsEngine::SlotFigures(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  Napi::Float64Array out = info[1].As<Napi::Float64Array>();
  if (out.ElementLength() >= kFigures) {
    Ledger& ledger = engine_->ledger();
    Write(ledger.OfSlot(id), ledger.HasErrors(id), out.Data());
  }
  return info.Env().Undefined();
}

// processFigures(id, generation, out): the same of one process
Napi::Value JsEngine::ProcessFigures(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  Napi::Float64Array out = info[2].As<Napi::Float64Array>();
  if (out.ElementLength() >= kFigures) {
    Ledger& ledger = engine_->ledger();
    Write(ledger.OfProcess(id, ToUint(info[1])), ledger.HasErrors(id), out.Data());
  }
  return info.Env().Undefined();
}

// handOffErrors(id): [[errno, count], …]
Napi::Value JsEngine::HandOffErrors(const Napi::CallbackInfo& info) {
  return ToJs(info.Env(), engine_->ledger().ErrorsOfSlot(static_cast<uint16_t>(ToUint(info[0]))));
}

// processHandOffErrors(id, generation): the same of one process
Napi::Value JsEngine::ProcessHandOffErrors(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  return ToJs(info.Env(), engine_->ledger().ErrorsOfProcess(id, ToUint(info[1])));
}

// noteExit(id, generation): the process has been waited for
Napi::Value JsEngine::NoteExit(const Napi::CallbackInfo& info) {
  engine_->ledger().NoteExit(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]));
  return info.Env().Undefined();
}

// endProcess(id, generation): what it has counted belongs to its slot alone from here on
Napi::Value JsEngine::EndProcess(const Napi::CallbackInfo& info) {
  engine_->ledger().End(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]));
  return info.Env().Undefined();
}

// engineStats()
Napi::Value JsEngine::EngineStats(const Napi::CallbackInfo& info) {
  Napi::Object stats = Napi::Object::New(info.Env());
  SetCounter(stats, "accepted", engine_->shared().engine.accepted);
  SetCounter(stats, "starvedNs", engine_->shared().engine.starved_ns);
  SetCounter(stats, "waiting", engine_->shared().engine.waiting);
  SetCounter(stats, "looking", engine_->shared().engine.looking);
  stats.Set("wakeUps", static_cast<double>(engine_->wake_ups()));
  return stats;
}

// idleStats()
Napi::Value JsEngine::IdleStats(const Napi::CallbackInfo& info) {
  const IdleCounters& idle = engine_->shared().engine.idle;
  Napi::Object stats = Napi::Object::New(info.Env());
  SetCounter(stats, "held", idle.held);
  SetCounter(stats, "moved", idle.moved);
  SetCounter(stats, "ended", idle.ended);
  SetCounter(stats, "timedOut", idle.timed_out);
  SetCounter(stats, "closed", idle.closed);
  SetCounter(stats, "passedOn", idle.passed_on);
  SetCounter(stats, "takenOver", idle.taken_over);
  return stats;
}

// relieve(slot, generation, count)
Napi::Value JsEngine::Relieve(const Napi::CallbackInfo& info) {
  engine_->Relieve(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]), ToUint(info[2]));
  return info.Env().Undefined();
}

// queueTimes(out)
Napi::Value JsEngine::QueueTimes(const Napi::CallbackInfo& info) {
  const auto& times = engine_->shared().engine.queue_times;
  auto out = info[0].As<Napi::Float64Array>();
  if (out.ElementLength() < kTimeBuckets + 1) return info.Env().Undefined();
  double* at = out.Data();
  for (const Counter& count : times.counts) {
    *at++ = static_cast<double>(count.load(std::memory_order_relaxed));
  }
  *at = static_cast<double>(times.sum_ns.load(std::memory_order_relaxed)) / 1000;
  return info.Env().Undefined();
}

}  // namespace rondo
