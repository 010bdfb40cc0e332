// Whether a worker that has not received what it was handed is busy, or only waits for a CPU. What
// is seen of one worker; the evidence is looked at only when something depends on it.
//
// A worker keeps up if nothing is pending; or if it received, or was first handed something, within
// the last kPatienceNs and its process has used less than kBusyNs of CPU time since. The second
// tells a loop that computes from one that has not been given a CPU yet, for which it would be
// wrong to give its share to others. The clock counts all threads of the process: a worker whose
// garbage collector or worker_threads are busy is taken for busy itself, and gets fewer connections
// than its share for as long as something is pending. A process that sleeps though something is
// pending waits for the disk, or for a thread of its own that waits for a CPU: nothing is known but
// that it is silent.
#ifndef RONDO_ENGINE_PACE_H_
#define RONDO_ENGINE_PACE_H_

#include <stdint.h>

#include "base/process_probe.h"

namespace rondo {

enum class Tempo {
  kKeepsUp,
  kBusy,     // it computes
  kSilent,   // it has not received for long, and nothing says why
  kStopped,  // by a signal: it receives nothing until it is continued
};

class Pace {
 public:
  void Watch(pid_t pid) { probe_.Open(pid); }

  // `progress_ns`: when it received last, or was handed the first that is pending. `has_pending`:
  // else it keeps up whatever it does.
  Tempo Judge(bool has_pending, uint64_t progress_ns, uint64_t now_ns);
  // The process's CPU time since it was first looked at after this progress; -1: unknown.
  int64_t UsedNs(uint64_t progress_ns);
  // All of it, in nanoseconds; -1: unknown.
  int64_t CpuTimeNs() const { return probe_.CpuTimeNs(); }
  // Whether the process has hardly used a CPU since this was asked before, some milliseconds ago at
  // most. False when asked for the first time; true if that cannot be known.
  bool IsIdle(uint64_t now_ns);

 private:
  ProcessProbe probe_;
  // The process's CPU time when it was first looked at after this progress.
  uint64_t marked_progress_ns_ = 0;
  int64_t mark_ns_ = -1;
  // The same when IsIdle() was asked last.
  uint64_t idle_asked_ns_ = 0;
  int64_t idle_mark_ns_ = 0;
  // The state is read again after a while only.
  uint64_t state_at_ns_ = 0;
  ProcessState state_ = ProcessState::kUnknown;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_PACE_H_
