#include "js/js_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "base/fd_passing.h"
#include "base/socket.h"
#include "js/js_value.h"

namespace rondo {

namespace {

// socketpair(): [fd, fd] or -errno
Napi::Value SocketPair(const Napi::CallbackInfo& info) {
  FdPair pair;
  const int result = OpenSocketPair(&pair);
  if (result < 0) return Napi::Number::New(info.Env(), result);
  Napi::Array fds = Napi::Array::New(info.Env(), 2);
  fds.Set(0u, pair.first.Release());
  fds.Set(1u, pair.second.Release());
  return fds;
}

// sendFds(socket, fds, payload): bytes sent or -errno
Napi::Value Send(const Napi::CallbackInfo& info) {
  const Napi::Array list = info[1].As<Napi::Array>();
  const Napi::Uint8Array payload = info[2].As<Napi::Uint8Array>();
  std::vector<int> fds(list.Length());
  for (uint32_t i = 0; i < list.Length(); i++) fds[i] = ToInt(list.Get(i));
  return Napi::Number::New(info.Env(),
                           static_cast<double>(SendFds(ToInt(info[0]), fds.data(), fds.size(),
                                                       payload.Data(), payload.ByteLength())));
}

// receiveFds(socket, max, buffer): -errno, or { bytes, fds, fdsLost, payloadCut }
Napi::Value Receive(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const int socket = ToInt(info[0]);
  const size_t max = ToUint(info[1]);
  Napi::Uint8Array buffer = info[2].As<Napi::Uint8Array>();
  UniqueFd fds[kMaxFdsPerMessage];
  const ReceivedMessage message = ReceiveFds(socket, buffer.Data(), buffer.ByteLength(), fds, max);
  if (message.bytes < 0) return Napi::Number::New(env, static_cast<double>(message.bytes));
  Napi::Array list = Napi::Array::New(env, message.fd_count);
  for (size_t i = 0; i < message.fd_count; i++) {
    list.Set(static_cast<uint32_t>(i), fds[i].Release());
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("bytes", static_cast<double>(message.bytes));
  result.Set("fds", list);
  result.Set("fdsLost", message.fds_lost);
  result.Set("payloadCut", message.payload_cut);
  return result;
}

// closeFd(fd): 0 or -errno
Napi::Value Close(const Napi::CallbackInfo& info) {
  // EINTR is success: the number is free, see UniqueFd.
  const int result = close(ToInt(info[0])) == 0 || errno == EINTR ? 0 : -errno;
  return Napi::Number::New(info.Env(), result);
}

// dupFd(fd): another number for the same socket, or -errno
Napi::Value Duplicate(const Napi::CallbackInfo& info) {
  const int fd = fcntl(ToInt(info[0]), F_DUPFD_CLOEXEC, 0);
  return Napi::Number::New(info.Env(), fd < 0 ? -errno : fd);
}

// isUnixSocket(fd)
Napi::Value IsUnixSocket(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), DomainOf(ToInt(info[0])) == AF_UNIX);
}

// peerCredentials(fd): { pid, uid, gid } or -errno
Napi::Value PeerCredentialsOf(const Napi::CallbackInfo& info) {
  PeerCredentials peer;
  const int error = GetPeerCredentials(ToInt(info[0]), &peer);
  if (error < 0) return Napi::Number::New(info.Env(), error);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("pid", static_cast<double>(peer.pid));
  result.Set("uid", static_cast<double>(peer.uid));
  result.Set("gid", static_cast<double>(peer.gid));
  return result;
}

}  // namespace

void DefineFdFunctions(Napi::Env env, Napi::Object exports) {
  exports.Set("socketpair", Napi::Function::New<SocketPair>(env, "socketpair"));
  exports.Set("sendFds", Napi::Function::New<Send>(env, "sendFds"));
  exports.Set("receiveFds", Napi::Function::New<Receive>(env, "receiveFds"));
  exports.Set("dupFd", Napi::Function::New<Duplicate>(env, "dupFd"));
  exports.Set("closeFd", Napi::Function::New<Close>(env, "closeFd"));
  exports.Set("isUnixSocket", Napi::Function::New<IsUnixSocket>(env, "isUnixSocket"));
  exports.Set("peerCredentials", Napi::Function::New<PeerCredentialsOf>(env, "peerCredentials"));
}

}  // namespace rondo
