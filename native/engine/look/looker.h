// Looks at the first bytes of a connection, which stay where they are for the worker that serves
// it. One object for all connections of a listener: it keeps nothing of any of them.
#ifndef RONDO_ENGINE_LOOK_LOOKER_H_
#define RONDO_ENGINE_LOOK_LOOKER_H_

#include <stddef.h>

#include "channel/glimpse.h"

namespace rondo {

enum class Seen {
  kMore,  // not enough has come yet
  kDone,  // all that is wanted has been seen
  kBad,   // it is not what is looked for, whatever else comes
};

class Looker {
 public:
  Looker() = default;
  Looker(const Looker&) = delete;
  Looker& operator=(const Looker&) = delete;
  virtual ~Looker() = default;

  // `bytes`: all that has come, from the first one on, without a PROXY header; never more than
  // kMostLookedAt, of which Looking takes kMore for kBad. Sets what it finds in `out`. Called again
  // from the first byte on when more has come. A connection that is kBad here is dealt with what
  // was found until then.
  virtual Seen Look(const char* bytes, size_t length, Glimpse* out) const = 0;
};

// TLS has records of 16 KB, and Node.js heads of requests.
constexpr size_t kMostLookedAt = 16 * 1024;

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_LOOKER_H_
