// The engine as a JS object: its listening sockets, and the files of those that are Unix sockets.
#include "js/js_engine.h"
#include "js/js_value.h"

namespace rondo {

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

}  // namespace rondo
