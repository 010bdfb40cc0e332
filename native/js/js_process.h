// What a supervisor asks of the kernel, as JS functions: processes by their pids, fds as plain
// numbers that stay the JS program's.
#ifndef RONDO_JS_JS_PROCESS_H_
#define RONDO_JS_JS_PROCESS_H_

#include <napi.h>

namespace rondo {

// Adds dieWithParent, reap, notify, pendingBytes, endIfIdle and socketName to `exports`.
void DefineProcessFunctions(Napi::Env env, Napi::Object exports);

}  // namespace rondo

#endif  // RONDO_JS_JS_PROCESS_H_
