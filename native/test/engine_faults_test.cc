// links: engine receiver channel base uv
// What the engine does about workers
// that stand still, refuse, die or break the protocol, and about what the kernel denies it. The
// other workers go on, and no client hangs.
#include <poll.h>
#include <sys/syscall.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine_bench.h"
#include "tap.h"

namespace {

using rondo::BoardMapping;
using rondo::Connection;
using rondo::Event;
using rondo::EventType;
using rondo::Frame;
using rondo::FrameType;
using rondo::GoneReason;
using rondo::kMaxFrame;
using rondo::ReadResult;
using rondo::UniqueFd;
using rondo::Welcome;
using support::Answer;
using support::Ask;
using support::Conduct;
using support::Connect;
using support::CountOpenFds;
using support::Crowd;
using support::EngineBench;
using support::FdLimit;
using support::kClosed;
using support::Until;
using tap::is;
using tap::ok;
using tap::skip;

// A worker played by hand, which can do what none should.
class RawWorker {
 public:
  explicit RawWorker(UniqueFd channel) : channel_(std::move(channel)) {}

  int channel() const { return channel_.get(); }
  rondo::BoardRow* row() { return board_.row(slot_); }
  uint32_t window() const { return window_; }
  const std::string& state() const { return state_; }
  std::vector<Connection>& connections() { return connections_; }

  // Reads one frame and keeps what it says; its type, or 0 if none comes within `wait_ms`.
  int Read(int wait_ms = 1000 * support::kTimeoutSeconds) {
    pollfd fd = {channel_.get(), POLLIN, 0};
    if (poll(&fd, 1, wait_ms) != 1) return 0;
    Frame frame;
    int error = 0;
    if (ReadFrame(channel_.get(), buffer_.get(), &frame, &error) != ReadResult::kFrame) return 0;
    Welcome welcome;
    if (frame.type == FrameType::kWelcome && ParseWelcome(frame, &welcome)) {
      if (!board_) board_.Map(frame.fds[0].get());
      slot_ = welcome.slot;
      window_ = welcome.window;
    }
    if (frame.type == FrameType::kState) state_.assign(frame.body, frame.length);
    if (frame.type == FrameType::kConnections) ParseConnections(&frame, &connections_);
    return static_cast<int>(frame.type);
  }

  bool ReadUntil(FrameType type) {
    for (int read = -1; read != 0;) {
      read = Read();
      if (read == static_cast<int>(type)) return true;
    }
    return false;
  }

  void Send(const std::string& frame, const std::vector<int>& fds = {}) {
    rondo::SendFds(channel_.get(), fds.data(), fds.size(), frame.data(), frame.size());
  }

  // Says hello and serves those listeners.
  void Serve(const std::vector<uint16_t>& listeners) {
    rondo::SendHello(channel_.get());
    ReadUntil(FrameType::kState);
    rondo::SendServing(channel_.get(), listeners.data(), listeners.size());
  }

 private:
  const UniqueFd channel_;
  const std::unique_ptr<char[]> buffer_{new char[kMaxFrame]};
  BoardMapping board_;
  uint32_t slot_ = 0;
  uint32_t window_ = 0;
  std::string state_;
  std::vector<Connection> connections_;
};

// Sends the first it has received back, that many times.
void GiveBack(RawWorker* worker, int times) {
  for (int i = 0; i < times; i++) {
    SendSignal(worker->channel(), FrameType::kRefused);
    SendReturned(worker->channel(), worker->connections()[0]);
  }
}

// ---- workers that stand still ---------------------------------------------------------------

void TestStuckWorker() {
  EngineBench bench({2, 50});
  const int port = bench.AddListener(0);
  auto stuck = bench.AddWorker(0);
  auto well = bench.AddWorker(1);
  stuck->Stop();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; i++) clients.push_back(Connect(port));
  int served = 0;
  for (const UniqueFd& client : clients) served += Answer(client) == 1;
  is(served, 20, "what a worker does not receive is served by another");
  Event event;
  ok(bench.WaitFor(EventType::kTakenBack, 0, &event), "it says that it took them back");
  is(static_cast<long long>(event.count), 2, "a window of them");
  is(static_cast<long long>(bench.slot(0).reclaimed), 2, "counts them");
  is(static_cast<long long>(bench.listener(0).redealt), 2, "and that they were dealt again");
  Crowd crowd(port, 100);
  crowd.Wait();
  is(crowd.served, 100, "then the stuck one gets none");
  is(static_cast<long long>(bench.slot(0).handed), 2, "not one");
  stuck->Go();
  ok(Until([&] { return Ask(port) == 0; }), "until it receives again");
}

