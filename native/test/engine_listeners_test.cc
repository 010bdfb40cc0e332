// links: engine receiver channel base uv
// Several listeners served by the same workers: a flood of one takes nothing from another, and each
// has a turn of its own.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/listen.h"
#include "engine_bench.h"
#include "raw_worker.h"
#include "tap.h"

namespace {

using rondo::EventType;
using rondo::UniqueFd;
using support::Conduct;
using support::Connect;
using support::CountOpenFds;
using support::EngineBench;
using support::RawWorker;
using support::Until;
using tap::is;
using tap::ok;

// One worker that receives one at a time, a listener with many waiting, and one client of another.
void TestFlood(uint16_t flooded, uint16_t quiet) {
  const std::string name = "listener " + std::to_string(flooded) + " is flooded: ";
  EngineBench bench({{1, 0}, 0});
  int ports[2];
  ports[0] = bench.AddListener(0);
  ports[1] = bench.AddListener(1);
  RawWorker worker(bench.OpenSlot(0));
  worker.Serve({0, 1});
  bench.WaitFor(EventType::kServing, 0);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 50; i++) clients.push_back(Connect(ports[flooded]));
  ok(Until([&] { return bench.slot(0).handed == 1; }), name + "(the window is full)");
  for (int i = 0; i < 3; i++) clients.push_back(Connect(ports[quiet]));
  // By then the engine knows that both have something.
  ok(bench.WaitFor(EventType::kStarved), name + "(both have to wait)");
  size_t last_quiet = 0;
  size_t received = 0;
  while (received < clients.size() && worker.Receive()) {
    worker.Send(rondo::FrameType::kCredit);
    received = worker.connections().size();
    if (worker.connections().back().listener == quiet) last_quiet = received;
  }
  is(static_cast<long long>(received), static_cast<long long>(clients.size()),
     name + "all are received in the end");
  ok(last_quiet > 0 && last_quiet <= 8, name + "the other's three are among the first");
  printf("# %sthe third was received as number %zu\n", name.c_str(), last_quiet);
}

// With a turn that is shared, two listeners asked alternately would be one worker's each.
void TestOwnTurn() {
  EngineBench bench;
  const int ports[] = {bench.AddListener(0), bench.AddListener(1)};
  std::vector<std::unique_ptr<support::WorkerThread>> workers;
  for (uint16_t id = 0; id < 2; id++) workers.push_back(bench.AddWorker(id, Conduct::kHold));
  std::vector<UniqueFd> clients;
  const auto open = [&] { return bench.open(0) + bench.open(1); };
  for (size_t i = 0; i < 20; i++) {
    clients.push_back(Connect(ports[i % 2]));
    Until([&] { return open() == clients.size(); });
  }
  is(open(), 20, "(all are received, one after the other)");
  for (const auto& worker : workers) worker->LetGo();
  for (uint16_t id = 0; id < 2; id++) {
    for (uint16_t listener = 0; listener < 2; listener++) {
      is(bench.page(id).ended_of[listener], 5,
         "slot " + std::to_string(id) + " had its share of listener " + std::to_string(listener));
    }
  }
}

// A listener of a former one's number is another listener.
void TestNumberUsedAgain() {
  EngineBench bench;
  int port = bench.AddListener(0);
  auto worker = bench.AddWorker(0);
  int served = 0;
  for (int i = 0; i < 20; i++) {
    served += support::Ask(port) == 0;
    bench.RemoveListener(0);
    ok(bench.WaitFor(EventType::kListenerClosed), "(closed)");
    port = bench.AddListener(0);
  }
  is(served, 20, "a number that is used again is served again");
}

// Workers count what has ended by number.
void TestLimitOfNumberUsedAgain() {
  EngineBench bench;
  const int former_port = bench.AddListener(0);
  auto worker = bench.AddWorker(0);
  int served = 0;
  for (int i = 0; i < 20; i++) served += support::Ask(former_port) == 0;
  is(served, 20, "(a listener was served)");
  bench.RemoveListener(0);
  bench.WaitFor(EventType::kListenerClosed);
  rondo::ListenerOptions options;
  options.max_connections = 2;
  const int port = bench.AddListener(0, options);
  worker->Behave(Conduct::kHold);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 5; i++) clients.push_back(Connect(port));
  ok(bench.WaitFor(EventType::kStarved), "the limit of the next of its number holds");
  is(bench.open(0), 2, "for its own connections");
  worker->LetGo();
  ok(Until([&] { return bench.slot(0).handed == 24; }), "and as they end, the others follow");
}

