// What has been counted of each process that is or was in a slot, for the owner to read. A process
// has an account from when its channel is opened until the owner ends it, which may be long after
// its slot is another's: what a released worker still has open goes on ending. Then the account is
// added to the slot's sums. Owner's thread only; the engine's thread writes the counters.
#ifndef RONDO_ENGINE_LEDGER_H_
#define RONDO_ENGINE_LEDGER_H_

#include <stdint.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <vector>

#include "base/process_probe.h"
#include "channel/scoreboard.h"
#include "engine/counters.h"

namespace rondo {

// Numbers at a moment. Those that count never fall from one reading of a process to the next, as
// long as its page is not nonsense.
struct Reading {
  uint64_t handed = 0;
  uint64_t received = 0;
  uint64_t ended = 0;
  uint64_t refused = 0;
  uint64_t released = 0;
  uint64_t reclaimed = 0;
  uint64_t unfinished = 0;
  uint64_t lost = 0;
  HandoffTimes handoff_times;
  // Of the process alone, and no sums. -1: unknown.
  uint32_t pending = 0;
  uint32_t open = 0;
  int64_t cpu_ns = -1;
  int64_t heartbeat_age_ms = -1;
  int64_t delay_us = -1;
  int64_t busy_permille = -1;
  int64_t memory_kb = -1;
  int64_t is_slow = -1;  // its requests are

  void Add(const Reading& other);
};

using ErrorCounts = std::map<int, uint64_t>;  // by errno

class Ledger {
 public:
  // A slot's next process. Its counters are the engine's thread's to write.
  std::shared_ptr<ProcessCounters> Begin(uint16_t slot, uint32_t generation,
                                         std::shared_ptr<Scoreboard> scoreboard);
  // From here on its CPU time is read.
  void Watch(uint16_t slot, uint32_t generation, pid_t pid);
  // It has been waited for: its pid may be another's.
  void NoteExit(uint16_t slot, uint32_t generation);
  // It is gone for the engine, too. What it still had open is counted as unfinished, and what was
  // counted belongs to its slot alone from here on. Twice does nothing.
  void End(uint16_t slot, uint32_t generation);

  // Zeroes if there is no such process.
  Reading OfProcess(uint16_t slot, uint32_t generation) const;
  ErrorCounts ErrorsOfProcess(uint16_t slot, uint32_t generation) const;
  // Over all processes of the slot; what is no sum is of the last one.
  Reading OfSlot(uint16_t slot) const;
  ErrorCounts ErrorsOfSlot(uint16_t slot) const;
  // Whether there may be any.
  bool HasErrors(uint16_t slot) const;

  // Of the slot's last process; null before the first.
  const ProcessCounters* counters(uint16_t slot) const;
  const Scoreboard* scoreboard(uint16_t slot) const;

 private:
  struct Account {
    uint32_t generation;
    std::shared_ptr<Scoreboard> scoreboard;
    std::shared_ptr<ProcessCounters> counters;
    ProcessProbe probe;
    bool is_watched = false;
    // The last good reading of what its page says.
    mutable HandoffTimes handoff_times;

    Reading Read() const;
    void ReadPage(Reading* out) const;
  };
  struct Slot {
    std::vector<std::unique_ptr<Account>> accounts;  // in the order of their generations
    Reading ended;
    ErrorCounts ended_errors;
    std::shared_ptr<Scoreboard> last_scoreboard;
    std::shared_ptr<ProcessCounters> last_counters;
  };

  Account* Find(uint16_t slot, uint32_t generation) const;

  std::map<uint16_t, Slot> slots_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_LEDGER_H_
