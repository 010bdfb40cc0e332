// One worker process as the engine holds it, from the time its channel is opened until the process
// is gone: the window of what may be handed to it, the batch that is about to be, and its state.
// The next process of the same slot gets a new Worker, with the next generation.
//
//   joining --hello--> greeted --mapped--> mapped --fault--> broken    (broken: from anywhere)
//
// While it is mapped it is open for connections, but for these:
//
//   open --channel full, or a shortage--> full --credit, or a look--> open
//   open --more frames than a turn reads--> behind --read--> open
//   any --what is pending was taken back--> relieved --takeBackMs--> stuck;  --credit--> open
#ifndef RONDO_ENGINE_WORKER_H_
#define RONDO_ENGINE_WORKER_H_

#include <stdint.h>

#include <bitset>
#include <memory>
#include <vector>

#include "base/loop.h"
#include "channel/frames.h"
#include "channel/scoreboard.h"
#include "engine/counters.h"
#include "engine/events.h"
#include "engine/pace.h"
#include "engine/slot_set.h"

namespace rondo {

// How many connections a worker may be handed and not have received.
struct Window {
  uint32_t size = 2;
  uint32_t quick_size =
      0;  // of one that has always received within a millisecond of late, if larger
  uint32_t largest() const { return size > quick_size ? size : quick_size; }
};

// What is known of all workers at once, by slot: written by each worker for itself.
struct WorkerSets {
  SlotSet ready;    // have the scoreboard
  SlotSet room;     // may be handed one more
  SlotSet keeping;  // keep up
  SlotSet pending;  // have not received all, as far as is known
  SlotSet asked;    // send a credit frame when they receive
  SlotSet full;     // hold as many connections as they may
  SlotSet odd;      // are not open, or owed a frame, or not read: to be tried again
};

class Worker {
 public:
  enum class Phase { kJoining, kGreeted, kMapped, kBroken };
  enum class Flow { kOpen, kFull, kBehind, kRelieved, kStuck };
  // Control frames that are to be sent, or were taken back unread.
  enum Owed : uint8_t { kOwesNothing = 0, kOwesWelcome = 1, kOwesState = 2, kOwesPing = 4 };

  Worker(uint16_t id, uint32_t generation, FdPair channel, std::shared_ptr<Scoreboard> scoreboard,
         std::shared_ptr<ProcessCounters> counters, QueueTimes* queue_times, WorkerSets* sets);
  ~Worker();

  uint16_t id() const { return id_; }
  uint32_t generation() const { return generation_; }
  int primary_end() const { return channel_.first.get(); }
  // A duplicate of the worker's end: what it has not received can be read back.
  int worker_end() const { return channel_.second.get(); }
  const Scoreboard& scoreboard() const { return *scoreboard_; }
  ProcessCounters* counters() { return counters_.get(); }

  Phase phase() const { return phase_; }
  Flow flow() const { return flow_; }
  bool IsReady() const { return phase_ == Phase::kMapped; }
  bool IsBroken() const { return phase_ == Phase::kBroken; }
  bool IsRelieved() const { return flow_ == Flow::kRelieved || flow_ == Flow::kStuck; }
  GoneReason broken_reason() const { return broken_reason_; }
  int broken_error() const { return broken_error_; }

  void Greet() { SetPhase(Phase::kGreeted); }
  void Map() { SetPhase(Phase::kMapped); }
  void Break(GoneReason reason, int error = 0);
  void SetFlow(Flow flow);
  void SetWindow(Window window);
  void SetMaxConnections(uint32_t max_connections);

  bool Serves(uint16_t listener) const { return serving.test(listener); }

  // Handed and not yet received, as last read from the scoreboard.
  uint32_t pending() const { return handed_ - received_; }
  uint64_t received_total() const { return received_total_; }
  // Pending and open, of all listeners.
  uint64_t held() const;
  // Reads the scoreboard anew. Breaks the worker if it holds what cannot be.
  void Refresh(uint64_t now_ns);
  // Of one listener, as the worker says; see Turn::SetEnded.
  uint32_t EndedOf(uint16_t listener) const;
  // How late its loop is of late: the longest turns, or the present one if that is longer.
  uint32_t DelayUs(uint64_t now_ns) const;
  // Since when its loop has been in the present turn; 0: it waits.
  uint64_t TurnSinceNs() const;

  // When it received last, or was handed the first of what is pending.
  uint64_t progress_ns() const { return progress_ns_; }
  uint64_t added_at_ns() const { return added_at_ns_; }
  // Whether it has received all within a millisecond of late.
  bool IsQuick() const;
  // Whether it keeps up; notes it in the sets.
  Tempo Judge(uint64_t now_ns);

