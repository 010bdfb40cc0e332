// links: engine receiver channel base uv
// Limits on connections and on waiting: what is beyond them waits in the backlog, or is turned away
// at once; and a backlog never overflows while the primary can hold more.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/backlog.h"
#include "engine_bench.h"
#include "raw_worker.h"
#include "tap.h"

namespace {

using rondo::EventType;
using rondo::ListenerOptions;
using rondo::UniqueFd;
using support::Answer;
using support::Ask;
using support::Conduct;
using support::Connect;
using support::CountOpenFds;
using support::EngineBench;
using support::IsAnswered;
using support::kClosed;
using support::RawWorker;
using support::Until;
using tap::is;
using tap::ok;

std::vector<UniqueFd> ConnectSeveral(int port, int count) {
  std::vector<UniqueFd> clients;
  for (int i = 0; i < count; i++) clients.push_back(Connect(port));
  return clients;
}

long long CountAnswered(const std::vector<UniqueFd>& clients) {
  return std::count_if(clients.begin(), clients.end(), IsAnswered);
}

ListenerOptions AtMost(uint32_t connections, bool resets = false) {
  ListenerOptions options;
  options.max_connections = connections;
  options.resets = resets;
  return options;
}

void TestListenerLimit() {
  EngineBench bench;
  const int port = bench.AddListener(0, AtMost(3));
  const int other_port = bench.AddListener(1);
  auto worker = bench.AddWorker(0, Conduct::kHold);
  const std::vector<UniqueFd> clients = ConnectSeveral(port, 8);
  ok(Until([&] { return bench.open(0) == 3; }), "a listener takes as many as it may");
  const UniqueFd other = Connect(other_port);
  ok(Until([&] { return bench.open(0) == 4; }), "and another listener its own");
  is(static_cast<long long>(bench.listener(0).accepted), 3, "the others wait in the backlog");
  is(CountAnswered(clients), 0, "and are not turned away");
  worker->LetGo();
  ok(Until([&] { return bench.listener(0).accepted == 6; }), "when those have ended, as many more");
  bench.engine.ConfigureListener(0, AtMost(4));
  ok(Until([&] { return bench.listener(0).accepted == 7; }), "a higher limit holds at once");
  bench.engine.ConfigureListener(0, {});
  ok(Until([&] { return bench.listener(0).accepted == 8; }), "and so does none");
  is(static_cast<long long>(bench.listener(0).turned_away), 0, "none was turned away");
}

void TestReset() {
  EngineBench bench;
  const int port = bench.AddListener(0, AtMost(2, true));
  auto worker = bench.AddWorker(0, Conduct::kHold);
  const std::vector<UniqueFd> held = ConnectSeveral(port, 2);
  ok(Until([&] { return bench.open(0) == 2; }), "(a listener has all it may)");
  int reset = 0;
  for (int i = 0; i < 20; i++) {
    char byte;
    const UniqueFd client = Connect(port);
    // The reset may come before connect() has returned, which then says so.
    reset += (!client || recv(client.get(), &byte, 1, 0) < 0) && errno == ECONNRESET;
  }
  is(reset, 20, "more are reset at once");
  is(static_cast<long long>(bench.listener(0).turned_away), 20, "and counted");
  is(static_cast<long long>(bench.listener(0).accepted), 22, "as accepted too");
  is(static_cast<long long>(bench.slot(0).handed), 2, "the worker sees none of them");
  worker->LetGo();
  worker->Behave(Conduct::kServe);
  ok(Until([&] { return Ask(port) == 0; }), "when those have ended, others are served");
}

void TestSlotLimit() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  bench.engine.ConfigureSlot(0, 1, 2);
  auto small = bench.AddWorker(0, Conduct::kHold);
  auto large = bench.AddWorker(1, Conduct::kHold);
  std::vector<UniqueFd> clients = ConnectSeveral(port, 12);
  ok(Until([&] { return bench.open(0) + bench.open(1) == 12; }), "all are served");
  is(bench.open(0), 2, "a slot has no more than it may");
  is(bench.open(1), 10, "and the others have the rest");
  bench.engine.ConfigureSlot(1, 1, 10);
  bench.engine.ConfigureSlot(0, 1, 3);
  // Or the next client comes before the limits do.
  bench.Settle();
  clients.push_back(Connect(port));
  ok(Until([&] { return bench.open(0) == 3; }), "a limit can be raised");
  clients.push_back(Connect(port));
  ok(bench.WaitFor(EventType::kStarved), "when all are full, the next one waits");
  is(static_cast<long long>(bench.listener(0).accepted), 13, "in the backlog");
  large->LetGo();
  ok(Until([&] { return bench.open(1) == 1; }), "until one of them has ended");
  bench.engine.ConfigureSlot(1, 1, 0);
  small->LetGo();
  for (int i = 0; i < 8; i++) clients.push_back(Connect(port));
  ok(Until([&] { return bench.open(0) >= 2; }),
     "one that was full has its share though others had room");
  is(static_cast<long long>(bench.listener(0).turned_away), 0, "none was turned away");
}