// Long before it counts as stuck.
void TestBusyWorker() {
  EngineBench bench({2, 3'600'000});
  const int port = bench.AddListener(0);
  auto busy = bench.AddWorker(0);
  auto other = bench.AddWorker(1);
  busy->Stop();
  other->Stop();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 6; i++) clients.push_back(Connect(port));
  const auto pending = [&bench](uint16_t id) {
    return bench.row(id)->handed - bench.row(id)->received;
  };
  ok(Until([&] { return pending(0) == 2 && pending(1) == 2; }), "(both have a window)");
  other->Go();
  int served = 0;
  for (const UniqueFd& client : clients) served += Answer(client) == 1;
  is(served, 6, "as soon as one has nothing to do, it has what the other was handed");
  is(static_cast<long long>(bench.slot(0).reclaimed), 2, "which is counted");
  is(static_cast<long long>(bench.slot(1).reclaimed), 0, "it keeps its own");
  Crowd crowd(port, 100);
  crowd.Wait();
  is(crowd.served, 100, "it has all that come");
  is(static_cast<long long>(bench.slot(0).handed), 2, "and the other none");
  busy->Go();
  ok(Until([&] { return Ask(port) == 0; }), "until that has time");
  bench.engine.RemoveListener(0);
  ok(bench.WaitFor(EventType::kListenerClosed), "(all events until then)");
  is(bench.Seen(EventType::kTakenBack), 0, "nobody is told of it");
}

void TestStuckForGood() {
  EngineBench bench({2, 0});
  const int port = bench.AddListener(0);
  auto stuck = bench.AddWorker(0);
  auto well = bench.AddWorker(1);
  stuck->Stop();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; i++) clients.push_back(Connect(port));
  const auto answered = [&clients] {
    int count = 0;
    for (const UniqueFd& client : clients) count += support::IsAnswered(client);
    return count;
  };
  ok(Until([&] { return answered() == 18; }), "where nothing is taken back, the others are served");
  usleep(150000);
  is(answered(), 18, "and its window waits");
  bench.engine.RemoveSlot(0, 1, GoneReason::kExited);
  int served = 0;
  for (const UniqueFd& client : clients) served += Answer(client) == 1;
  is(served, 20, "until it is gone");
  Event event;
  ok(bench.WaitFor(EventType::kGone, 0, &event), "which is said");
  is(static_cast<long long>(event.count), 2, "with what was taken back");
  stuck->Go();
}

void TestNobodyElse() {
  EngineBench bench({2, 50});
  const int port = bench.AddListener(0);
  auto stuck = bench.AddWorker(0);
  stuck->Stop();
  const UniqueFd client = Connect(port);
  ok(Until([&] { return bench.slot(0).handed == 1; }), "(handed to a worker that stands still)");
  usleep(200000);
  is(static_cast<long long>(bench.slot(0).reclaimed), 0, "nobody else could take it, so it stays");
  stuck->Go();
  is(Answer(client), 0, "and is served when the worker goes on");
}

void TestMuteWorker() {
  EngineBench bench({2, 50});
  const int port = bench.AddListener(0);
  RawWorker mute(bench.OpenSlot(0));
  RawWorker idle(bench.OpenSlot(1));
  rondo::SendHello(idle.channel());
  auto well = bench.AddWorker(2);
  Crowd crowd(port, 100);
  crowd.Wait();
  is(crowd.served, 100, "a worker that says nothing, or serves nothing, delays nobody");
  is(static_cast<long long>(bench.slot(0).handed + bench.slot(1).handed), 0, "and gets nothing");
}

// ---- workers that refuse --------------------------------------------------------------------

void TestRefusedByAll() {
  const int fds_before = CountOpenFds();
  {
    EngineBench bench;
    const int port = bench.AddListener(0);
    std::vector<std::unique_ptr<support::WorkerThread>> workers;
    for (uint16_t id = 0; id < 3; id++) workers.push_back(bench.AddWorker(id, Conduct::kRefuse));
    constexpr int kCount = 200;
    Crowd crowd(port, kCount);
    crowd.Wait();
    is(crowd.closed, kCount, "what every worker refuses is closed");
    ok(Until([&] { return bench.listener(0).closed == kCount; }), "and counted");
    long long refused = 0;
    int finals = 0;
    for (uint16_t id = 0; id < 3; id++) {
      refused += static_cast<long long>(bench.slot(id).refused);
      finals += workers[id]->finals;
    }
    is(refused, 3 * kCount, "each was asked once");
    is(finals, kCount, "and the last was told that it is");
    is(static_cast<long long>(bench.listener(0).redealt), 2 * kCount, "dealt twice more");
    is(static_cast<long long>(bench.engine.shared().engine.waiting), 0, "none waits");
  }
  is(CountOpenFds(), fds_before, "no fd is left");
}

