// links: engine receiver channel base uv
// What the engine does when the kernel denies it something, when a process ends, and when a channel
// is full: it goes on as soon as it can, and no connection is lost.
#include <stddef.h>
#include <sys/syscall.h>

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine_bench.h"
#include "raw_worker.h"
#include "tap.h"

namespace {

using rondo::Event;
using rondo::EventType;
using rondo::FrameType;
using rondo::GoneReason;
using rondo::UniqueFd;
using support::Answer;
using support::Ask;
using support::Connect;
using support::CountOpenFds;
using support::EngineBench;
using support::FdLimit;
using support::RawWorker;
using support::Until;
using tap::is;
using tap::ok;
using tap::skip;

void TestProcessExit() {
#ifdef SYS_pidfd_open
  EngineBench bench;
  const int port = bench.AddListener(0);
  RawWorker worker(bench.OpenSlot(0));
  worker.Serve({0});
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return;
  UniqueFd reader(pipe_ends[0]);
  UniqueFd writer(pipe_ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    writer.Reset();
    char byte;
    (void)!read(reader.get(), &byte, 1);
    _exit(0);
  }
  UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  const bool has_pidfd = static_cast<bool>(pidfd);
  if (has_pidfd) bench.engine.WatchProcess(0, 1, std::move(pidfd), child);
  const UniqueFd client = Connect(port);
  ok(Until([&] { return bench.slot(0).handed == 1; }), "(handed to a process)");
  auto other = bench.AddWorker(1);
  writer.Reset();
  waitpid(child, nullptr, 0);
  if (!has_pidfd) return skip("a process that ends", "no pidfd_open here");
  is(Answer(client), 1, "what a process had not received when it ended is served by another");
  Event event;
  ok(bench.WaitFor(EventType::kGone, 0, &event), "without a word from the owner");
  is(event.code, static_cast<int>(GoneReason::kExited), "it has exited");
  is(static_cast<long long>(event.count), 1, "one was taken back");
  bench.engine.RemoveSlot(0, 1, GoneReason::kExited);
  bench.engine.WatchProcess(0, 1, support::NewSocket(), child);
  is(Ask(port), 1, "the owner's word comes late and does no harm");
#else
  skip("a process that ends", "no pidfd_open here");
#endif
}

void TestBrokenListener() {
  EngineBench bench;
  bench.engine.SetState("\3\4\5");
  auto worker = bench.AddWorker(0);
  const int fds_before = CountOpenFds();
  Event event;
  bench.engine.AddListener(3, support::NewSocket());
  ok(bench.WaitFor(EventType::kListenerBroken, 3, &event), "a socket that does not listen");
  is(event.error, EINVAL, "is broken, with the reason");
  bench.engine.AddListener(4, UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)));
  ok(bench.WaitFor(EventType::kListenerBroken, 4, &event), "so is a file");
  ok(Until([&] { return CountOpenFds() == fds_before; }), "both are closed");
  support::Door door = support::OpenDoor();
  bench.engine.AddListener(5, std::move(door.fd));
  is(Ask(door.port), 0, "others are served");
}

void TestAcceptWithoutFds() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  auto worker = bench.AddWorker(0);
  const UniqueFd client = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = support::Loopback(port);
  Event event;
  {
    const FdLimit limit(0);
    const int result =
        connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    is(result, 0, "out of fds, clients can connect");
    ok(bench.WaitFor(EventType::kAcceptError, 0, &event), "the failing accept is told");
    is(event.error, EMFILE, "with the reason");
    ok(Until([&] { return bench.listener(0).accept_errors.count(0) >= 2; }), "it is tried again");
    ok(bench.listener(0).accept_errors.count(0) < 100, "after a pause");
    ok(!support::IsAnswered(client), "the client waits");
  }
  const timeval limit = {support::kTimeoutSeconds, 0};
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  is(Answer(client), 0, "and is served when there are fds again");
  is(bench.listener(0).accept_errors.code(0), EMFILE, "the code is counted");
}

