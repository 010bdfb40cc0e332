// One client's connection: the system calls, and in which state it is. It counts nothing.
#ifndef RONDO_BENCH_LOADGEN_CONNECTION_H_
#define RONDO_BENCH_LOADGEN_CONNECTION_H_

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "options.h"
#include "tally.h"

namespace loadgen {

struct Connection {
  //   closed --Open--> opening --request--> waiting --keep-alive reply--> idle
  //   idle --request--> waiting;   all but closed --Close--> closed
  enum class State { kClosed, kOpening, kWaiting, kIdle };

  // What an idle connection is like before a request is sent on it.
  enum class Idle { kUsable, kClosed, kUnasked };

  State state = State::kClosed;
  rondo::UniqueFd fd;
  int64_t due_ns = 0;
  int64_t started_ns = 0;
  int64_t connecting_ns = 0;  // just before connect(), in which loopback completes the handshake
  int64_t closed_ns = 0;      // in hold: when this side closed it; 0 while it is open
  bool is_start = false;
  bool is_slow = false;  // the request is for /slow
  std::string reply;
  Served* server = nullptr;  // who answered on this connection; null before the first reply

  // Connects, as the nth connection of the run: source addresses are taken in turn. 0 or -errno.
  int Open(const Options& options, int64_t nth);

  // Adds to `reply` what has come. 0 while the connection is open, else how it failed: kEndOfFile,
  // an errno, or kWrongReply for more bytes than any reply has. `events` are those of epoll.
  int Receive(uint32_t events);

  Idle Look() const;

  void Close();
};

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_CONNECTION_H_