void TestRefusedByOne() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  auto full = bench.AddWorker(0, Conduct::kRefuse);
  auto well = bench.AddWorker(1);
  Crowd crowd(port, 300);
  crowd.Wait();
  is(crowd.served, 300, "what one worker refuses is served by another");
  ok(bench.slot(0).refused > 0, "(it refused some)");
  is(static_cast<long long>(bench.listener(0).closed), 0, "none is closed");
  full->Behave(Conduct::kServe);
  ok(Until([&] { return Ask(port) == 0; }), "and it gets more, should it take them");
}

// A worker that refuses because it has closed its server says so as well.
void TestRefusedByTheOnlyOne() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  RawWorker worker(bench.OpenSlot(0));
  worker.Serve({0});
  const UniqueFd client = Connect(port);
  ok(worker.ReadUntil(FrameType::kConnections), "(a worker receives)");
  worker.row()->received++;
  rondo::SendServing(worker.channel(), nullptr, 0);
  SendSignal(worker.channel(), FrameType::kRefused);
  SendReturned(worker.channel(), worker.connections()[0]);
  worker.connections().clear();
  ok(Until([&] { return bench.slot(0).refused == 1; }), "and gives back, serving nothing");
  ok(!support::IsAnswered(client), "then the client waits");
  auto next = bench.AddWorker(1);
  is(Answer(client), 1, "for the next worker");
}

void TestListenerGone() {
  EngineBench bench;
  const int port = bench.AddListener(7);
  RawWorker worker(bench.OpenSlot(0));
  worker.Serve({7});
  const UniqueFd client = Connect(port);
  ok(worker.ReadUntil(FrameType::kConnections), "(a worker receives)");
  worker.row()->received++;
  bench.RemoveListener(7);
  rondo::SendServing(worker.channel(), nullptr, 0);
  bench.WaitFor(EventType::kServing, 0);
  GiveBack(&worker, 1);
  worker.connections().clear();
  is(Answer(client), kClosed, "what comes back to a listener that is gone is closed");
  ok(Until([&] { return bench.listener(7).closed == 1; }), "and counted");
  is(static_cast<long long>(bench.engine.shared().engine.waiting), 0, "and does not wait");
}

// One worker was full for a moment, the other stands still: who waits for the second alone would
// wait for ever.
void TestRefusedAndStuck() {
  EngineBench bench({1, 50});
  const int port = bench.AddListener(0);
  auto full = bench.AddWorker(0, Conduct::kRefuse);
  auto stuck = bench.AddWorker(1);
  stuck->Stop();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 4; i++) clients.push_back(Connect(port));
  ok(Until([&] { return bench.slot(0).refused >= 1 && bench.slot(1).reclaimed >= 1; }),
     "(one worker refuses, the other stands still)");
  full->Behave(Conduct::kServe);
  int hung = 0;
  for (const UniqueFd& client : clients) hung += Answer(client) == support::kHangs;
  is(hung, 0, "no client waits for a worker that stands still, when another has room again");
  stuck->Go();
}

// Each connection is refused by one worker and waits for another, which receives nothing and from
// which nothing is taken back.
void TestCrowd() {
  constexpr long long kCount = 1500;
  // Two for each client, should all be accepted.
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 2 * kCount + 100) return skip("a crowd", "it needs more fds");
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  EngineBench bench({2, 0});
  const int port = bench.AddListener(0);
  const int other_port = bench.AddListener(1);
  auto full = bench.AddWorker(0, Conduct::kRefuse);
  auto stuck = bench.AddWorker(1);
  auto other = bench.AddWorker(2);
  full->Serve({0});
  stuck->Serve({0});
  other->Serve({1});
  for (uint32_t id = 0; id < 3; id++) bench.WaitFor(EventType::kServing, id);
  stuck->Stop();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < kCount; i++) clients.push_back(Connect(port));
  const auto waiting = [&] { return static_cast<long long>(bench.engine.shared().engine.waiting); };
  ok(Until([&] { return waiting() >= 256; }), "many wait for a worker that stands still");
  const uint64_t before = bench.slot(0).refused;
  ok(Until([&] { return bench.slot(0).refused >= before + 100; }),
     "the one that refuses is asked again and again");
  ok(bench.listener(0).accepted < kCount, "meanwhile no more are accepted");
  is(Ask(other_port), 2, "but for other listeners");
  full->Behave(Conduct::kServe);
  const auto answered = [&] {
    return std::count_if(clients.begin(), clients.end(), support::IsAnswered);
  };
  ok(Until([&] { return answered() >= kCount - 128 - 2; }), "when it takes them they go on");
  stuck->Go();
  ok(Until([&] { return answered() == kCount; }), "and none is lost");
  is(static_cast<long long>(bench.listener(0).closed), 0, "or closed");
}

