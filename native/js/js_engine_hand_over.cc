// The engine as a JS object: what passes to another process that is to have its listeners. A socket
// passes as another fd; its file, if it is of a Unix listener, by who removes it and binds it anew;
// connections, that nobody serves any more, by fds and what is known of them.
#include <stdlib.h>

#include <utility>
#include <vector>

#include "js/js_engine.h"
#include "js/js_value.h"

namespace rondo {

namespace {

// Numbers of files do not fit a double.
template <typename Number>
Napi::String ToText(Napi::Env env, Number number) {
  return Napi::String::New(env, std::to_string(number));
}

uint64_t FromText(const Napi::Value& value) {
  return strtoull(ToString(value).c_str(), nullptr, 10);
}

}  // namespace

// dupListener(id): another fd of its socket, which is the caller's; or -errno
Napi::Value JsEngine::DupListener(const Napi::CallbackInfo& info) {
  UniqueFd fd;
  const int result = engine_->DupListener(static_cast<uint16_t>(ToUint(info[0])), &fd);
  return Napi::Number::New(info.Env(), result < 0 ? result : fd.Release());
}

// replaceListener(id, fd): the fd is the engine's from here on
Napi::Value JsEngine::ReplaceListener(const Napi::CallbackInfo& info) {
  engine_->ReplaceListener(static_cast<uint16_t>(ToUint(info[0])), UniqueFd(ToInt(info[1])));
  return info.Env().Undefined();
}

// unixFile(id): { file, device, inode, mode, addedMode, backlog }, or undefined
Napi::Value JsEngine::UnixFileOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto found = unix_files_.find(static_cast<uint16_t>(ToUint(info[0])));
  if (found == unix_files_.end()) return env.Undefined();
  const UnixFile& file = found->second;
  Napi::Object object = Napi::Object::New(env);
  object.Set("file", file.path);
  object.Set("device", ToText(env, file.identity.dev));
  object.Set("inode", ToText(env, file.identity.ino));
  object.Set("mode", file.mode.exact);
  object.Set("addedMode", file.mode.added);
  object.Set("backlog", file.backlog);
  return object;
}

// takeUnixFile(id, file): of a listener that was adopted
Napi::Value JsEngine::TakeUnixFile(const Napi::CallbackInfo& info) {
  const Napi::Object object = info[1].As<Napi::Object>();
  UnixFile file;
  file.path = ToString(object.Get("file"));
  file.identity.dev = static_cast<dev_t>(FromText(object.Get("device")));
  file.identity.ino = static_cast<ino_t>(FromText(object.Get("inode")));
  file.mode = {ToInt(object.Get("mode")), ToInt(object.Get("addedMode"))};
  file.backlog = ToInt(object.Get("backlog"));
  unix_files_[static_cast<uint16_t>(ToUint(info[0]))] = file;
  return info.Env().Undefined();
}

// leaveUnixFile(id): it is neither removed nor bound anew any more
Napi::Value JsEngine::LeaveUnixFile(const Napi::CallbackInfo& info) {
  unix_files_.erase(static_cast<uint16_t>(ToUint(info[0])));
  return info.Env().Undefined();
}

// beginHandOver()
Napi::Value JsEngine::BeginHandOver(const Napi::CallbackInfo& info) {
  engine_->BeginHandOver();
  return info.Env().Undefined();
}

// takeIdle(most): [{ fd, listener, idleMs, isDue, about }, …], whose fds are the caller's
Napi::Value JsEngine::TakeIdle(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::vector<Passed> passed = engine_->TakePassed(ToUint(info[0]));
  Napi::Array list = Napi::Array::New(env, passed.size());
  for (size_t i = 0; i < passed.size(); i++) {
    Connection& connection = passed[i].released.connection;
    const std::string& about = connection.about;
    Napi::Object object = Napi::Object::New(env);
    object.Set("listener", connection.listener);
    object.Set("idleMs", passed[i].released.idle_ms);
    object.Set("isDue", passed[i].is_due);
    object.Set("about", about.empty() ? env.Null()
                                      : Napi::Buffer<char>::Copy(env, about.data(), about.size()));
    object.Set("fd", connection.fd.Release());
    list.Set(static_cast<uint32_t>(i), object);
  }
  return list;
}

// endIdle(fd, isPassed): one of takeIdle(); -1: of another primary, which never came. Closed here
Napi::Value JsEngine::EndIdle(const Napi::CallbackInfo& info) {
  UniqueFd(ToInt(info[0])).Reset();
  IdleCounters* const idle = &engine_->shared().engine.idle;
  Count(ToBool(info[1]) ? &idle->passed_on : &idle->closed);
  return info.Env().Undefined();
}

// giveIdle(listener, fd, idleMs, isDue, about): the fd is the engine's from here on
Napi::Value JsEngine::GiveIdle(const Napi::CallbackInfo& info) {
  Passed passed;
  Connection* const connection = &passed.released.connection;
  connection->listener = static_cast<uint16_t>(ToUint(info[0]));
  connection->fd.Reset(ToInt(info[1]));
  passed.released.idle_ms = ToUint(info[2]);
  passed.is_due = ToBool(info[3]);
  if (info[4].IsTypedArray()) {
    const auto about = info[4].As<Napi::Uint8Array>();
    connection->about.assign(reinterpret_cast<const char*>(about.Data()), about.ByteLength());
  }
  engine_->TakeOver(std::move(passed));
  return info.Env().Undefined();
}

}  // namespace rondo
