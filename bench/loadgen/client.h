// The clients: one epoll loop that opens connections, asks, reads each reply to its end and tallies
// it.
//
// Closed loop (rate 0): `concurrency` clients, each starts its next request when its last one
// ended. Open loop: request i is due at start + i / rate and its latency counts from then, whether
// or not the generator got round to it; a server that stalls cannot slow down the clock it is
// measured by. `concurrency` is then only the most that may be under way at once.
//
// With `opening`, a keep-alive loop begins by opening every connection, so many at a time, with one
// request each. These count as requests, but neither in rate nor in latency. One at a
// time, it is the server's policy alone that decides which worker gets which, and not who woke up
// first.
//
// In `hold` a client is done with the first line of its connection, which then stays open, with
// --hold-ms until so long after its connect(). Each client has one connection, in their order.
//
// A request has one outcome: it is ok, failed, refused or hung, or the run ended before. Nothing is
// tried twice: a client goes on with its next request, on a new connection if the last one is gone.
#ifndef RONDO_BENCH_LOADGEN_CLIENT_H_
#define RONDO_BENCH_LOADGEN_CLIENT_H_

#include <signal.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "chance.h"
#include "connection.h"
#include "options.h"
#include "reply.h"
#include "tally.h"

namespace loadgen {

class Client {
 public:
  explicit Client(const Options& options);

  // Returns when everything asked for has ended, the time is up and what was under way has ended or
  // hung, there were more failures than allowed, or `*interrupted` is set. 0 or -errno; the tally
  // is valid in all cases.
  int Run(const volatile sig_atomic_t* interrupted);

  // In hold, after Run(): counts the held connections that the server has ended since, and closes
  // them.
  void LookAtHeld();

  Tally& tally() { return tally_; }

 private:
  using State = Connection::State;

  bool IsAllStarted(int64_t now_ns) const;
  void BeginAfterOpening();
  void LookAtInput(short events);
  int64_t NextDue() const;
  int64_t NextClose() const;
  void CloseDue(int64_t now_ns);
  void StartDue(int64_t now_ns);
  uint32_t TakeFree();
  void Start(uint32_t index);
  bool AwaitsOpening();
  void Open(uint32_t index);
  int Watch(uint32_t index, int operation, uint32_t events);
  int Wait(int64_t now_ns);
  void OnEvent(uint32_t index, uint32_t events);
  void Send(uint32_t index);
  void CheckReply(uint32_t index, int end);
  Served* ServedBy(std::string_view worker);
  void CountOk(uint32_t index, const Reply& reply, int end);
  bool IsLeft(Connection* connection);
  void Fail(uint32_t index, int error);
  void Hang(uint32_t index, int64_t now_ns);
  void Retire(uint32_t index, int64_t now_ns);
  void DropHung(int64_t now_ns);

  const Options& options_;
  const bool holds_;
  const bool keeps_open_;
  const std::string request_;
  const std::string slow_request_;
  const int64_t hang_ns_;
  rondo::UniqueFd epoll_;
  std::vector<Connection> connections_;
  std::deque<uint32_t> free_;  // without a request under way; taken in turn
  Tally tally_;
  Chance chance_;
  bool is_opening_;
  bool awaits_end_of_input_;  // after which no request is started
  bool has_input_ended_ = false;
  int64_t opening_count_ = 0;  // of the requests, those that opened the connections
  int64_t start_ns_ = 0;
  int64_t stop_ns_ = 0;
  int64_t last_end_ns_ = 0;
  int64_t next_hang_scan_ns_ = 0;
  uint32_t next_close_ = 0;  // with --hold-ms: the first connection that is not closed
};

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_CLIENT_H_
