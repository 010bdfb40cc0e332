// What the load generator was asked to do. Everything is bounded here, once: a count, a time and a
// number at a time, each with a default and a hard maximum, and loopback addresses only.
#ifndef RONDO_BENCH_LOADGEN_OPTIONS_H_
#define RONDO_BENCH_LOADGEN_OPTIONS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace loadgen {

enum class Mode {
  kStorm,      // connect, read a line to its end
  kHttp,       // connect, ask with Connection: close, read to the end
  kKeepAlive,  // connect, ask and read the reply, ask again
  kHold,       // connect, read a line, and keep the connection
};

constexpr const char* kModeNames[] = {"storm", "http", "keep-alive", "hold"};

struct Options {
  Mode mode = Mode::kStorm;
  std::string host = "127.0.0.1";
  std::string path = "/";
  int64_t port = 0;
  int64_t requests = 20'000;  // in storm and http each has a connection of its own
  int64_t concurrency = 64;
  int64_t seconds = 15;
  int64_t rate = 0;   // requests per second; 0 without a burst is a closed loop
  int64_t burst = 0;  // this many requests are due together, each `every_ms`; 0: no bursts
  int64_t every_ms = 0;
  int64_t hang_ms = 5'000;       // a request's deadline
  int64_t opening = 0;           // keep-alive: first open all, this many at a time; 0: as they come
                                 // hold: this many at a time; 0: all at once
  int64_t failures = 5'000'000;  // one more ends the run
  int64_t late_ms = 0;           // an ok reply that took longer is counted as late; 0: none is
  int64_t skip = 0;              // this many at the start do not count in the latency
  int64_t hold_ms = 0;   // hold: a connection is closed so long after its connect(); 0: never
  int64_t slowest = 0;   // this many of the ok replies that took longest are reported one by one
  int64_t connects = 0;  // 1: when each connect was complete is reported, too
  int64_t post = 0;      // 1: requests are POST, with a short body
  int64_t proxy = 0;     // http: 1: a PROXY header comes before the request
  int64_t slow_percent = 0;  // so many requests in 100, by chance, are for /slow
  int64_t random = 0;        // keep-alive: 1: each on any idle connection, by chance
  int64_t moves = 0;         // keep-alive: 1: a connection may go from one worker to another
  int64_t begin_at_eof = 0;  // keep-alive, opening: 1: what follows waits for the end of input
  int64_t end_at_eof = 0;    // http, keep-alive: 1: no new request after the end of input
  int64_t sources = 16;      // 127.0.0.2 and up; not for ::1, which is one address

  sockaddr_storage target = {};
  socklen_t target_length = 0;

  // A request is due at a time of its own, whatever became of those before it.
  bool IsOpenLoop() const { return rate > 0 || burst > 0; }

  // When the nth request is due, counted from 0, in nanoseconds after the start.
  int64_t DueNs(int64_t nth) const;
};

// Fills `options` from the command line. On false, `error` says which argument is wrong and why.
bool ParseOptions(int argc, char** argv, Options* options, std::string* error);

const char* Usage();

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_OPTIONS_H_
