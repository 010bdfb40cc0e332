// The board: shared memory in which the engine and the workers count connections, so that a
// received connection costs no message. One row per slot, each field with one writer. The engine
// trusts nothing a worker writes here; slot.cc checks each value against what it has handed.
#ifndef RONDO_CHANNEL_SCOREBOARD_H_
#define RONDO_CHANNEL_SCOREBOARD_H_

#include <stdint.h>

#include <atomic>

#include "base/unique_fd.h"

namespace rondo {

constexpr uint32_t kMaxSlots = 1024;

// Counters run freely and wrap; only differences of the same field's values mean something.
struct BoardRow {
  // Written by the engine.
  alignas(64) std::atomic<uint32_t> handed;  // connections handed off, less those taken back
  std::atomic<uint32_t> wake;  // changed whenever the engine waits for this slot's next receive
  // Written by the worker. A cache line of its own, or each side's writes would slow the other.
  alignas(64) std::atomic<uint32_t> received;  // connections read from the channel
  std::atomic<uint32_t> active;                // connections being served
  std::atomic<uint32_t> lost;                  // connections the worker's kernel limits swallowed
  std::atomic<uint32_t> heartbeat;             // HeartbeatNow() of its loop's last beat; 0: none
};

struct Board {
  BoardRow rows[kMaxSlots];
};

static_assert(sizeof(BoardRow) == 128, "a row is two cache lines");
static_assert(std::atomic<uint32_t>::is_always_lock_free,
              "a lock in shared memory could be left held by a killed worker");

// CLOCK_MONOTONIC in milliseconds, which every process of the machine sees alike; wraps, and is
// never 0.
uint32_t HeartbeatNow();

// Milliseconds since the row's process beat last, or -1 if it never did. `former` is what was there
// before that process started; any value else is taken for a time, so nonsense gives some age.
int64_t HeartbeatAgeMs(const BoardRow& row, uint32_t former);

// A mapping of a board; unmapped by the destructor.
class BoardMapping {
 public:
  BoardMapping() = default;
  BoardMapping(const BoardMapping&) = delete;
  BoardMapping& operator=(const BoardMapping&) = delete;
  ~BoardMapping();

  // Makes a board of zeroes and maps it. `*fd` is what workers map. Returns 0 or -errno.
  int Create(UniqueFd* fd);
  // Maps the board behind `fd`, which is borrowed and may be closed afterwards.
  int Map(int fd);

  explicit operator bool() const { return board_ != nullptr; }
  BoardRow* row(uint32_t slot) { return &board_->rows[slot]; }

 private:
  Board* board_ = nullptr;
};

}  // namespace rondo

#endif  // RONDO_CHANNEL_SCOREBOARD_H_
