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
  TestRace();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