// Nobody serves one of them.
void TestUnserved() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  const int unserved = bench.AddListener(1);
  auto worker = bench.AddWorker(0);
  worker->Serve({0});
  bench.WaitFor(EventType::kServing, 0);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 10; i++) clients.push_back(Connect(unserved));
  support::Crowd crowd(port, 200);
  crowd.Wait();
  is(crowd.served, 200, "a listener that nobody serves holds up no other");
  worker->Serve({0, 1});
  int served = 0;
  for (const UniqueFd& client : clients) served += support::Answer(client) == 0;
  is(served, 10, "and is served as soon as somebody does");
}

// One that is paused accepts nothing, and the other goes on.
void TestPaused() {
  EngineBench bench;
  const int paused = bench.AddListener(0);
  const int other = bench.AddListener(1);
  auto worker = bench.AddWorker(0);
  is(support::Ask(paused), 0, "(it is served)");
  bench.engine.PauseListener(0);
  bench.engine.PauseListener(0);
  bench.Settle();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 10; i++) clients.push_back(Connect(paused));
  support::Crowd crowd(other, 200);
  crowd.Wait();
  is(crowd.served, 200, "while a listener is paused the other is served");
  is(static_cast<long long>(bench.listener(0).accepted), 1, "and of the paused one nothing is");
  bench.engine.ResumeListener(0);
  int served = 0;
  for (const UniqueFd& client : clients) served += support::Answer(client) == 0;
  is(served, 10, "when it is resumed, those that have waited are");
  is(bench.Seen(EventType::kStarved), 0, "which was no starvation");
  bench.engine.ResumeListener(0);
  is(support::Ask(paused), 0, "resumed twice is as good as once");
}

// Its socket is replaced, or it is closed, or all are paused, meanwhile.
void TestPausedAndMore() {
  EngineBench bench;
  bench.AddListener(0);
  auto worker = bench.AddWorker(0);
  bench.engine.PauseListener(0);
  support::Door door = support::OpenDoor();
  bench.engine.ReplaceListener(0, std::move(door.fd));
  bench.Settle();
  UniqueFd client = Connect(door.port);
  bench.Settle();
  bench.engine.Pause();
  bench.engine.Resume();
  bench.Settle();
  is(static_cast<long long>(bench.listener(0).accepted), 0,
     "with another socket, and after a pause of all, a paused listener is paused");
  bench.engine.ResumeListener(0);
  is(support::Answer(client), 0, "until it is resumed");
  bench.engine.Pause();
  bench.engine.PauseListener(0);
  bench.engine.ResumeListener(0);
  bench.Settle();
  client = Connect(door.port);
  bench.Settle();
  is(static_cast<long long>(bench.listener(0).accepted), 1, "resumed while all are paused: it is");
  bench.engine.Resume();
  is(support::Answer(client), 0, "until they are resumed");
  bench.engine.PauseListener(0);
  bench.RemoveListener(0);
  ok(bench.WaitFor(EventType::kListenerClosed), "a paused one is closed");
  bench.engine.ResumeListener(0);
  is(support::Ask(bench.AddListener(0)), 0, "and the next of its number is not paused");
}

// For another process: both accept, and the socket goes on when one of them has closed its own.
void TestDuplicate() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  UniqueFd other;
  is(bench.engine.DupListener(0, &other), 0, "another fd of a listener's socket");
  is(bench.engine.DupListener(1, &other), -EBADF, "none of what was never open");
  ok(other.get() >= 0 && rondo::IsListening(other.get()), "which listens");
  bench.RemoveListener(0);
  ok(bench.WaitFor(EventType::kListenerClosed), "(closed)");
  UniqueFd none;
  is(bench.engine.DupListener(0, &none), -EBADF, "none of one that is closed");
  ok(none.get() < 0, "and nothing is given");

  EngineBench next;
  next.AddListener(0, std::move(other));
  auto worker = next.AddWorker(0);
  int served = 0;
  for (int i = 0; i < 20; i++) served += support::Ask(port) == 0;
  is(served, 20, "the next engine serves it");
  worker.reset();
  next.engine.Stop();
  is(next.engine.DupListener(0, &none), -ECANCELED, "none after the end");
}

