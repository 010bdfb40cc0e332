// The engine as a JS object. Owns the engine and what must be undone when the environment ends:
// the thread, and the files of Unix listeners.
#ifndef RONDO_JS_JS_ENGINE_H_
#define RONDO_JS_JS_ENGINE_H_

#include <napi.h>

#include <map>
#include <memory>
#include <string>

#include "base/listen.h"
#include "engine/engine.h"
#include "engine/look/sticky.h"

namespace rondo {

class JsEngine : public Napi::ObjectWrap<JsEngine> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit JsEngine(const Napi::CallbackInfo& info);
  ~JsEngine() override;

 private:
  struct UnixFile {
    std::string path;  // good for as long as it is, wherever the process is by then
    UnixIdentity identity;
    UnixMode mode;
    int backlog;
  };

  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Configure(const Napi::CallbackInfo& info);
  Napi::Value ConfigureListener(const Napi::CallbackInfo& info);
  Napi::Value ConfigureSlot(const Napi::CallbackInfo& info);
  Napi::Value TakePicks(const Napi::CallbackInfo& info);
  Napi::Value AnswerPicks(const Napi::CallbackInfo& info);
  Napi::Value SetState(const Napi::CallbackInfo& info);
  Napi::Value Pause(const Napi::CallbackInfo& info);
  Napi::Value Resume(const Napi::CallbackInfo& info);
  Napi::Value PauseListener(const Napi::CallbackInfo& info);
  Napi::Value ResumeListener(const Napi::CallbackInfo& info);
  Napi::Value Stop(const Napi::CallbackInfo& info);
  Napi::Value RefLoop(const Napi::CallbackInfo& info);
  Napi::Value UnrefLoop(const Napi::CallbackInfo& info);
  // In js_engine_listeners.cc.
  Napi::Value ListenTcp(const Napi::CallbackInfo& info);
  Napi::Value ListenAny(const Napi::CallbackInfo& info);
  Napi::Value ListenVirtual(const Napi::CallbackInfo& info);
  Napi::Value ListenUnix(const Napi::CallbackInfo& info);
  Napi::Value RenewUnix(const Napi::CallbackInfo& info);
  Napi::Value Adopt(const Napi::CallbackInfo& info);
  Napi::Value RemoveListener(const Napi::CallbackInfo& info);
  // In js_engine_hand_over.cc.
  Napi::Value DupListener(const Napi::CallbackInfo& info);
  Napi::Value ReplaceListener(const Napi::CallbackInfo& info);
  Napi::Value UnixFileOf(const Napi::CallbackInfo& info);
  Napi::Value TakeUnixFile(const Napi::CallbackInfo& info);
  Napi::Value LeaveUnixFile(const Napi::CallbackInfo& info);
  Napi::Value BeginHandOver(const Napi::CallbackInfo& info);
  Napi::Value TakeIdle(const Napi::CallbackInfo& info);
  Napi::Value EndIdle(const Napi::CallbackInfo& info);
  Napi::Value GiveIdle(const Napi::CallbackInfo& info);
  // In js_engine_slots.cc.
  Napi::Value OpenSlot(const Napi::CallbackInfo& info);
  Napi::Value WatchProcess(const Napi::CallbackInfo& info);
  Napi::Value DrainSlot(const Napi::CallbackInfo& info);
  Napi::Value RemoveSlot(const Napi::CallbackInfo& info);
  Napi::Value Relieve(const Napi::CallbackInfo& info);
  // In js_engine_figures.cc.
  Napi::Value ListenerStats(const Napi::CallbackInfo& info);
  Napi::Value SlotFigures(const Napi::CallbackInfo& info);
  Napi::Value ProcessFigures(const Napi::CallbackInfo& info);
  Napi::Value HandOffErrors(const Napi::CallbackInfo& info);
  Napi::Value ProcessHandOffErrors(const Napi::CallbackInfo& info);
  Napi::Value NoteExit(const Napi::CallbackInfo& info);
  Napi::Value EndProcess(const Napi::CallbackInfo& info);
  Napi::Value EngineStats(const Napi::CallbackInfo& info);
  Napi::Value IdleStats(const Napi::CallbackInfo& info);
  Napi::Value QueueTimes(const Napi::CallbackInfo& info);

  Napi::Value Listening(Napi::Env env, uint16_t id, UniqueFd fd, int error, const char* ip);
  void DeliverEvents(Napi::Env env, Napi::Function on_events);
  void ShutDown();
  static void OnEnvironmentEnd(void* self);

  const SessionHash session_hash_;
  std::unique_ptr<Engine> engine_;
  Napi::ThreadSafeFunction wake_;
  std::map<uint16_t, UnixFile> unix_files_;
  bool is_running_ = false;
};

}  // namespace rondo

#endif  // RONDO_JS_JS_ENGINE_H_