  // Takes the connection into the next frame. Until `keep_until_ns` it is this worker's only,
  // however busy it is; 0: it may be taken for another.
  void Add(Connection connection, uint64_t now_ns, uint64_t keep_until_ns = 0);
  // Whether all that is pending is this worker's only.
  bool IsKept(uint64_t now_ns) const {
    return now_ns < keep_until_ns_ && static_cast<int32_t>(handed_free_ - received_) <= 0;
  }
  uint64_t keep_until_ns() const { return keep_until_ns_; }
  bool HasBatch() const { return !batch_.empty(); }
  // Sends that frame: 0, or -errno. What did not go comes back in `unsent`, and the worker is full
  // or broken.
  int HandOff(std::vector<Connection>* unsent);

  // Gives the frame's connections back, unsent.
  void Unbatch(std::vector<Connection>* unsent) { Unsend(0, unsent); }

  // Makes the worker send a credit frame when it receives next, or also when a connection ends.
  // What it did before it saw the wish will bring no frame: look again after it.
  void AskForCredit(bool is_end_enough = false);
  // The credit frame has come: it receives again.
  void NoteCredit(uint64_t now_ns);

  // `count` connections were read back from the channel, or lost there.
  void TakenBack(uint32_t count);
  // The worker has sent one back.
  void NoteReturned();
  // And one that it had served.
  void NoteReleased();
  // It is none of the slot's present any more: nothing is handed to it from here on.
  void Detach();
  // What is pending has been taken back; what it had open has died with it, if it has.
  void Leave(bool is_dead);

  std::bitset<kMaxListeners> serving;
  std::bitset<kMaxListeners> has_served;  // ever
  bool is_draining = false;               // serves nothing any more, whatever it says
  uint32_t claims = 0;                    // of sessions, that were read
  bool expects_returned = false;          // a kRefused came: what it announces is next
  uint64_t relieved_at_ns = 0;  // since when it is relieved, and how many were taken since
  uint64_t relieved = 0;
  uint64_t returned_total = 0;
  UniqueFd pidfd;
  Watch process_watch;  // of the pidfd
  Watch channel_watch;  // of the primary's end; paused while an fd is lacking
  Pace pace;

  // It is to be sent these control frames; or has been.
  void Owe(Owed what) { SetOwed(static_cast<uint8_t>(owed_ | what)); }
  void Settle(Owed what) { SetOwed(static_cast<uint8_t>(owed_ & ~what)); }
  bool Owes(Owed what) const { return (owed_ & what) != 0; }
  bool OwesAny() const { return owed_ != kOwesNothing; }
  // Whether it is read; not while an fd is lacking for what it sends back.
  void PauseReading();
  void ResumeReading();

 private:
  void SetPhase(Phase phase);
  void SetHanded(uint32_t handed);
  void Unsend(size_t sent, std::vector<Connection>* unsent);
  void SetOwed(uint8_t owed);
  bool IsFull() const { return max_connections_ > 0 && held() >= max_connections_; }
  bool HasRoom() const;
  uint32_t WindowNow() const;
  void NoteSets();
  void NoteReceipt(uint32_t count, uint64_t now_ns);
  void NoteEnded();
  void CountHanded(size_t first, size_t count);

  const uint16_t id_;
  const uint32_t generation_;
  const FdPair channel_;
  const std::shared_ptr<Scoreboard> scoreboard_;
  const std::shared_ptr<ProcessCounters> counters_;
  QueueTimes* const queue_times_;  // of all workers
  WorkerSets* sets_;               // null once detached
  Phase phase_ = Phase::kJoining;
  Flow flow_ = Flow::kOpen;
  GoneReason broken_reason_ = GoneReason::kExited;
  int broken_error_ = 0;
  uint8_t owed_ = kOwesNothing;
  bool keeps_up_ = true;

  Window window_;
  uint32_t most_frames_;  // what the send buffer holds
  uint32_t max_connections_ = 0;
  uint32_t handed_ = 0;  // less what came back unreceived
  uint32_t received_ = 0;
  uint64_t keep_until_ns_ = 0;  // of those that were to be kept, the latest
  uint32_t handed_free_ = 0;    // `handed_` with the last that was not
  uint32_t ended_ = 0;
  uint32_t turn_events_ = 0;  // of its last turn, as last read
  uint64_t received_total_ = 0;
  uint64_t ended_total_ = 0;  // never more than it can be
  uint64_t progress_ns_ = 0;
  uint64_t added_at_ns_ = 0;
  uint32_t quick_receipts_ = 0;  // one after the other
  std::vector<Connection> batch_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_WORKER_H_
