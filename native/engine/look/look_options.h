// What a listener wants to know of a connection before it is dealt.
#ifndef RONDO_ENGINE_LOOK_LOOK_OPTIONS_H_
#define RONDO_ENGINE_LOOK_LOOK_OPTIONS_H_

#include <stdint.h>

#include <memory>

#include "engine/look/looker.h"
#include "engine/look/trusted.h"

namespace rondo {

struct LookOptions {
  // Each connection begins with a PROXY header, from one of these; any other is closed. Null: no
  // connection has one.
  std::shared_ptr<const Trusted> proxies;
  // Looks at what comes then. Null: nobody does.
  std::shared_ptr<const Looker> looker;
  // For both together, from the accepting on.
  uint64_t timeout_ns = 0;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_LOOK_OPTIONS_H_