void TestSlotLimitReset() {
  EngineBench bench;
  ListenerOptions options;
  options.resets = true;
  const int port = bench.AddListener(0, options);
  bench.engine.ConfigureSlot(0, 1, 1);
  auto worker = bench.AddWorker(0, Conduct::kHold);
  const UniqueFd held = Connect(port);
  ok(Until([&] { return bench.open(0) == 1; }), "(the only slot has all it may)");
  is(Ask(port), kClosed, "more are turned away");
  is(static_cast<long long>(bench.listener(0).turned_away), 1, "and counted");
  worker->LetGo();
  worker->Behave(Conduct::kServe);
  ok(Until([&] { return Ask(port) == 0; }), "until it has room");
}

// Only a limit turns away: a worker that is busy may be free the next moment.
void TestBusyIsNoLimit() {
  EngineBench bench;
  const int port = bench.AddListener(0, AtMost(100, true));
  auto worker = bench.AddWorker(0);
  worker->Stop();
  const std::vector<UniqueFd> clients = ConnectSeveral(port, 10);
  ok(bench.WaitFor(EventType::kStarved), "(no worker has room)");
  is(CountAnswered(clients), 0, "what waits for a busy worker is not turned away");
  worker->Go();
  int served = 0;
  for (const UniqueFd& client : clients) served += Answer(client) == 0;
  is(served, 10, "but served");
}

void TestTotalLimit() {
  support::BenchOptions options;
  options.max_connections = 5;
  EngineBench bench(options);
  const int port = bench.AddListener(0);
  const int other_port = bench.AddListener(1);
  auto first = bench.AddWorker(0, Conduct::kHold);
  auto second = bench.AddWorker(1, Conduct::kHold);
  const auto open = [&] { return bench.open(0) + bench.open(1); };
  const auto accepted = [&] { return bench.listener(0).accepted + bench.listener(1).accepted; };
  std::vector<UniqueFd> clients = ConnectSeveral(port, 4);
  ok(Until([&] { return open() == 4; }), "(some are open)");
  for (UniqueFd& client : ConnectSeveral(other_port, 4)) clients.push_back(std::move(client));
  ok(Until([&] { return open() == 5; }), "all listeners together have as many as they may");
  ok(bench.WaitFor(EventType::kStarved), "the others wait");
  is(static_cast<long long>(accepted()), 5, "in the backlog");
  // One after the other: what the first makes room for may come to the second.
  const auto of_first = bench.open(0);
  first->LetGo();
  const auto most = std::min<decltype(accepted())>(8, 5 + of_first);
  ok(Until([&] { return accepted() == most && open() == most - of_first; }),
     "until others have ended");
  const auto of_second = bench.open(1);
  second->LetGo();
  ok(Until([&] { return accepted() == 8 && open() == 8 - of_first - of_second; }), "and all come");
}

void TestQueueTime() {
  using Clock = std::chrono::steady_clock;
  EngineBench bench;
  ListenerOptions options;
  options.max_queue_ms = 300;
  const int port = bench.AddListener(0, options);
  const int other_port = bench.AddListener(1);
  const UniqueFd other = Connect(other_port);
  const auto start = Clock::now();
  const UniqueFd client = Connect(port);
  is(Answer(client), kClosed, "what has waited too long is turned away");
  ok(Clock::now() - start >= std::chrono::milliseconds(300), "not before its time");
  is(static_cast<long long>(bench.listener(0).turned_away), 1, "and counted");
  const std::vector<UniqueFd> clients = ConnectSeveral(port, 20);
  int turned_away = 0;
  for (const UniqueFd& one : clients) turned_away += Answer(one) == kClosed;
  is(turned_away, 20, "all of them are");
  auto worker = bench.AddWorker(0);
  is(Ask(port), 0, "what has not is served");
  is(Answer(other), 0, "and so is who came to a listener without that limit");
}