// ---- workers that die -----------------------------------------------------------------------

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
  if (has_pidfd) bench.engine.WatchProcess(0, 1, std::move(pidfd));
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
  bench.engine.WatchProcess(0, 1, support::NewSocket());
  is(Ask(port), 1, "the owner's word comes late and does no harm");
#else
  skip("a process that ends", "no pidfd_open here");
#endif
}

// ---- workers that break the protocol --------------------------------------------------------

using Crime = void (*)(RawWorker* worker);

struct Case {
  const char* name;
  Crime crime;
  GoneReason reason;
};

std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text += static_cast<char>(byte);
  return text;
}

void Receive(RawWorker* worker) { worker->ReadUntil(FrameType::kConnections); }

const Case kCases[] = {
    {"garbage", [](RawWorker* one) { one->Send("garbage"); }, GoneReason::kBadFrame},
    {"one byte", [](RawWorker* one) { one->Send("g"); }, GoneReason::kBadFrame},
    {"a frame of the primary's",
     [](RawWorker* one) {
       one->Send(Bytes({4, 0, 0, 0}));
     },
     GoneReason::kBadFrame},
    {"hello cut short",
     [](RawWorker* one) {
       one->Send(Bytes({16, 0, 0, 0, 1}));
     },
     GoneReason::kBadFrame},
    {"a listener that cannot be",
     [](RawWorker* one) {
       one->Send(Bytes({17, 0, 0, 0, 0, 1}));
     },
     GoneReason::kBadFrame},
    {"a second hello",
     [](RawWorker* one) {
       one->Send(Bytes({16, 0, 0, 0, 77, 0, 0, 0}));
     },
     GoneReason::kBadFrame},
    {"returned without refused",
     [](RawWorker* one) {
       Receive(one);
       one->row()->received++;
       SendReturned(one->channel(), one->connections()[0]);
     },
     GoneReason::kBadFrame},
    {"refused, and then something else",
     [](RawWorker* one) {
       SendSignal(one->channel(), FrameType::kRefused);
       SendSignal(one->channel(), FrameType::kCredit);
     },
     GoneReason::kBadFrame},
    {"returned before it is received",
     [](RawWorker* one) {
       Receive(one);
       GiveBack(one, 1);
     },
     GoneReason::kBadFrame},
    {"returned twice",
     [](RawWorker* one) {
       Receive(one);
       one->row()->received++;
       GiveBack(one, 2);
     },
     GoneReason::kBadFrame},
    {"returned, what is no connection",
     [](RawWorker* one) {
       Receive(one);
       one->row()->received++;
       one->connections()[0].fd.Reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
       GiveBack(one, 1);
     },
     GoneReason::kBadFrame},
    {"a count beyond what it got",
     [](RawWorker* one) {
       one->row()->received += 1000;
       SendSignal(one->channel(), FrameType::kRefused);
       Connection connection;
       connection.fd = support::NewSocket();
       SendReturned(one->channel(), connection);
     },
     GoneReason::kBadBoard},
    {"a count that goes back",
     [](RawWorker* one) {
       Receive(one);
       one->row()->received -= 5;
       SendSignal(one->channel(), FrameType::kRefused);
       SendReturned(one->channel(), one->connections()[0]);
     },
     GoneReason::kBadBoard},
    {"a channel shut down", [](RawWorker* one) { shutdown(one->channel(), SHUT_RDWR); },
     GoneReason::kBadFrame},
};

void TestCrimes() {
  const int fds_before = CountOpenFds();
  for (const Case& crime : kCases) {
    const std::string name = std::string(crime.name) + ": ";
    EngineBench bench;
    const int port = bench.AddListener(0);
    RawWorker bad(bench.OpenSlot(0));
    bad.Serve({0});
    bench.WaitFor(EventType::kServing, 0);
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 6; i++) clients.push_back(Connect(port));
    ok(Until([&] { return bench.slot(0).handed == 2; }), name + "(its window is full)");
    auto well = bench.AddWorker(1);
    crime.crime(&bad);
    Event event;
    ok(bench.WaitFor(EventType::kGone, 0, &event), name + "the slot is retired");
    is(event.code, static_cast<int>(crime.reason), name + "with the reason");
    bad.connections().clear();
    int hung = 0;
    for (const UniqueFd& client : clients) hung += Answer(client) == support::kHangs;
    is(hung, 0, name + "no client hangs");
    is(Ask(port), 1, name + "and the other worker serves");
  }
  is(CountOpenFds(), fds_before, "no fd is left");
}

