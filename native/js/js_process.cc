#include "js/js_process.h"

#include <string>
#include <vector>

#include "base/listen.h"
#include "base/process.h"
#include "base/socket.h"
#include "js/js_value.h"

namespace rondo {

namespace {

// dieWithParent(signal): 0 or -errno
Napi::Value DieWithParentOf(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), DieWithParent(ToInt(info[0])));
}

// reap(pid): pid, 0 or -errno
Napi::Value ReapChild(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), Reap(ToInt(info[0])));
}

// notify(path, text, fds): 0 or -errno. The fds stay the caller's
Napi::Value NotifySupervisor(const Napi::CallbackInfo& info) {
  const std::string path = ToString(info[0]);
  const std::string text = ToString(info[1]);
  std::vector<int> fds;
  if (info[2].IsArray()) {
    const Napi::Array list = info[2].As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) fds.push_back(ToInt(list.Get(i)));
  }
  return Napi::Number::New(info.Env(), Notify(path.data(), path.size(), text.data(), text.size(),
                                              fds.data(), fds.size()));
}

// pendingBytes(fd): a count or -errno
Napi::Value PendingBytesOf(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), PendingBytes(ToInt(info[0])));
}

// endIfIdle(fd): a count, 0 if it has been ended, or -errno
Napi::Value EndIfIdleOf(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), EndIfIdle(ToInt(info[0])));
}

// socketName(fd): { family, host, port, isListening } or -errno
Napi::Value SocketName(const Napi::CallbackInfo& info) {
  const int fd = ToInt(info[0]);
  LocalAddress address;
  const int error = GetLocalAddress(fd, &address);
  if (error < 0) return Napi::Number::New(info.Env(), error);
  Napi::Object name = ToJs(info.Env(), address);
  name.Set("isListening", IsListening(fd));
  return name;
}

}  // namespace

void DefineProcessFunctions(Napi::Env env, Napi::Object exports) {
  exports.Set("dieWithParent", Napi::Function::New<DieWithParentOf>(env, "dieWithParent"));
  exports.Set("reap", Napi::Function::New<ReapChild>(env, "reap"));
  exports.Set("notify", Napi::Function::New<NotifySupervisor>(env, "notify"));
  exports.Set("pendingBytes", Napi::Function::New<PendingBytesOf>(env, "pendingBytes"));
  exports.Set("endIfIdle", Napi::Function::New<EndIfIdleOf>(env, "endIfIdle"));
  exports.Set("socketName", Napi::Function::New<SocketName>(env, "socketName"));
}

}  // namespace rondo
