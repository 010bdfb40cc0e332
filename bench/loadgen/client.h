// The clients: one epoll loop that opens connections, reads each reply to its end and tallies it.
//
// Closed loop (rate 0): `concurrency` connections at a time, the next one starts when one ends.
// Open loop: connection i is due at start + i / rate and its latency counts from then, whether or
// not the generator got round to it; a server that stalls cannot slow down the clock it is
// measured by. `concurrency` is then only the most that may be open at once.
#ifndef RONDO_BENCH_LOADGEN_CLIENT_H_
#define RONDO_BENCH_LOADGEN_CLIENT_H_

#include <signal.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "../../native/unique_fd.h"
#include "latency.h"
#include "options.h"

namespace loadgen {

struct Tally {
  int64_t started = 0;
  int64_t ok = 0;
  int64_t wrong = 0;              // complete, but not the reply a worker should give
  int64_t hung = 0;               // nothing for hang_ms after connect; dropped
  int64_t unfinished = 0;         // still open when the run was interrupted
  std::map<int, int64_t> failed;  // by errno
  std::map<std::string, int64_t, std::less<>> workers;
  Latencies latencies;     // of the ok ones
  int64_t elapsed_ns = 0;  // from the first start to the last end
};

class Client {
 public:
  explicit Client(const Options& options);

  // Returns when everything asked for has ended, the time is up and what was open has ended or
  // hung, or `*interrupted` is set. 0 or -errno; the tally is valid in both cases.
  int Run(const volatile sig_atomic_t* interrupted);

  Tally& tally() { return tally_; }

 private:
  struct Connection {
    rondo::UniqueFd fd;
    int64_t due_ns = 0;
    int64_t opened_ns = 0;
    bool is_start = false;
    std::string reply;
  };

  bool IsAllStarted(int64_t now_ns) const;
  int64_t NextDue() const;
  void OpenDue(int64_t now_ns);
  int Open(Connection* connection, uint32_t index);
  int BindSource(int fd);
  int Wait(int64_t now_ns);
  void OnEvent(uint32_t index, uint32_t events);
  void SendRequest(uint32_t index);
  void ReadReply(uint32_t index, uint32_t events);
  void CheckReply(uint32_t index);
  void Fail(uint32_t index, int error);
  void Retire(uint32_t index, int64_t now_ns);
  void DropHung(int64_t now_ns);

  const Options& options_;
  const std::string request_;
  rondo::UniqueFd epoll_;
  std::vector<Connection> connections_;
  std::vector<uint32_t> free_;
  Tally tally_;
  int64_t start_ns_ = 0;
  int64_t stop_ns_ = 0;
  int64_t last_end_ns_ = 0;
  int64_t next_hang_scan_ns_ = 0;
};

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_CLIENT_H_
