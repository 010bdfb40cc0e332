// links: base/loop.cc base/fd_passing.cc
// The loop of the engine's thread: watches, timers and being woken. loop_poll_test.cc is the same
// for poll(2).
#include "base/loop.h"

#include <errno.h>
#include <sys/eventfd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "support.h"
#include "tap.h"

namespace {

using rondo::kMillisecond;
using rondo::kSecond;
using rondo::Loop;
using rondo::NowNs;
using rondo::Timer;
using rondo::UniqueFd;
using rondo::Watch;
using support::CountOpenFds;
using tap::is;
using tap::ok;

// A loop that ends by itself, should a test not end it.
struct Bench {
  Loop loop;
  Timer limit;
  bool is_late = false;
  std::function<void()> on_wake = [] {};

  Bench() {
    is(loop.Open(this, [](void* bench) { static_cast<Bench*>(bench)->on_wake(); }), 0, "(a loop)");
    limit.Open(&loop, this, [](void* data) {
      Bench* const bench = static_cast<Bench*>(data);
      bench->is_late = true;
      bench->loop.Stop();
    });
    limit.Start(20 * kSecond, NowNs());
  }
};

// A watch of an eventfd that is readable when Fill() says so.
struct Source {
  UniqueFd fd{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  Watch watch;
  std::function<void()> on_readable;
  int calls = 0;

  int Open(Loop* loop, std::function<void()> callback) {
    on_readable = std::move(callback);
    return watch.Open(loop, fd.get(), this, [](void* data) {
      Source* const source = static_cast<Source*>(data);
      source->calls++;
      source->on_readable();
    });
  }
  void Fill() {
    const uint64_t one = 1;
    (void)!write(fd.get(), &one, sizeof(one));
  }
  void Empty() {
    uint64_t value;
    (void)!read(fd.get(), &value, sizeof(value));
  }
};

struct Alarm {
  Timer timer;
  std::function<void()> on_due;
  int calls = 0;

