// The engine as a JS object: its slots, and the processes behind them.
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "js/js_engine.h"
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

}  // namespace

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

// relieve(slot, generation, count)
Napi::Value JsEngine::Relieve(const Napi::CallbackInfo& info) {
  engine_->Relieve(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]), ToUint(info[2]));
  return info.Env().Undefined();
}

}  // namespace rondo
