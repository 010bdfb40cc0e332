// The scoreboard: shared memory in which the engine and one worker count connections, so that a
// received connection costs no message. Two pages for each generation of a slot, each with one
// writer: the engine's is read-only to the worker (F_SEAL_FUTURE_WRITE), the worker's is read by
// the engine, which believes nothing in it: nonsense harms only the worker that wrote it.
#ifndef RONDO_CHANNEL_SCOREBOARD_H_
#define RONDO_CHANNEL_SCOREBOARD_H_

#include <stddef.h>
#include <stdint.h>

#include <array>
#include <atomic>

#include "base/unique_fd.h"
#include "channel/buckets.h"
#include "channel/frames.h"

namespace rondo {

// Counters run freely and wrap; only differences of the same field's values mean something. Times
// are CLOCK_MONOTONIC, which every process of the machine sees alike.

// Written by the engine.
struct EnginePage {
  alignas(64) std::atomic<uint32_t> handed;  // connections handed off, less those taken back
  std::atomic<uint32_t> wake;        // changes when the engine waits for this worker's next receipt
  std::atomic<uint32_t> wake_ended;  // the same for the end of any of its connections
};

// Written by the worker.
struct WorkerPage {
  // By the receiver, for every batch and turn of the loop.
  alignas(64) std::atomic<uint64_t> received_at_ns;  // the last receipt; 0: none yet
  std::atomic<uint64_t> turn_since_ns;               // its loop runs callbacks since; 0: it waits
  std::atomic<uint32_t> received;                    // connections read from the channel
  std::atomic<uint32_t> lost;    // of those, the ones that its kernel limits swallowed
  std::atomic<uint32_t> claims;  // of sessions, said or withdrawn: frames of them are on their way
  std::atomic<uint32_t> turn_events;  // I/O events of its loop's last turn; 0: not known
  // By the receiver, every kFiguresMs at most while the loop turns.
  alignas(64) std::atomic<uint32_t> heartbeat;  // HeartbeatNow() of the last beat; 0: none
  std::atomic<uint32_t> figures_at;  // HeartbeatNow() when the three below were written; 0: never
  std::atomic<uint32_t> delay_us;    // the longest turns of the loop of late, decaying
  std::atomic<uint32_t> busy_permille;  // share of the time in which the loop did not wait
  std::atomic<uint32_t> memory_kb;      // resident
  // By the worker's JavaScript, without a call into C++: connections that are over, and of those,
  // the ones of each listener.
  alignas(64) std::atomic<uint32_t> ended;
  std::atomic<uint32_t> ended_of[kMaxListeners];
  // By JavaScript, too: a RequestPace.
  std::atomic<uint32_t> pace;
  // By JavaScript, too: how long connections took from their accepting until the program had them.
  // The bits of doubles, in which JavaScript counts up to 2^53: the sum of all times in
  // microseconds, then how many there were in each bucket.
  alignas(64) std::atomic<uint64_t> handoff_times[1 + kTimeBuckets];
};

// What a worker says of its requests: whether each keeps its loop for long.
enum class RequestPace : uint32_t { kUnknown = 0, kQuick = 1, kSlow = 2 };

// What a worker says of its hand-offs. Anything, until IsPossible().
struct HandoffTimes {
  double sum_us = 0;
  std::array<double, kTimeBuckets> counts = {};

  void Add(const HandoffTimes& other);
  // Whether it can follow what the same worker said `before`, when it has received so many.
  bool IsPossible(const HandoffTimes& before, uint64_t received, uint64_t now_ns) const;
};

HandoffTimes ReadHandoffTimes(const WorkerPage& page);

// How many numbers JavaScript writes: `ended` and what follows it.
constexpr size_t kEndedFields = 1 + kMaxListeners;

// How many of its hand-offs' times.
constexpr size_t kHandoffFields = 1 + kTimeBuckets;

static_assert(sizeof(EnginePage) == 64, "one cache line");
static_assert(sizeof(WorkerPage) <= 4096, "one page");
static_assert(offsetof(WorkerPage, ended_of) == offsetof(WorkerPage, ended) + sizeof(uint32_t),
              "JavaScript sees one array of numbers");
static_assert(std::atomic<uint32_t>::is_always_lock_free &&
                  std::atomic<uint64_t>::is_always_lock_free,
              "a lock in shared memory could be left held by a killed worker");

// Whether the figures say nothing of now: they are written as the loop turns, and it has waited for
// a second.
bool AreFiguresOld(const WorkerPage& page);

// CLOCK_MONOTONIC in milliseconds; wraps, and is never 0.
uint32_t HeartbeatNow();

// Milliseconds since the last beat, or -1 if there was none. Any value is taken for a time, so
// nonsense gives some age.
int64_t HeartbeatAgeMs(const WorkerPage& page);

// One process's mapping of a page; unmapped by the destructor. Move-only.
template <typename Page>
class PageMapping {
 public:
  PageMapping() = default;
  PageMapping(PageMapping&& other) noexcept : page_(other.page_) { other.page_ = nullptr; }
  PageMapping& operator=(PageMapping&& other) noexcept {
    if (this != &other) {
      Unmap();
      page_ = other.page_;
      other.page_ = nullptr;
    }
    return *this;
  }
  PageMapping(const PageMapping&) = delete;
  PageMapping& operator=(const PageMapping&) = delete;
  ~PageMapping() { Unmap(); }

  // Maps the page behind `fd`, which is borrowed and may be closed afterwards. 0 or -errno: -EINVAL
  // if it is smaller than a page of this kind.
  int Map(int fd, bool is_writable);
  void Unmap();

  explicit operator bool() const { return page_ != nullptr; }
  Page* operator->() const { return page_; }
  Page& operator*() const { return *page_; }
  Page* get() const { return page_; }

 private:
  Page* page_ = nullptr;
};

// The engine's end of both pages: what it maps, and the fds that a worker maps.
struct Scoreboard {
  PageMapping<EnginePage> engine;  // writable
  PageMapping<WorkerPage> worker;  // read-only
  UniqueFd engine_fd;              // cannot be written through, nor resized
  UniqueFd worker_fd;              // cannot be resized

  // Makes both, filled with zeroes. 0 or -errno (EMFILE, ENFILE, ENOMEM).
  int Create();
};

}  // namespace rondo

#endif  // RONDO_CHANNEL_SCOREBOARD_H_