void TestReturnedWithoutFds() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  RawWorker full(bench.OpenSlot(0));
  full.Serve({0});
  const UniqueFd client = Connect(port);
  full.Receive();
  auto well = bench.AddWorker(1);
  {
    const FdLimit limit(0);
    full.GiveBack(1);
    usleep(200000);
    is(static_cast<long long>(bench.slot(0).refused), 0, "out of fds, what comes back is not read");
    ok(!support::IsAnswered(client), "nor lost");
  }
  full.connections().clear();
  is(Answer(client), 1, "and with fds again it is dealt to another");
  is(static_cast<long long>(bench.slot(0).refused), 1, "and counted");
}

// What it sent back is not lost with the worker, or with its slot.
void TestReturnedAndGone(GoneReason reason) {
  const int fds_before = CountOpenFds();
  {
    EngineBench bench;
    const int port = bench.AddListener(0);
    RawWorker full(bench.OpenSlot(0));
    full.Serve({0});
    const UniqueFd client = Connect(port);
    full.Receive();
    auto well = bench.AddWorker(1);
    {
      // So that it is unread when the slot goes.
      const FdLimit limit(0);
      full.GiveBack(1);
      bench.engine.RemoveSlot(0, 1, reason);
      usleep(100000);
      ok(!support::IsAnswered(client), "(it waits)");
    }
    full.connections().clear();
    is(Answer(client), 1, "what a worker sent back before it was gone is dealt to another");
    is(static_cast<long long>(bench.slot(0).refused), 1, "and counted");
    ok(bench.WaitFor(EventType::kGone, 0), "and only then it is gone");
  }
  is(CountOpenFds(), fds_before, "no fd is left");
}

// A worker reads about a window at a time, so it has to know when that changes.
void TestNextWindow() {
  EngineBench bench({{2, 0}, 0});
  RawWorker worker(bench.OpenSlot(0));
  worker.Serve({});
  is(worker.window(), 2, "(a worker knows its window)");
  bench.engine.Configure({{2, 0}, 50});
  bench.engine.Configure({{5, 9}, 50});
  ok(worker.ReadUntil(FrameType::kWelcome), "it is told of another");
  is(worker.window(), 9, "and of that only, by the larger of the two");
}

