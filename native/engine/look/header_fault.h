// Why a connection that was to begin with a PROXY header was closed.
#ifndef RONDO_ENGINE_LOOK_HEADER_FAULT_H_
#define RONDO_ENGINE_LOOK_HEADER_FAULT_H_

#include <stddef.h>
#include <stdint.h>

namespace rondo {

// The numbers are known to src/native/engine.ts.
enum class HeaderFault : uint8_t {
  kUntrusted = 0,  // its source may send none
  kMissing = 1,    // it begins with something else
  kMalformed = 2,  // it begins as one, and is none
  kTooLong = 3,
  kTimedOut = 4,  // it was not there in time
  kEnded = 5,     // the client ended before it was there
  kCrowded = 6,   // too many others wait for theirs, and this one had waited the longest
};
constexpr size_t kHeaderFaults = 7;

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_HEADER_FAULT_H_