// While connections come, and are dealt on the engine's thread.
void TestDuplicateUnderLoad() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  auto worker = bench.AddWorker(0);
  support::Crowd crowd(port, 500);
  int given = 0;
  for (int i = 0; i < 200; i++) {
    UniqueFd other;
    given += bench.engine.DupListener(0, &other) == 0;
  }
  crowd.Wait();
  is(given, 200, "under load, too");
  is(crowd.served, 500, "at no connection's expense");
}

rondo::UniqueFd ListenAt(const std::string& path) {
  return rondo::ListenUnix(path.data(), path.size(), {}, 4096).fd;
}

// A client's end; none if it is refused, or nobody has that file.
UniqueFd ConnectUnix(const std::string& path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit = {support::kTimeoutSeconds, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) fd.Reset();
  return fd;
}

// Clients that have looked up the file of the socket that is replaced come until it is closed, and
// after that. By a second name of it they can be as late as that.
void TestReplacedUnderLoad() {
  constexpr int kTimes = 100;
  char directory[] = "/tmp/rondo-replaced-XXXXXX";
  ok(mkdtemp(directory) != nullptr, "there is a directory");
  const std::string path = std::string(directory) + "/socket";
  const std::string late = std::string(directory) + "/late";
  EngineBench bench;
  bench.engine.ConfigureListener(0, {});
  bench.AddListener(0, ListenAt(path));
  auto worker = bench.AddWorker(0);
  std::atomic<bool> is_over{false};
  std::atomic<int> served{0};
  std::atomic<int> refused{0};
  std::atomic<int> others{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 2; i++) {
    clients.emplace_back([&] {
      while (!is_over) {
        const int answer = support::Answer(ConnectUnix(late));
        (answer == 0 ? served : answer == support::kRefused ? refused : others)++;
      }
    });
  }
  for (int i = 0; i < kTimes; i++) {
    unlink(late.c_str());
    link(path.c_str(), late.c_str());
    const int before = served;
    ok(Until([&] { return served > before; }), "a client is served");
    unlink(path.c_str());
    bench.engine.ReplaceListener(0, ListenAt(path));
    bench.Settle();
  }
  is_over = true;
  for (std::thread& client : clients) client.join();
  is(others.load(), 0, "whoever is not refused is served");
  ok(refused > 0, "some were refused");
  unlink(late.c_str());
  unlink(path.c_str());
  rmdir(directory);
}

// Another process that has the old socket, as in an upgrade, goes on with it: it is not readable
// for ever, which would keep a core busy there.
void TestReplacedThatIsShared() {
  char directory[] = "/tmp/rondo-replaced-XXXXXX";
  ok(mkdtemp(directory) != nullptr, "there is a directory");
  const std::string path = std::string(directory) + "/socket";
  EngineBench bench;
  bench.engine.ConfigureListener(0, {});
  bench.AddListener(0, ListenAt(path));
  UniqueFd other;
  is(bench.engine.DupListener(0, &other), 0, "another process is given the socket");
  unlink(path.c_str());
  bench.engine.ReplaceListener(0, ListenAt(path));
  bench.Settle();
  pollfd poll_fd = {other.get(), POLLIN, 0};
  is(poll(&poll_fd, 1, 0), 0, "with nobody in its backlog there is nothing to accept");
  unlink(path.c_str());
  rmdir(directory);
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestFlood(0, 1);
  TestFlood(1, 0);
  TestOwnTurn();
  TestNumberUsedAgain();
  TestLimitOfNumberUsedAgain();
  TestUnserved();
  TestPaused();
  TestPausedAndMore();
  TestDuplicate();
  TestDuplicateUnderLoad();
  TestReplacedUnderLoad();
  TestReplacedThatIsShared();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
