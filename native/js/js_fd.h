// 'rondo/fd': the raw mechanism as JS functions. Here, and only here, fds are plain numbers that
// belong to the JS program.
#ifndef RONDO_JS_JS_FD_H_
#define RONDO_JS_JS_FD_H_

#include <napi.h>

namespace rondo {

// Adds socketpair, sendFds, receiveFds, dupFd, closeFd, isUnixSocket and peerCredentials to
// `exports`.
void DefineFdFunctions(Napi::Env env, Napi::Object exports);

}  // namespace rondo

#endif  // RONDO_JS_JS_FD_H_
