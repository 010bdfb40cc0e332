// Standard input, which whoever started the load generator ends to say that it is time. Nothing is
// read from it but its end.
#ifndef RONDO_BENCH_LOADGEN_INPUT_H_
#define RONDO_BENCH_LOADGEN_INPUT_H_

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include <cstdint>

namespace loadgen {

// Says that all connections are open.
inline void SayHeld() {
  puts("held");
  fflush(stdout);
}

// Returns when standard input ends, a signal comes, or the time is up.
inline void WaitForEndOfInput(int64_t seconds) {
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  poll(&input, 1, static_cast<int>(seconds * 1'000));
}

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_INPUT_H_