void TestOtherVersion() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  RawWorker other(bench.OpenSlot(0));
  other.Send(Bytes({16, 0, 0, 0, 77, 0, 0, 0}));
  Event event;
  ok(bench.WaitFor(EventType::kGone, 0, &event), "a worker of another version is retired");
  is(event.code, static_cast<int>(GoneReason::kBadVersion), "with the reason");
  ok(other.ReadUntil(FrameType::kWelcome), "and can read which version it should be");
  auto well = bench.AddWorker(1);
  is(Ask(port), 1, "another worker serves");
}

void TestServingBeforeHello() {
  EngineBench bench;
  RawWorker early(bench.OpenSlot(0));
  rondo::SendServing(early.channel(), nullptr, 0);
  Event event;
  ok(bench.WaitFor(EventType::kGone, 0, &event), "a worker that serves before it says hello");
  is(event.code, static_cast<int>(GoneReason::kBadFrame), "is retired");
}

// Frames of all kinds in any order, fds and counts with them.
void TestAnyFrames() {
  const int fds_before = CountOpenFds();
  std::mt19937 random(20241205);
  EngineBench bench;
  const int port = bench.AddListener(0);
  auto well = bench.AddWorker(1);
  Crowd crowd(port, 1 << 30, 2);
  int gone = 0;
  for (uint32_t generation = 1; generation <= 300; generation++) {
    RawWorker bad(bench.OpenSlot(0, generation));
    if (random() % 4 != 0) bad.Serve({0});
    const UniqueFd any = support::NewSocket();
    const int frames = static_cast<int>(random() % 20);
    for (int i = 0; i < frames; i++) {
      const int types[] = {1, 2, 16, 17, 18, 19, 20, static_cast<int>(random() % 256)};
      std::string frame = Bytes({types[random() % 8], static_cast<int>(random() % 3), 0, 0});
      for (size_t length = random() % 12; length > 0; length--) {
        frame += static_cast<char>(random() % 3);
      }
      bad.Send(frame, std::vector<int>(random() % 3, any.get()));
    }
    bench.engine.RemoveSlot(0, generation, GoneReason::kExited);
    Event event;
    if (bench.WaitFor(EventType::kGone, 0, &event) && event.generation == generation) gone++;
  }
  crowd.Stop();
  is(gone, 300, "300 workers that send anything: each is gone at the end");
  is(crowd.hung, 0, "no client hangs");
  ok(crowd.served > 0 && well->received > 0, "and the other worker served all the time");
  well.reset();
  bench.engine.Stop();
  bench.engine.Join();
  is(CountOpenFds(), fds_before, "no fd is left");
}

// ---- what the kernel denies -----------------------------------------------------------------

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
  full.ReadUntil(FrameType::kConnections);
  full.row()->received++;
  auto well = bench.AddWorker(1);
  {
    const FdLimit limit(0);
    GiveBack(&full, 1);
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
    full.ReadUntil(FrameType::kConnections);
    full.row()->received++;
    auto well = bench.AddWorker(1);
    {
      // So that it is unread when the slot goes.
      const FdLimit limit(0);
      GiveBack(&full, 1);
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
  EngineBench bench({2, 0});
  RawWorker worker(bench.OpenSlot(0));
  worker.Serve({});
  is(worker.window(), 2, "(a worker knows its window)");
  const rondo::Policy* const policy = rondo::Policy::Find("round-robin");
  bench.engine.Configure({policy, 2, 50});
  bench.engine.Configure({policy, 5, 50, 9});
  ok(worker.ReadUntil(FrameType::kWelcome), "it is told of another");
  is(worker.window(), 9, "and of that only, by the larger of the two");
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
  TestBusyWorker();
  TestStuckWorker();
  TestStuckForGood();
  TestNobodyElse();
  TestMuteWorker();
  TestRefusedByAll();
  TestRefusedByOne();
  TestRefusedByTheOnlyOne();
  TestListenerGone();
  TestRefusedAndStuck();
  TestCrowd();
  TestProcessExit();
  TestCrimes();
  TestOtherVersion();
  TestServingBeforeHello();
  TestAnyFrames();
  TestBrokenListener();
  TestAcceptWithoutFds();
  TestReturnedWithoutFds();
  TestReturnedAndGone(GoneReason::kExited);
  TestReturnedAndGone(GoneReason::kClosed);
  TestStateToSlowWorker();
  TestNextWindow();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
