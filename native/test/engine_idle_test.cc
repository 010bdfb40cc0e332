// links: engine receiver channel base uv
// Connections that a worker has served and gives back between two requests: held by the engine, and
// dealt like new ones when something arrives.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "engine_bench.h"
#include "raw_worker.h"
#include "tap.h"

namespace {

using rondo::EventType;
using rondo::UniqueFd;
using support::Connect;
using support::CountOpenFds;
using support::EngineBench;
using support::RawWorker;
using support::Until;
using tap::is;
using tap::ok;

long long Read(const rondo::Counter& counter) { return static_cast<long long>(counter.load()); }

// An engine with one listener and two workers that are played by hand, and a client of the first.
struct Scene {
  EngineBench bench;
  const int port;
  RawWorker first;
  RawWorker second;
  UniqueFd client;

  explicit Scene(uint32_t max_idle = 100)
      : port(AddListener(&bench, max_idle)), first(bench.OpenSlot(0)), second(bench.OpenSlot(1)) {
    first.Serve({0});
    bench.WaitFor(EventType::kServing, 0);
    client = Connect(port);
    first.Receive();
    second.Serve({0});
    bench.WaitFor(EventType::kServing, 1);
  }

  static int AddListener(EngineBench* bench, uint32_t max_idle) {
    rondo::ListenerOptions options;
    options.max_idle = max_idle;
    return bench->AddListener(0, options);
  }
  const rondo::IdleCounters& idle() { return bench.engine.shared().engine.idle; }
  bool IsHeld(long long count = 1) {
    return Until([&] { return Read(idle().held) == count; });
  }
  // What the client has sent, as the worker reads it.
  static std::string Text(int fd) {
    char bytes[64];
    const ssize_t count = recv(fd, bytes, sizeof(bytes), 0);
    return std::string(bytes, count > 0 ? static_cast<size_t>(count) : 0);
  }
  bool IsClosed() {
    char byte;
    return recv(client.get(), &byte, 1, 0) == 0;
  }
};

void TestMove() {
  Scene scene;
  scene.first.Release();
  ok(scene.IsHeld(), "held, while nothing arrives");
  is(Read(scene.bench.slot(0).released), 1, "counted for the worker that gave it back");
  is(Read(scene.bench.slot(0).refused), 0, "as no refusal");
  is(scene.bench.engine.ledger().OfSlot(0).open, 0, "which has it open no more");
  const int64_t accepted = Read(scene.bench.engine.shared().engine.accepted);
  // The first is not there for it.
  const uint16_t none = 0;
  rondo::SendServing(scene.first.channel(), &none, 0);
  scene.bench.WaitFor(EventType::kServing, 0);
  send(scene.client.get(), "hello", 5, 0);
  ok(scene.second.Receive(), "its next request brings it to another worker");
  is(Scene::Text(scene.second.connections()[0].fd.get()), "hello", "with all that has arrived");
  ok(scene.IsHeld(0), "and it is held no more");
  is(Read(scene.idle().moved), 1, "counted as moved");
  is(Read(scene.bench.engine.shared().engine.accepted), accepted, "and not as accepted");
  is(scene.bench.engine.ledger().OfSlot(1).open, 1, "the other has it open");
}

// What the worker has not read is there for the next one.
void TestRequestInFlight() {
  Scene scene;
  send(scene.client.get(), "early", 5, 0);
  scene.first.Release();
  ok(scene.second.Receive() || scene.first.Receive(), "a request that was there already");
  is(Read(scene.idle().moved), 1, "moved at once");
}

void TestClientGone() {
  Scene scene;
  scene.first.Release();
  ok(scene.IsHeld(), "(held)");
  scene.client.Reset();
  ok(Until([&] { return Read(scene.idle().ended) == 1; }),
     "its client is gone: closed and counted");
  is(Read(scene.idle().held), 0, "and not held");
  Scene other;
  other.first.Release();
  ok(other.IsHeld(), "(held)");
  const linger at_once = {1, 0};
  setsockopt(other.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  other.client.Reset();
  ok(Until([&] { return Read(other.idle().ended) == 1; }), "so with a reset");
}

// It sends, and will send no more: it is to be answered.
void TestHalfClosed() {
  Scene scene;
  scene.first.Release();
  ok(scene.IsHeld(), "(held)");
  send(scene.client.get(), "last", 4, 0);
  shutdown(scene.client.get(), SHUT_WR);
  ok(Until([&] { return Read(scene.idle().moved) == 1; }), "a last request is dealt");
}

void TestTime() {
  using Clock = std::chrono::steady_clock;
  Scene scene;
  const auto start = Clock::now();
  scene.first.Release(200);
  ok(scene.IsClosed(), "after its time it is closed");
  const auto took = Clock::now() - start;
  ok(took >= std::chrono::milliseconds(200), "not earlier");
  is(Read(scene.idle().timed_out), 1, "and counted");
  Scene other;
  other.first.Release(0);
  ok(other.IsHeld(), "without one it stays");
}

// The one whose time is shorter comes later.
void TestShorterTime() {
  Scene scene;
  const UniqueFd second = Connect(scene.port);
  ok(scene.second.Receive() || scene.first.Receive(), "(a second one)");
  scene.first.Release(60'000);
  ok(scene.IsHeld(), "(the first is held)");
  RawWorker* const owner = scene.second.connections().empty() ? &scene.first : &scene.second;
  owner->Release(100);
  char byte;
  is(recv(second.get(), &byte, 1, 0), 0, "its own time counts");
  is(Read(scene.idle().held), 1, "and not that of another");
}

void TestNoPlace() {
  Scene scene(0);
  scene.first.Release();
  ok(Until([&] { return Read(scene.idle().moved) == 1; }), "beyond the bound it is dealt at once");
  is(Read(scene.idle().held), 0, "and not held");
}

void TestListenerClosed() {
  Scene scene;
  scene.first.Release();
  ok(scene.IsHeld(), "(held)");
  scene.bench.RemoveListener(0);
  ok(scene.IsClosed(), "closed with its listener");
  is(Read(scene.idle().closed), 1, "and counted");
}

void TestEngineEnds() {
  Scene scene;
  scene.first.Release();
  ok(scene.IsHeld(), "(held)");
  scene.bench.engine.Stop();
  scene.bench.WaitFor(EventType::kStopped);
  ok(scene.IsClosed(), "closed with the engine");
  is(Read(scene.idle().closed), 1, "and counted");
}

void TestWorkerDies() {
  Scene scene;
  // Announced, and no more.
  scene.first.Send(rondo::FrameType::kRefused);
  scene.bench.engine.RemoveSlot(0, 1, rondo::GoneReason::kExited);
  scene.bench.WaitFor(EventType::kGone, 0);
  is(Read(scene.bench.slot(0).unfinished), 1, "one that was only announced died with its worker");
  Scene other;
  other.first.Release();
  other.bench.engine.RemoveSlot(0, 1, rondo::GoneReason::kExited);
  other.bench.WaitFor(EventType::kGone, 0);
  is(Read(other.bench.slot(0).unfinished), 0, "one that was sent did not");
  ok(other.IsHeld(), "it is held");
}

// What cannot be: the worker loses its channel, and nothing else.
void TestNonsense() {
  Scene scene;
  const UniqueFd file(open("/dev/null", O_RDWR | O_CLOEXEC));
  scene.first.Send(rondo::FrameType::kRefused);
  rondo::Connection connection;
  connection.fd.Reset(fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
  rondo::SendReleased(scene.first.channel(), connection, 0);
  ok(scene.bench.WaitFor(EventType::kGone, 0), "a file is no connection");
  is(Read(scene.idle().held), 0, "and is not held");
  // More than it was given.
  scene.second.Send(rondo::FrameType::kRefused);
  connection.fd.Reset(fcntl(scene.client.get(), F_DUPFD_CLOEXEC, 0));
  rondo::SendReleased(scene.second.channel(), connection, 0);
  ok(scene.bench.WaitFor(EventType::kGone, 1), "nor what it was never given");
}

void TestRelieve() {
  Scene scene;
  scene.bench.engine.Relieve(0, 1, 7);
  ok(scene.first.ReadUntil(rondo::FrameType::kRelieve), "a worker is asked to give back");
  scene.bench.engine.Relieve(0, 9, 7);
  scene.bench.engine.Relieve(5, 1, 7);
  scene.bench.Settle();
  is(scene.first.Read(50), 0, "and not one that is gone");
}

// In the old process, when another one has the listener.
std::vector<rondo::Passed> TakeAll(EngineBench* bench, size_t count) {
  std::vector<rondo::Passed> all;
  Until([&] {
    for (rondo::Passed& one : bench->engine.TakePassed(10)) all.push_back(std::move(one));
    return all.size() >= count;
  });
  return all;
}

void TestHandOver() {
  Scene scene;
  const UniqueFd other = Connect(scene.port);
  ok(scene.second.Receive(), "(a second one)");
  ok(scene.bench.engine.TakePassed(10).empty(), "nothing is passed before it begins");
  scene.second.Release(5'000);
  ok(scene.IsHeld(), "(held)");
  scene.bench.engine.BeginHandOver();
  scene.bench.RemoveListener(0);
  ok(scene.bench.WaitFor(EventType::kPassing), "the owner is told");
  is(Read(scene.idle().held), 1, "an idle one is not closed with its listener");
  scene.bench.engine.DrainSlot(0, 1);
  scene.bench.engine.DrainSlot(1, 1);
  std::vector<rondo::Passed> taken = TakeAll(&scene.bench, 1);
  is(taken.size(), 1, "it can be taken");
  is(Read(scene.idle().held), 0, "and is held no more");
  ok(!taken[0].is_due, "nobody waits at it");
  const uint32_t idle_ms = taken[0].released.idle_ms;
  ok(idle_ms > 3'000 && idle_ms <= 5'000, "its time goes along");
  scene.first.Release();
  ok(scene.IsHeld(), "what comes back later is held");
  send(scene.client.get(), "x", 1, 0);
  ok(scene.IsHeld(0), "until something arrives");
  taken = TakeAll(&scene.bench, 1);
  is(taken.size(), 1, "it is passed then, for no worker is left");
  ok(taken[0].is_due, "and somebody waits at it");
  is(Scene::Text(taken[0].released.connection.fd.get()), "x", "with what has arrived");
  is(Read(scene.idle().moved), 0, "none was dealt here");
  is(Read(scene.idle().closed), 0, "none was closed");
}

// What was never received is not closed either.
void TestHandOverOfPending() {
  Scene scene;
  scene.bench.engine.BeginHandOver();
  const UniqueFd late = Connect(scene.port);
  ok(Until([&] {
       return scene.bench.engine.ledger().OfSlot(0).pending +
                  scene.bench.engine.ledger().OfSlot(1).pending >=
              1;
     }),
     "(handed off, and not received)");
  scene.bench.RemoveListener(0);
  scene.bench.engine.DrainSlot(0, 1);
  scene.bench.engine.DrainSlot(1, 1);
  const std::vector<rondo::Passed> taken = TakeAll(&scene.bench, 1);
  ok(taken.size() == 1 && taken[0].is_due, "goes to the other process, to be dealt at once");
}

// In the new one.
void TestTakeOver() {
  Scene scene;
  const auto give = [&](int fd, uint16_t listener, bool is_due, uint32_t idle_ms) {
    rondo::Passed passed;
    passed.released.connection.fd.Reset(fcntl(fd, F_DUPFD_CLOEXEC, 0));
    passed.released.connection.listener = listener;
    passed.released.connection.about = "what is known";
    passed.released.idle_ms = idle_ms;
    passed.is_due = is_due;
    scene.bench.engine.TakeOver(std::move(passed));
  };
  const UniqueFd connection = std::move(scene.first.connections()[0].fd);
  scene.first.connections().clear();
  const int64_t accepted = Read(scene.bench.engine.shared().engine.accepted);
  give(connection.get(), 0, false, 60'000);
  ok(scene.IsHeld(), "an idle one is held");
  send(scene.client.get(), "hello", 5, 0);
  const auto receive = [&] {
    pollfd fds[] = {{scene.first.channel(), POLLIN, 0}, {scene.second.channel(), POLLIN, 0}};
    poll(fds, 2, 5'000);
    RawWorker* const worker = fds[0].revents != 0 ? &scene.first : &scene.second;
    worker->Receive();
    return std::exchange(worker->connections(), {});
  };
  auto received = receive();
  is(received.size(), 1, "and dealt when something arrives");
  is(received[0].about, "what is known", "with what came with it");
  give(received[0].fd.get(), 0, true, 0);
  is(receive().size(), 1, "one that waits is dealt at once");
  is(Read(scene.idle().taken_over), 2, "both are counted");
  is(Read(scene.bench.engine.shared().engine.accepted), accepted, "and not as accepted");
  give(received[0].fd.get(), 7, false, 0);
  const UniqueFd file(open("/dev/null", O_RDWR | O_CLOEXEC));
  give(file.get(), 0, false, 0);
  ok(Until([&] { return Read(scene.idle().closed) == 2; }),
     "without its listener it is closed and counted, as is what is no connection");
}

// One that was routed in the old one, to a listener that has had none here yet.
void TestTakeOverOfRouted() {
  Scene scene;
  const UniqueFd connection = std::move(scene.first.connections()[0].fd);
  scene.first.connections().clear();
  scene.bench.AddListener(1, UniqueFd());
  const uint16_t routed = 1;
  rondo::SendServing(scene.first.channel(), &routed, 1);
  ok(scene.bench.WaitFor(EventType::kServing, 0), "(a worker serves a listener without a socket)");
  rondo::Passed passed;
  passed.released.connection.fd.Reset(fcntl(connection.get(), F_DUPFD_CLOEXEC, 0));
  passed.released.connection.listener = 1;
  passed.is_due = true;
  scene.bench.engine.TakeOver(std::move(passed));
  ok(scene.first.Receive(), "it is dealt");
  if (scene.first.connections().empty()) return;
  scene.first.Release(5'000);
  ok(scene.IsHeld(), "and its worker may give it back");
  is(scene.bench.Seen(EventType::kGone), 0, "(and is well)");
}

// A request goes to a worker that does nothing, and is nobody's turn then: what is new is dealt as
// if it had not been there.
void TestResting() {
  Scene scene;
  scene.first.page()->turn_since_ns = rondo::NowNs();
  RawWorker* owner = &scene.first;
  int to_second = 0;
  for (int i = 0; i < 20; i++) {
    owner->Release();
    ok(scene.IsHeld(), "(held)");
    send(scene.client.get(), "x", 1, 0);
    if (!scene.second.Receive()) break;
    Scene::Text(scene.second.connections()[0].fd.get());
    owner = &scene.second;
    to_second++;
  }
  is(to_second, 20, "each request goes to the worker that does nothing");
  scene.first.page()->turn_since_ns = 0;
  const size_t second_before = scene.second.connections().size();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; i++) {
    clients.push_back(Connect(scene.port));
    pollfd fds[] = {{scene.first.channel(), POLLIN, 0}, {scene.second.channel(), POLLIN, 0}};
    poll(fds, 2, 5'000);
    (fds[0].revents != 0 ? scene.first : scene.second).Receive();
  }
  const size_t of_first = scene.first.connections().size();
  const size_t of_second = scene.second.connections().size() - second_before;
  is(of_first + of_second, 20, "(all are received)");
  ok(of_first >= 9 && of_first <= 11, "what is new is dealt evenly after it");
}

// With nobody at rest it is dealt in turn, and with all of them too.
void TestMovesInTurn() {
  for (const bool is_busy : {false, true}) {
    Scene scene;
    RawWorker* workers[] = {&scene.first, &scene.second};
    for (RawWorker* const worker : workers) {
      worker->page()->turn_since_ns = is_busy ? rondo::NowNs() : 0;
    }
    int received[2] = {0, 0};
    for (int owner = 0, i = 0; i < 20 && owner >= 0; i++) {
      workers[owner]->Release();
      ok(scene.IsHeld(), "(held)");
      send(scene.client.get(), "x", 1, 0);
      pollfd fds[] = {{scene.first.channel(), POLLIN, 0}, {scene.second.channel(), POLLIN, 0}};
      owner = poll(fds, 2, 5'000) < 1 ? -1 : fds[0].revents != 0 ? 0 : 1;
      if (owner < 0 || !workers[owner]->Receive()) break;
      Scene::Text(workers[owner]->connections()[0].fd.get());
      received[owner]++;
    }
    is(received[0] + received[1], 20, "(all are received)");
    ok(received[0] >= 9 && received[0] <= 11,
       is_busy ? "all busy: dealt in turn" : "all at rest: dealt in turn");
  }
}

// Ten thousand times: the client sends just when its connection moves, to and fro.
void TestRace() {
  Scene scene;
  RawWorker* workers[] = {&scene.first, &scene.second};
  constexpr int kTimes = 10'000;
  int served = 0;
  int owner = 0;
  for (; served < kTimes; served++) {
    // Before, in between and after.
    const bool is_early = served % 3 == 0;
    if (is_early) send(scene.client.get(), "x", 1, 0);
    workers[owner]->Release(30'000);
    if (!is_early) send(scene.client.get(), "x", 1, 0);
    pollfd fds[] = {{workers[0]->channel(), POLLIN, 0}, {workers[1]->channel(), POLLIN, 0}};
    owner = -1;
    while (owner < 0 && poll(fds, 2, 10'000) > 0) {
      for (int i = 0; i < 2 && owner < 0; i++) {
        if (fds[i].revents != 0 && workers[i]->Read(0) != 0 && !workers[i]->connections().empty()) {
          workers[i]->page()->received++;
          owner = i;
        }
      }
    }
    if (owner < 0 || Scene::Text(workers[owner]->connections()[0].fd.get()) != "x") break;
  }
  is(served, kTimes, "each request is served, however it meets the move");
  is(Read(scene.idle().moved), kTimes, "and each was a move");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestMove();
  TestRequestInFlight();
  TestClientGone();
  TestHalfClosed();
  TestTime();
  TestShorterTime();
  TestNoPlace();
  TestListenerClosed();
  TestEngineEnds();
  TestWorkerDies();
  TestNonsense();
  TestRelieve();
  TestHandOver();
  TestHandOverOfPending();
  TestTakeOver();
  TestTakeOverOfRouted();
  TestResting();
  TestMovesInTurn();
  TestRace();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
