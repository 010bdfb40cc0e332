// What the primary saw in the first bytes of a connection, before it was dealt. For the engine
// alone: it does not go along to a worker, which reads those bytes itself.
#ifndef RONDO_CHANNEL_GLIMPSE_H_
#define RONDO_CHANNEL_GLIMPSE_H_

#include <stdint.h>

namespace rondo {

struct Glimpse {
  uint64_t sticky = 0;  // a hash of what its session is known by; 0: nothing was found
  int32_t route = -1;   // the listener that it is for; -1: the one to which it came
};

}  // namespace rondo

#endif  // RONDO_CHANNEL_GLIMPSE_H_
