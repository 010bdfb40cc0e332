// What is counted. started = ok + failed + refused + hung + unfinished, always.
#ifndef RONDO_BENCH_LOADGEN_TALLY_H_
#define RONDO_BENCH_LOADGEN_TALLY_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "latency.h"

namespace loadgen {

// Beside the errnos, as ways to fail.
constexpr int kEndOfFile = -1;   // the server closed before the reply was complete
constexpr int kWrongReply = -2;  // complete, but not the reply a worker should give

struct Served {
  std::string worker;
  int64_t requests = 0;
  int64_t after_start = 0;  // of these, those whose latency counts
  int64_t connections = 0;
  int64_t open = 0;  // in hold: of the connections, those still open at the end
};

// An ok reply, for those who ask which ones were slow.
struct SlowReply {
  int64_t latency_ns = 0;
  int64_t started_ns = 0;
  const Served* server = nullptr;
};

// The slowest of the replies, so many of them.
class Slowest {
 public:
  void Keep(size_t count) { count_ = count; }

  void Add(const SlowReply& reply) {
    if (count_ == 0) return;
    if (replies_.size() == count_) {
      if (reply.latency_ns <= replies_.front().latency_ns) return;
      std::pop_heap(replies_.begin(), replies_.end(), IsSlower);
      replies_.pop_back();
    }
    replies_.push_back(reply);
    std::push_heap(replies_.begin(), replies_.end(), IsSlower);
  }

  // The slowest first.
  std::vector<SlowReply> Sorted() const {
    std::vector<SlowReply> sorted = replies_;
    std::sort_heap(sorted.begin(), sorted.end(), IsSlower);
    return sorted;
  }

 private:
  // With this as the order, the front of the heap is the fastest.
  static bool IsSlower(const SlowReply& a, const SlowReply& b) {
    return a.latency_ns > b.latency_ns;
  }

  size_t count_ = 0;
  std::vector<SlowReply> replies_;
};

// A request that got no end in time. `server` is null if the connection had not served yet.
struct HungRequest {
  int64_t started_ns = 0;
  const Served* server = nullptr;
};

inline constexpr size_t kHungTold = 16;

struct Tally {
  int64_t started = 0;
  int64_t ok = 0;
  int64_t failed = 0;               // all of `failures`
  std::map<int, int64_t> failures;  // by errno, kEndOfFile or kWrongReply
  int64_t reused_failed = 0;        // of these, on a reused connection and without a byte of reply
  int64_t refused = 0;              // connects; nothing was sent
  int64_t hung = 0;                 // not ended by the deadline; dropped
  int64_t hung_connected = 0;       // of these, with --connects, those whose connect was complete
  std::vector<HungRequest> hung_told;  // the first kHungTold of them
  int64_t unfinished = 0;              // still under way when the run ended before its time

  int64_t opened = 0;  // connections; where there is a request, counted when it was sent
  int64_t moved = 0;   // with --moves: replies of another worker than the connection's last
  int64_t closed_announced = 0;  // by the server with a reply that says `Connection: close`
  int64_t closed_idle = 0;       // by the server with no request under way
  int64_t closed_unasked = 0;    // by this side: bytes came with no request under way

  std::map<std::string, Served, std::less<>> served;
  Latencies latencies;     // of the ok ones
  Latencies handoffs;      // of those whose reply says when its worker had the connection
  Latencies connects;      // with --connects: until connect() was complete
  Slowest slowest;         // of the ok ones
  int64_t late = 0;        // of the ok ones, those that took longer than --late-ms
  int64_t worst_gap = 0;   // in hold: see open_counts.h
  int64_t most_open = 0;   // in hold: of one worker at one time
  int64_t rated = 0;       // of the ok ones, those in the rate
  int64_t elapsed_ns = 0;  // from the first start in the rate to the last end

  int64_t Bad() const { return failed + refused + hung; }
};

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_TALLY_H_
