// A slot's channel as the engine holds it, from the time it is opened until its worker's process
// is gone: hands connections off, counts what is pending, takes back what was not received. The
// next process of the same slot gets a new channel and a new Slot, with the next generation.
#ifndef RONDO_ENGINE_WORKER_H_
#define RONDO_ENGINE_WORKER_H_

#include <stdint.h>

#include <bitset>
#include <deque>
#include <vector>

#include "base/uv_handle.h"
#include "channel/frames.h"
#include "channel/scoreboard.h"
#include "engine/counters.h"
#include "engine/events.h"

namespace rondo {

class Roster;

class Slot {
 public:
  Slot(uint16_t id, uint32_t generation, FdPair channel, BoardRow* row, SlotCounters* counters);

  uint16_t id() const { return id_; }
  uint32_t generation() const { return generation_; }
  int primary_end() const { return channel_.first.get(); }
  SlotCounters* counters() { return counters_; }
  uint32_t active() const { return row_->active.load(std::memory_order_relaxed); }

  bool Serves(uint16_t listener) const { return serving.test(listener); }

  // Handed and not yet received, as last read from the board.
  uint32_t pending() const { return handed_ - received_; }
  // Reads the board anew. Marks the slot broken if it holds what cannot be.
  void Refresh();
  // Whether it may be handed one more. `quick_window`, if larger, is for a worker that has always
  // received within kQuickNs of late: what waits for it does not wait for long.
  bool HasRoom(uint32_t window, uint32_t quick_window = 0);

  // Whether it has received all it was handed, was handed nothing for kFreeNs, and may be handed
  // more.
  bool IsFree(uint64_t now_ns);
  // Whether something is pending and it has not received anything since this was asked before,
  // kStillNs ago or more. Looks at the board and nothing else: HasRoom judges by when Refresh is
  // called.
  bool IsStill(uint64_t now_ns);

  // Takes the connection into the next frame.
  void Add(Connection connection);
  // Sends that frame; true if there was none or it went. Otherwise its connections are moved to
  // `undelivered` and the slot is blocked or broken.
  bool HandOff(std::deque<Connection>* undelivered);
  bool IsBatchEmpty() const { return batch_.empty(); }
  int handoff_error() const { return handoff_error_; }  // errno of the last that failed

  // Makes the worker send a credit frame when it next receives. HasRoom must be asked again
  // after it: what the worker received before it saw the wish will bring no frame.
  void AskForCredit();

  // Moves what the worker has not received to the end of `out`, counting it. False if this
  // process lacks the fds to go on; what is left stays in the channel.
  bool TakeBack(std::deque<Connection>* out, char* buffer);

  void Break(GoneReason reason, int error = 0);

  // From now on the row belongs to the slot's next generation, and nothing is pending in it. What
  // a dead worker counted as active has died with it.
  void LeaveRow(bool is_worker_dead);

  // The roster's notes about this slot.
  Roster* roster = nullptr;
  UniqueFd pidfd;
  UvHandle<uv_poll_t> process_poll;  // of the pidfd
  UvHandle<uv_poll_t> channel_poll;  // of the primary's end
  std::bitset<kMaxListeners> serving;
  bool is_welcome = false;         // hello came and its version is ours
  bool expects_returned = false;   // a kRefused came: its kReturned is next
  bool is_reading_paused = false;  // an fd is lacking for the kReturned
  bool is_blocked = false;         // the channel took no more; until a credit or the next tick
  bool is_behind = false;          // more frames of it wait than a turn reads; until they are read
  bool is_busy = false;            // its connections were taken back; until it answers the ping
  bool is_stuck = false;           // and it does not answer, or receives nothing, for long
  bool needs_welcome = false;      // control frames that could not be sent, or were taken back
  bool needs_state = false;
  bool needs_ping = false;
  // For noticing a worker that does not receive: its count, and since when it stands still.
  uint32_t seen_received = 0;
  uint64_t seen_at_ms = 0;
  // Since when it is busy, and how many connections were taken back from it since.
  uint64_t busy_since_ms = 0;
  uint64_t relieved = 0;
  uint64_t returned_total = 0;

  bool is_broken() const { return is_broken_; }
  GoneReason broken_reason() const { return broken_reason_; }
  int broken_error() const { return broken_error_; }
  uint32_t received() const { return received_; }
  uint64_t received_total() const { return received_total_; }

 private:
  void SetHanded(uint32_t handed);

  const uint16_t id_;
  const uint32_t generation_;
  FdPair channel_;  // first: the primary's end; second: a duplicate of the worker's
  BoardRow* const row_;
  bool owns_row_ = true;
  SlotCounters* const counters_;
  uint32_t handed_;
  uint32_t received_;
  uint64_t received_total_ = 0;
  // Since when the oldest pending connection is pending at most, and how many before it were
  // received quickly, one after the other.
  uint64_t pending_since_ns_ = 0;
  uint64_t added_at_ns_ = 0;  // the last one
  int quick_receives_ = 0;
  // What IsStill saw, and since when.
  uint32_t still_received_ = 0;
  uint64_t still_since_ns_ = 0;
  int handoff_error_ = 0;
  bool is_broken_ = false;
  GoneReason broken_reason_ = GoneReason::kExited;
  int broken_error_ = 0;
  std::vector<Connection> batch_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_WORKER_H_
