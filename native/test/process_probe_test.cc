// links: base/process_probe.cc engine/pace.cc
// What is seen of another process, with real ones: one that computes, one that sleeps, one that is
// stopped, one that is gone. And what Pace makes of it.
#include "base/process_probe.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include <chrono>
#include <string>
#include <utility>

#include "base/clock.h"
#include "engine/pace.h"
#include "support.h"
#include "tap.h"

namespace {

using rondo::kMillisecond;
using rondo::NowNs;
using rondo::Pace;
using rondo::ProcessProbe;
using rondo::ProcessState;
using rondo::Tempo;
using support::CountOpenFds;
using tap::is;
using tap::ok;

template <typename Condition>
bool Until(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    usleep(500);
  }
  return true;
}

// A process that does `what` until this object goes.
class Child {
 public:
  template <typename Function>
  explicit Child(Function what) : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    what();
    _exit(0);
  }
  ~Child() { End(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void Signal(int signal) { kill(pid_, signal); }
  void End() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

void Spin() {
  for (volatile int i = 0;; i = i + 1) continue;
}

void Sleep() {
  for (;;) pause();
}

void TestStates() {
  Child spinning(Spin);
  Child sleeping(Sleep);
  ProcessProbe spins;
  ProcessProbe sleeps;
  spins.Open(spinning.pid());
  sleeps.Open(sleeping.pid());
  ok(Until([&] { return spins.State() == ProcessState::kRunnable; }), "one that computes can run");
  ok(Until([&] { return sleeps.State() == ProcessState::kSleeping; }), "one that waits sleeps");
  spinning.Signal(SIGSTOP);
  ok(Until([&] { return spins.State() == ProcessState::kStopped; }), "a stopped one is stopped");
  spinning.Signal(SIGCONT);
  ok(Until([&] { return spins.State() == ProcessState::kRunnable; }), "until it is continued");
  const pid_t pid = spinning.pid();
  spinning.End();
  ProcessProbe gone;
  gone.Open(pid);
  ok(gone.State() == ProcessState::kUnknown, "of one that is gone nothing is known");
  is(gone.CpuTimeNs(), -1, "nor its CPU time");
  ok(spins.State() == ProcessState::kUnknown && spins.CpuTimeNs() == -1,
     "also where it was known before");
}

// proc(5): the name may hold anything, parentheses too.
void TestNames() {
  for (const char* const name : {"a) R (b", ") T 1 1", "(((", " ", ""}) {
    Child named([name] {
      prctl(PR_SET_NAME, name);
      Sleep();
    });
    ProcessProbe probe;
    probe.Open(named.pid());
    ok(Until([&] { return probe.State() == ProcessState::kSleeping; }),
       "a process of the name '" + std::string(name) + "' sleeps");
  }
}

void TestCpuTime() {
  Child spinning(Spin);
  Child sleeping(Sleep);
  ProcessProbe spins;
  ProcessProbe sleeps;
  spins.Open(spinning.pid());
  sleeps.Open(sleeping.pid());
  ok(Until([&] { return sleeps.State() == ProcessState::kSleeping; }), "(one sleeps)");
  const int64_t before = spins.CpuTimeNs();
  const int64_t idle_before = sleeps.CpuTimeNs();
  ok(before >= 0 && idle_before >= 0, "the CPU time of another process can be read");
  ok(Until([&] { return spins.CpuTimeNs() - before > static_cast<int64_t>(20 * kMillisecond); }),
     "of one that computes it grows");
  is(sleeps.CpuTimeNs(), idle_before, "of one that sleeps it does not");
  spinning.Signal(SIGSTOP);
  ok(Until([&] { return spins.State() == ProcessState::kStopped; }), "(stopped)");
  // It is said to be stopped some microseconds before it is off its CPU.
  ok(Until([&] {
       const int64_t stopped = spins.CpuTimeNs();
       usleep(20'000);
       return spins.CpuTimeNs() == stopped;
     }),
     "nor of one that is stopped");
  ProcessProbe own;
  own.Open(getpid());
  const int64_t own_before = own.CpuTimeNs();
  const uint64_t start_ns = NowNs();
  while (own.CpuTimeNs() == own_before && NowNs() < start_ns + 20'000 * kMillisecond) continue;
  ok(own.CpuTimeNs() > own_before, "this process's own is read the same way");
}

void TestNotOpened() {
  const ProcessProbe none;
  ok(none.State() == ProcessState::kUnknown, "without a process nothing is known");
  is(none.CpuTimeNs(), -1, "at all");
  ProcessProbe wrong;
  wrong.Open(-1);
  ok(wrong.State() == ProcessState::kUnknown, "nor of one that cannot be");
}

// ---- what Pace makes of it ----------------------------------------------------------------------

void TestPace() {
  Child spinning(Spin);
  Child sleeping(Sleep);
  ProcessProbe probe;
  probe.Open(sleeping.pid());
  ok(Until([&] { return probe.State() == ProcessState::kSleeping; }), "(one sleeps)");

  Pace blind;
  const uint64_t now_ns = NowNs();
  ok(blind.Judge(false, 0, now_ns) == Tempo::kKeepsUp, "with nothing pending it keeps up");
  ok(blind.Judge(true, now_ns, now_ns) == Tempo::kKeepsUp, "just handed something, too");
  ok(blind.Judge(true, now_ns - 5 * kMillisecond, now_ns) == Tempo::kKeepsUp,
     "without a process to look at, for a while");
  ok(blind.Judge(true, now_ns - 7 * kMillisecond, now_ns) == Tempo::kSilent,
     "and then it is silent");
  ok(blind.Judge(true, now_ns + kMillisecond, now_ns) == Tempo::kKeepsUp,
     "a time that is still to come does no harm");

  Pace computes;
  computes.Watch(spinning.pid());
  const uint64_t handed_ns = NowNs();
  ok(Until([&] { return computes.Judge(true, handed_ns, NowNs()) == Tempo::kBusy; }),
     "one that computes is busy");
  spinning.Signal(SIGSTOP);
  probe.Open(spinning.pid());
  ok(Until([&] { return probe.State() == ProcessState::kStopped; }), "(stopped)");
  const uint64_t again_ns = NowNs();
  ok(Until([&] { return computes.Judge(true, again_ns, NowNs()) == Tempo::kStopped; }),
     "one that is stopped is seen to be");
  ok(computes.Judge(false, again_ns, NowNs()) == Tempo::kKeepsUp,
     "but with nothing pending that does not matter");

  Pace waits;
  waits.Watch(sleeping.pid());
  const uint64_t asleep_ns = NowNs();
  ok(waits.Judge(true, asleep_ns - 4 * kMillisecond, asleep_ns) == Tempo::kKeepsUp,
     "one that sleeps keeps up for a while");
  ok(waits.Judge(true, asleep_ns - 7 * kMillisecond, asleep_ns) == Tempo::kSilent,
     "and then is silent");
  is(waits.UsedNs(asleep_ns), 0, "it computes nothing");
  ok(!waits.IsIdle(NowNs()), "asked for the first time it is not known to be idle");
  ok(Until([&] {
       usleep(1000);
       return waits.IsIdle(NowNs());
     }),
     "and then it is");
  spinning.Signal(SIGCONT);
  ok(blind.IsIdle(NowNs()), "one that cannot be looked at counts as idle");
}

}  // namespace

int main() {
  const int fds_before = CountOpenFds();
  TestStates();
  TestNames();
  TestCpuTime();
  TestNotOpened();
  TestPace();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