// The buffer of a channel is smaller than was thought, and the worker sends no credit: what found
// no room is tried again soon.
void TestFullChannel() {
  EngineBench bench({{100, 0}, 0});
  const int port = bench.AddListener(0);
  rondo::FdPair channel;
  rondo::OpenSocketPair(&channel);
  const UniqueFd primary_end(fcntl(channel.first.get(), F_DUPFD_CLOEXEC, 0));
  RawWorker worker(UniqueFd(fcntl(channel.second.get(), F_DUPFD_CLOEXEC, 0)));
  bench.engine.AddSlot(0, 1, std::move(channel));
  worker.Serve({0});
  bench.WaitFor(EventType::kServing, 0);
  const int small = 1;
  setsockopt(primary_end.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
  constexpr size_t kCount = 60;
  constexpr size_t kRounds = 5;
  using Clock = std::chrono::steady_clock;
  // Of an empty channel for the next frame: the longest of each round.
  std::vector<Clock::duration> waits;
  size_t full = 0;
  for (size_t round = 1; round <= kRounds; round++) {
    std::vector<UniqueFd> clients;
    const uint64_t before = bench.slot(0).handoff_errors.count(0);
    // One by one, for several in a frame would need less.
    const auto is_full = [&] { return bench.slot(0).handoff_errors.count(0) > before; };
    for (size_t i = 0; i < kCount; i++) {
      clients.push_back(Connect(port));
      Until(
          [&] { return bench.slot(0).handed == worker.connections().size() + i + 1 || is_full(); });
    }
    if (is_full()) full++;
    Clock::duration longest{};
    while (worker.connections().size() < kCount * round) {
      const auto start = Clock::now();
      if (!worker.Receive()) break;
      longest = std::max(longest, Clock::now() - start);
      while (worker.Read(0) != 0) continue;
      worker.page()->received = static_cast<uint32_t>(worker.connections().size());
    }
    waits.push_back(longest);
  }
  is(static_cast<long long>(full), static_cast<long long>(kRounds), "(a channel is full)");
  is(bench.slot(0).handoff_errors.code(0), EAGAIN, "which is counted");
  is(static_cast<long long>(worker.connections().size()), static_cast<long long>(kCount * kRounds),
     "as fast as the worker reads, all come through");
  std::sort(waits.begin(), waits.end());
  ok(waits[kRounds / 2] < std::chrono::milliseconds(25), "and not only each 50 ms");
  bench.Settle();
  is(bench.Seen(EventType::kHandOffError) + bench.Seen(EventType::kGone), 0,
     "a full channel is no error");
}

// unix(7): the fds in flight of a user without privileges are limited.
void TestTooManyInFlight() {
  const char* const name = "with too many fds in flight, hand-off goes on when there are fewer";
  constexpr int kSkipped = 255;
  const int code = support::InChild([] {
    // A user that has nothing in flight.
    const uid_t nobody = 70'000 + static_cast<uid_t>(getpid());
    if (geteuid() != 0 || setuid(nobody) != 0) return kSkipped;
    const rlimit low = {64, 64};
    if (setrlimit(RLIMIT_NOFILE, &low) != 0) return 1;
    EngineBench bench({{200, 0}, 0});
    const int port = bench.AddListener(0);
    RawWorker worker(bench.OpenSlot(0));
    worker.Serve({0});
    if (!bench.WaitFor(EventType::kServing, 0)) return 2;
    // They are gone when they are received, and are connections even so.
    constexpr uint64_t kCount = 90;
    const auto is_short = [&] { return bench.slot(0).handoff_errors.count(0) > 0; };
    for (uint64_t i = 0; i < kCount; i++) {
      Connect(port).Reset();
      Until([&] { return bench.slot(0).handed == i + 1 || is_short(); });
    }
    Event event;
    if (!bench.WaitFor(EventType::kHandOffError, 0, &event)) return 3;
    if (event.error != ETOOMANYREFS) return 4;
    uint64_t received = 0;
    while (received < kCount) {
      if (!worker.Receive()) return 5;
      received += worker.connections().size();
      worker.connections().clear();
    }
    return bench.slot(0).handed == kCount ? 0 : 6;
  });
  if (code == kSkipped) return skip(name, "cannot become another user here");
  is(code, 0, name);
}

// A filter of the system that forbids accept(2) says EPERM, as a firewall does of one connection,
// and leaves the connection where it is.
void TestAcceptForbidden() {
#ifdef __linux__
  const std::string name = "accept(2) that is forbidden is not tried without end";
  constexpr int kSkipped = 77;
  const int code = support::InChild([] {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_accept4, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program = {4, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return kSkipped;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return kSkipped;
    EngineBench bench;
    const int port = bench.AddListener(0);
    auto worker = bench.AddWorker(0);
    const UniqueFd client = Connect(port);
    const auto tried = [&] { return bench.listener(0).accept_errors.count(0); };
    if (!Until([&] { return tried() > 0; })) return 1;
    usleep(200'000);
    if (tried() > 1000) return 2;
    return bench.WaitFor(EventType::kAcceptError, 0) ? 0 : 3;
  });
  if (code == kSkipped) return skip(name, "cannot be forbidden here");
  is(code, 0, name);
#endif
}

// A worker that reads nothing fills its channel with what it should know.
void TestStateToSlowWorker() {
  EngineBench bench;
  RawWorker slow(bench.OpenSlot(0));
  slow.Serve({});
  std::string last;
  for (int i = 0; i < 1000; i++) {
    last = "state " + std::to_string(i) + std::string(4000, '.');
    bench.engine.SetState(last);
  }
  ok(Until([&] {
       while (slow.Read(0) != 0) continue;
       return slow.state() == last;
     }),
     "a worker that reads late finds the newest state in the end");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestProcessExit();
  TestBrokenListener();
  TestAcceptWithoutFds();
  TestReturnedWithoutFds();
  TestReturnedAndGone(GoneReason::kExited);
  TestReturnedAndGone(GoneReason::kClosed);
  TestFullChannel();
  TestTooManyInFlight();
  TestAcceptForbidden();
  TestStateToSlowWorker();
  TestNextWindow();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