// What is parked is older than it seems: it was in the backlog before.
void TestQueueTimeOfParked() {
  EngineBench bench({{1, 0}, 0});
  ListenerOptions options;
  options.max_queue_ms = 200;
  const int port = bench.AddListener(0, options);
  RawWorker full(bench.OpenSlot(0));
  RawWorker still(bench.OpenSlot(1));
  full.Serve({0});
  bench.WaitFor(EventType::kServing, 0);
  const UniqueFd client = Connect(port);
  full.Receive();
  still.Serve({0});
  bench.WaitFor(EventType::kServing, 1);
  const UniqueFd second = Connect(port);
  ok(Until([&] { return bench.slot(0).handed + bench.slot(1).handed == 2; }), "(both have one)");
  full.GiveBack();
  full.connections().clear();
  is(Answer(client), kClosed, "what was refused and waits too long for another is turned away");
  is(static_cast<long long>(bench.listener(0).turned_away), 1, "and counted");
  ok(Until([&] { return bench.waiting() == 0; }), "and does not wait");
}

// A socket with a backlog of 16, and an fd of it by which that can be seen.
struct SmallDoor {
  UniqueFd door;
  UniqueFd seen;
  int port = 0;

  SmallDoor() : door(support::NewSocket()) {
    sockaddr_in address = support::Loopback(0);
    socklen_t size = sizeof(address);
    bind(door.get(), reinterpret_cast<const sockaddr*>(&address), size);
    listen(door.get(), 16);
    getsockname(door.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    seen.Reset(fcntl(door.get(), F_DUPFD_CLOEXEC, 0));
  }
  uint32_t length() const { return rondo::MeasureBacklog(seen.get()).length; }
  static bool CanBeSeen() { return rondo::MeasureBacklog(SmallDoor().seen.get()).most == 16; }

  // So many clients, each when there is a place for it. False: the backlog has filled up.
  bool Flood(int count, std::vector<UniqueFd>* clients) const {
    for (int i = 0; i < count; i++) {
      clients->push_back(Connect(port));
      if (!Until([&] { return length() < 12; })) return false;
    }
    return true;
  }
};

// More than a small backlog can hold: accepted after all, and kept for a worker.
void TestOverflow() {
  EngineBench bench;
  SmallDoor door;
  bench.AddListener(0, std::move(door.door));
  auto worker = bench.AddWorker(0);
  worker->Stop();
  std::vector<UniqueFd> clients;
  ok(door.Flood(60, &clients), "a backlog does not fill up though the worker takes nothing");
  ok(bench.waiting() >= 40, "what it has no place for is parked");
  is(CountAnswered(clients), 0, "and waits");
  worker->Go();
  int served = 0;
  for (const UniqueFd& client : clients) served += Answer(client) == 0;
  is(served, 60, "then all are served");
  is(static_cast<long long>(bench.listener(0).accepted), 60, "each accepted once");
  is(static_cast<long long>(bench.listener(0).redealt), 0, "for the first time");
  ok(Until([&] { return bench.waiting() == 0; }), "and none waits");
}

// What is parked for want of a place is beyond the limit all the same.
void TestOverflowWithinLimits() {
  for (const bool is_total : {false, true}) {
    const std::string name = is_total ? "of all: " : "of a listener: ";
    support::BenchOptions options;
    options.window = {8, 0};
    options.max_connections = is_total ? 5 : 0;
    EngineBench bench(options);
    SmallDoor door;
    bench.engine.ConfigureListener(0, AtMost(is_total ? 0 : 5));
    bench.AddListener(0, std::move(door.door));
    auto worker = bench.AddWorker(0, Conduct::kHold);
    std::vector<UniqueFd> clients;
    ok(door.Flood(60, &clients), name + "beyond a limit a backlog does not fill up");
    ok(bench.waiting() >= 40, name + "what it has no place for is parked");
    long long most = 0;
    int received = 0;
    for (int round = 0; received < 60 && round < 60; round++) {
      if (!Until([&] { return worker->received > received && bench.pending(0) == 0; })) break;
      usleep(5000);  // several looks
      most = std::max<long long>(most, worker->received - received);
      received = worker->received;
      worker->LetGo();
    }
    is(received, 60, name + "all come, as others have ended");
    is(most, 5, name + "and never more than may be open at once");
  }
}

// Its former socket's, too; and what a paused listener has is dealt.
void TestReplacedWithinLimits() {
  EngineBench bench({{8, 0}, 0});
  bench.engine.ConfigureListener(0, AtMost(3));
  support::Door door = support::OpenDoor();
  bench.AddListener(0, std::move(door.fd));
  bench.engine.PauseListener(0);
  auto worker = bench.AddWorker(0, Conduct::kHold);
  const std::vector<UniqueFd> clients = ConnectSeveral(door.port, 10);
  bench.engine.ReplaceListener(0, support::OpenDoor().fd);
  ok(Until([&] { return worker->received == 3; }), "of a replaced socket's as many as may be");
  ok(bench.WaitFor(EventType::kStarved), "the others wait");
  is(static_cast<long long>(worker->received), 3, "and are not dealt");
  is(bench.waiting(), 7, "in the primary");
  worker->Behave(Conduct::kServe);
  worker->LetGo();
  for (const UniqueFd& client : clients) ok(IsAnswered(client) || Answer(client) == 0, "served");
}

// One that is flooded does not starve another, also when its backlog has overflowed.
void TestOverflowTakesTurns() {
  EngineBench bench({{1, 0}, 0});
  SmallDoor door;
  bench.AddListener(0, std::move(door.door));
  const int other_port = bench.AddListener(1);
  RawWorker worker(bench.OpenSlot(0));
  worker.Serve({0, 1});
  bench.WaitFor(EventType::kServing, 0);
  std::vector<UniqueFd> clients;
  ok(door.Flood(60, &clients), "(a listener is flooded)");
  for (int i = 0; i < 3; i++) clients.push_back(Connect(other_port));
  std::vector<int> of_other;
  for (int i = 0; of_other.size() < 3 && i < 63; i++) {
    // The engine waits for room and is told so.
    worker.Receive();
    worker.Send(rondo::FrameType::kCredit);
    if (worker.connections().back().listener == 1) of_other.push_back(i);
  }
  is(static_cast<long long>(of_other.size()), 3, "another one's are received");
  ok(of_other.back() <= 8,
     "in turn with what is parked: the last as number " + std::to_string(of_other.back()));
}

// What a closed listener has is dealt to whoever serves it still, and closed if nobody does.
void TestOverflowOfClosed() {
  EngineBench bench({{8, 0}, 0});
  SmallDoor door;
  bench.engine.ConfigureListener(0, AtMost(5));
  bench.AddListener(0, std::move(door.door));
  RawWorker worker(bench.OpenSlot(0));
  worker.Serve({0});
  bench.WaitFor(EventType::kServing, 0);
  std::vector<UniqueFd> clients;
  ok(door.Flood(60, &clients), "(a listener is flooded)");
  door.seen.Reset();
  while (worker.connections().size() < 5) worker.Receive();
  const long long parked = bench.waiting();
  bench.RemoveListener(0);
  bench.WaitFor(EventType::kListenerClosed, 0);
  bench.Settle();
  is(bench.waiting(), parked, "what is parked stays when its listener is closed");
  is(static_cast<long long>(bench.slot(0).handed), 5, "within its limit");
  worker.connections().clear();
  worker.page()->ended_of[0] += 5;
  worker.page()->ended += 5;
  worker.Send(rondo::FrameType::kCredit);
  while (worker.connections().size() < 5 && worker.Receive()) continue;
  is(static_cast<long long>(worker.connections().size()), 5, "and is dealt as others end");
  rondo::SendServing(worker.channel(), nullptr, 0);
  ok(Until([&] { return bench.waiting() == 0; }), "when nobody serves it any more");
  is(static_cast<long long>(bench.listener(0).closed), parked - 5,
     "the rest is closed and counted");
}

void TestOverflowTurnedAway() {
  EngineBench bench;
  SmallDoor door;
  ListenerOptions options;
  options.max_queue_ms = 300;
  bench.engine.ConfigureListener(0, options);
  bench.AddListener(0, std::move(door.door));
  std::vector<UniqueFd> clients;
  ok(door.Flood(40, &clients), "(a listener is flooded that nobody serves)");
  int turned_away = 0;
  for (const UniqueFd& client : clients) turned_away += Answer(client) == kClosed;
  is(turned_away, 40, "what has waited too long is turned away, parked or not");
  is(static_cast<long long>(bench.listener(0).turned_away), 40, "each counted once");
  is(static_cast<long long>(bench.listener(0).accepted), 40, "and accepted once");
  is(bench.waiting(), 0, "none waits");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestListenerLimit();
  TestReset();
  TestSlotLimit();
  TestSlotLimitReset();
  TestBusyIsNoLimit();
  TestTotalLimit();
  TestQueueTime();
  TestQueueTimeOfParked();
  TestReplacedWithinLimits();
  if (SmallDoor::CanBeSeen()) {
    TestOverflow();
    TestOverflowWithinLimits();
    TestOverflowTakesTurns();
    TestOverflowOfClosed();
    TestOverflowTurnedAway();
  } else {
    tap::skip("a backlog that overflows", "it cannot be seen here");
  }
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
