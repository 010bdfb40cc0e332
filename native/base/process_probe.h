// What can be seen of another process from outside, without its help: whether it uses a CPU, waits
// for one, or is stopped. Evidence, never proof: what cannot be read is kUnknown.
#ifndef RONDO_BASE_PROCESS_PROBE_H_
#define RONDO_BASE_PROCESS_PROBE_H_

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

namespace rondo {

enum class ProcessState {
  kUnknown,   // no /proc, another PID namespace, hidepid, gone
  kRunnable,  // it runs, or waits for a CPU
  kSleeping,  // it waits for something else
  kStopped,   // by a signal or a debugger
};

class ProcessProbe {
 public:
  // Of the process `pid`, as this process sees its number. Until the caller knows of its end the
  // number is no other process's.
  void Open(pid_t pid);

  // CPU time of all threads of the process in nanoseconds, by its clock (clock_getcpuclockid(3)),
  // which needs no privilege; a fraction of a microsecond. -1: it cannot be read.
  int64_t CpuTimeNs() const;
  // By proc(5); some microseconds.
  ProcessState State() const;

 private:
  pid_t pid_ = 0;
  clockid_t clock_ = 0;
  bool has_clock_ = false;
};

}  // namespace rondo

#endif  // RONDO_BASE_PROCESS_PROBE_H_