  explicit Alarm(Loop* loop) {
    is(timer.Open(loop, this,
                  [](void* data) {
                    Alarm* const alarm = static_cast<Alarm*>(data);
                    alarm->calls++;
                    alarm->on_due();
                  }),
       0, "(a timer)");
  }
};

// ---- watches ------------------------------------------------------------------------------------

void TestReadable() {
  Bench bench;
  Source source;
  is(source.Open(&bench.loop,
                 [&] {
                   if (source.calls < 3) return;
                   source.Empty();
                   bench.loop.Stop();
                 }),
     0, "a watch opens");
  source.Fill();
  bench.loop.Run();
  is(source.calls, 3, "it is called again and again as long as its fd is readable");
  ok(!bench.is_late, "and in time");
  ok(bench.loop.wake_ups() >= 3, "each time the loop goes on is counted");
}

void TestPause() {
  Bench bench;
  Source paused;
  Source other;
  paused.Open(&bench.loop, [&] {
    paused.Empty();
    bench.loop.Stop();
  });
  other.Open(&bench.loop, [&] {
    if (other.calls == 1) paused.Fill();
    if (other.calls < 20) return;
    other.Empty();
    is(paused.calls, 0, "a paused watch is not called though its fd is readable");
    ok(paused.watch.IsPaused(), "(it is paused)");
    paused.watch.Resume();
    paused.watch.Resume();
  });
  paused.watch.Pause();
  paused.watch.Pause();
  other.Fill();
  bench.loop.Run();
  is(paused.calls, 1, "resumed, it is");
  ok(!bench.is_late, "and in time");
}

// What is left unread is told of once, but what comes then is, and the end.
void TestEdge() {
  Bench bench;
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
  Watch watch;
  Alarm resume(&bench.loop);
  struct Seen {
    Loop* loop;
    int other;
    int calls = 0;
  } seen = {&bench.loop, pair[1]};
  const auto on_readable = [](void* data) {
    Seen* const seen = static_cast<Seen*>(data);
    seen->calls++;
    if (seen->calls == 1) (void)!write(seen->other, "b", 1);
    if (seen->calls == 2) shutdown(seen->other, SHUT_WR);
    if (seen->calls == 3) seen->loop->Stop();
  };
  is(watch.Open(&bench.loop, pair[0], &seen, on_readable, rondo::Trigger::kEdge), 0,
     "a watch for edges opens");
  // Where there are none it is paused, and looked at again by its owner.
  resume.on_due = [&] {
    if (rondo::kHasEdges) return;
    watch.Resume();
    resume.timer.Start(rondo::kMillisecond, rondo::NowNs());
  };
  resume.timer.Start(rondo::kMillisecond, rondo::NowNs());
  (void)!write(pair[1], "a", 1);
  bench.loop.Run();
  is(seen.calls, 3, "it is called for each arrival, and for the end");
  ok(!bench.is_late, "and in time");
  watch.Close();
  close(pair[0]);
  close(pair[1]);
}

// An error is told of an fd whether or not anybody wants to hear it.
void TestPausedHangUp() {
  Bench bench;
  int pair[2];
  socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
  const UniqueFd own(pair[0]);
  UniqueFd other(pair[1]);
  struct Ends {
    Loop* loop;
    int calls = 0;
  } ends = {&bench.loop};
  Watch watch;
  watch.Open(&bench.loop, own.get(), &ends, [](void* data) {
    static_cast<Ends*>(data)->calls++;
    static_cast<Ends*>(data)->loop->Stop();
  });
  watch.Pause();
  other.Reset();
  Alarm alarm(&bench.loop);
  const uint64_t before = bench.loop.wake_ups();
  alarm.on_due = [&] {
    is(ends.calls, 0, "a paused watch is not told that the other end is closed");
    ok(bench.loop.wake_ups() - before < 10, "and does not keep the loop busy");
    watch.Resume();
  };
  alarm.timer.Start(30 * kMillisecond, NowNs());
  bench.loop.Run();
  is(ends.calls, 1, "resumed, it is");
}

// Both are readable in one turn, and the first closes the second, or itself.
void TestCloseWithin() {
  Bench bench;
  auto first = std::make_unique<Source>();
  auto second = std::make_unique<Source>();
  int calls = 0;
  const auto close_other = [&](std::unique_ptr<Source>* other) {
    calls++;
    other->reset();
    bench.loop.Stop();
  };
  first->Open(&bench.loop, [&] { close_other(&second); });
  second->Open(&bench.loop, [&] { close_other(&first); });
  first->Fill();
  second->Fill();
  bench.loop.Run();
  is(calls, 1, "a watch that another one closed is not called any more in that turn");

  Bench again;
  Source itself;
  itself.Open(&again.loop, [&] {
    itself.watch.Close();
    itself.watch.Close();
    again.loop.Stop();
  });
  itself.Fill();
  again.loop.Run();
  is(itself.calls, 1, "a watch can close itself, and twice");
  ok(!itself.watch.IsOpen(), "(it is closed)");
  is(itself.Open(&again.loop, [] {}), 0, "and be opened again");
}

void TestOpenWithin() {
  Bench bench;
  std::vector<std::unique_ptr<Source>> sources;
  const std::function<void()> add = [&] {
    sources.back()->Empty();
    if (sources.size() == 100) return bench.loop.Stop();
    sources.push_back(std::make_unique<Source>());
    sources.back()->Open(&bench.loop, add);
    sources.back()->Fill();
  };
  sources.push_back(std::make_unique<Source>());
  sources.back()->Open(&bench.loop, add);
  sources.back()->Fill();
  bench.loop.Run();
  is(static_cast<long long>(sources.size()), 100, "watches are opened within callbacks");
  ok(!bench.is_late, "and called");
}

#ifdef RONDO_LOOP_EPOLL
// epoll(7) takes no files; that is said, and the process goes on.
void TestCannotWatch() {
  Bench bench;
  Watch watch;
  const UniqueFd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const auto ignore = [](void*) {};
  is(watch.Open(&bench.loop, file.get(), nullptr, ignore), -EPERM,
     "a regular file is no fd to watch");
  ok(!watch.IsOpen(), "and is not watched");
  is(watch.Open(&bench.loop, -1, nullptr, ignore), -EBADF, "nor is no fd");
  watch.Pause();
  watch.Resume();
  watch.Close();
  Source source;
  is(source.Open(&bench.loop, [&] { bench.loop.Stop(); }), 0, "(another one)");
  Watch twice;
  is(twice.Open(&bench.loop, source.fd.get(), nullptr, ignore), -EEXIST, "the same fd twice");
  source.Fill();
  bench.loop.Run();
  is(source.calls, 1, "the others are watched on");
}
#endif

// ---- timers -------------------------------------------------------------------------------------

void TestTimers() {
  Bench bench;
  Alarm early(&bench.loop);
  Alarm late(&bench.loop);
  std::string order;
  const uint64_t start_ns = NowNs();
  uint64_t early_ns = 0;
  early.on_due = [&] {
    order += "early ";
    early_ns = NowNs();
    ok(!early.timer.IsRunning(), "a timer that is due does not run");
  };
  late.on_due = [&] {
    order += "late";
    bench.loop.Stop();
  };
  late.timer.Start(60 * kMillisecond, start_ns);
  early.timer.Start(20 * kMillisecond, start_ns);
  ok(early.timer.IsRunning() && late.timer.IsRunning(), "timers run");
  bench.loop.Run();
  is(order, "early late", "the earlier one is due before the later");
  ok(early_ns - start_ns >= 20 * kMillisecond, "and not before its time");
  ok(NowNs() - start_ns >= 60 * kMillisecond, "(nor that)");
  is(early.calls + late.calls, 2, "once each");
}

void TestEarlierAndLater() {
  Bench bench;
  Alarm alarm(&bench.loop);
  const uint64_t start_ns = NowNs();
  uint64_t due_ns = 0;
  alarm.on_due = [&] {
    due_ns = NowNs();
    bench.loop.Stop();
  };
  alarm.timer.Start(10 * kSecond, start_ns);
  alarm.timer.Start(10 * kMillisecond, start_ns);
  alarm.timer.Start(15 * kSecond, start_ns);
  bench.loop.Run();
  ok(due_ns - start_ns >= 10 * kMillisecond && due_ns - start_ns < 9 * kSecond,
     "started twice, it is due at the earlier time");
}

void TestStopTimer() {
  Bench bench;
  Alarm stopped(&bench.loop);
  Alarm other(&bench.loop);
  stopped.on_due = [] {};
  const uint64_t start_ns = NowNs();
  stopped.timer.Start(5 * kMillisecond, start_ns);
  stopped.timer.Stop();
  stopped.timer.Stop();
  ok(!stopped.timer.IsRunning(), "a stopped timer does not run");
  other.on_due = [&] {
    // Started again, it runs for its new time.
    if (other.calls == 1) {
      stopped.timer.Start(10 * kMillisecond, NowNs());
      other.timer.Start(60 * kMillisecond, NowNs());
      return;
    }
    bench.loop.Stop();
  };
  other.timer.Start(40 * kMillisecond, start_ns);
  bench.loop.Run();
  is(stopped.calls, 1, "and is due once it was started again, and not before");
}

// At once, from within itself, and closed by another that is due in the same turn.
void TestTimerWithin() {
  Bench bench;
  Alarm again(&bench.loop);
  again.on_due = [&] {
    if (again.calls == 50) return bench.loop.Stop();
    again.timer.Start(0, NowNs());
  };
  again.timer.Start(0, NowNs());
  bench.loop.Run();
  is(again.calls, 50, "a timer for at once is due, and can be started in its own callback");

  Bench both;
  auto first = std::make_unique<Alarm>(&both.loop);
  auto second = std::make_unique<Alarm>(&both.loop);
  int calls = 0;
  const auto close_other = [&](std::unique_ptr<Alarm>* other) {
    calls++;
    other->reset();
    both.loop.Stop();
  };
  first->on_due = [&] { close_other(&second); };
  second->on_due = [&] { close_other(&first); };
  const uint64_t start_ns = NowNs();
  first->timer.Start(kMillisecond, start_ns);
  second->timer.Start(kMillisecond, start_ns);
  while (NowNs() < start_ns + 3 * kMillisecond) continue;
  both.loop.Run();
  is(calls, 1, "one that another closes in the same turn is not due any more");

  Timer closed;
  closed.Start(0, NowNs());
  ok(!closed.IsRunning(), "one that was never opened does not run");
  closed.Stop();
  closed.Close();
}

// A timer that was due already and is stopped before its turn.
void TestStopWhenDue() {
  Bench bench;
  Alarm late(&bench.loop);
  Alarm end(&bench.loop);
  Source source;
  late.on_due = [] {};
  end.on_due = [&] { bench.loop.Stop(); };
  source.Open(&bench.loop, [&] {
    source.Empty();
    const uint64_t now_ns = NowNs();
    late.timer.Start(0, now_ns);
    while (NowNs() < now_ns + kMillisecond) continue;
    late.timer.Stop();
    end.timer.Start(20 * kMillisecond, NowNs());
  });
  source.Fill();
  bench.loop.Run();
  is(late.calls, 0, "a timer that is stopped when it is due already is not called");
}

// ---- waking
// ---------------------------------------------------------------------------------------

void TestWake() {
  Bench bench;
  std::atomic<int> woken{0};
  bench.on_wake = [&] {
    if (++woken == 200) bench.loop.Stop();
  };
  std::thread other([&] {
    for (int i = 0; i < 200; i++) {
      bench.loop.Wake();
      // Several calls may be answered by one, so the next one waits for the answer.
      while (woken <= i) std::this_thread::yield();
    }
  });
  bench.loop.Run();
  other.join();
  is(woken, 200, "another thread wakes it");
  ok(!bench.is_late, "each time");
  ok(bench.loop.wake_ups() <= 200, "and it goes on no more often than it is woken");

  Bench many;
  int wakes = 0;
  many.on_wake = [&] {
    wakes++;
    many.loop.Stop();
  };
  for (int i = 0; i < 100'000; i++) many.loop.Wake();
  many.loop.Run();
  is(wakes, 1, "any number of calls before it waits are one");
}

void TestWithoutFds() {
  for (int free = 0; free < 3; free++) {
    const support::FdLimit limit(free);
    Loop loop;
    Timer timer;
    int result = loop.Open(nullptr, [](void*) {});
    if (result == 0) result = timer.Open(&loop, nullptr, [](void*) {});
    ok(result == 0 || result == -EMFILE, "without the fds it needs it says so");
    timer.Start(0, NowNs());
  }
}

}  // namespace

int main() {
  const int fds_before = CountOpenFds();
  TestReadable();
  TestPause();
  TestPausedHangUp();
  TestEdge();
  TestCloseWithin();
  TestOpenWithin();
#ifdef RONDO_LOOP_EPOLL
  TestCannotWatch();
#endif
  TestTimers();
  TestEarlierAndLater();
  TestStopTimer();
  TestTimerWithin();
  TestStopWhenDue();
  TestWake();
  TestWithoutFds();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
