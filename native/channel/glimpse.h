// What the primary saw in the first bytes of a connection, before it was dealt. For the engine
// alone: it does not go along to a worker, which reads those bytes itself.
#ifndef RONDO_CHANNEL_GLIMPSE_H_
#define RONDO_CHANNEL_GLIMPSE_H_

#include <stdint.h>

#include <string>

namespace rondo {

struct Glimpse {
  uint64_t sticky = 0;  // a hash of what its session is known by; 0: nothing was found
  // Of what many sessions share that belong to one worker, which has claimed it; looked for before
  // `sticky`. 0: nothing.
  uint64_t group = 0;
  int32_t route = -1;  // the listener that it is for; -1: the one to which it came
  // The host it is for, in small letters, where the program wants to know it; from TLS, or HTTP.
  std::string host;
  bool is_tls = false;
};

}  // namespace rondo

#endif  // RONDO_CHANNEL_GLIMPSE_H_
