// What a listener looks for in first bytes, out of src/native/engine.ts's EngineListenerOptions.
#ifndef RONDO_JS_JS_FIRST_BYTES_H_
#define RONDO_JS_JS_FIRST_BYTES_H_

#include <napi.h>

#include <memory>

#include "engine/listener.h"
#include "engine/look/looker.h"
#include "engine/look/sticky.h"

namespace rondo {

// Null: the listener has no sessions.
std::shared_ptr<const StickyOptions> ToStickyOptions(const Napi::Object& object,
                                                     const SessionHash& hash);
// Null: nothing of it is in first bytes. `sticky` may be null.
std::shared_ptr<const Looker> ToLooker(uint16_t listener, const Napi::Object& object,
                                       const SessionHash& hash, const StickyOptions* sticky);

// Where the routes lead; see ListenerOptions.
void ToRoutes(const Napi::Object& object, ListenerOptions* options);

}  // namespace rondo

#endif  // RONDO_JS_JS_FIRST_BYTES_H_
