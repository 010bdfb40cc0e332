// links: engine receiver channel base uv
// The engine's life and its traffic:
// real sockets, real receivers in threads of their own. Every client is served, or let go; none
// hangs. What workers do wrong is in engine_faults_test.cc.
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine_bench.h"
#include "tap.h"

namespace {

using rondo::Event;
using rondo::EventType;
using rondo::GoneReason;
using rondo::HeartbeatAgeMs;
using rondo::UniqueFd;
using support::Ask;
using support::BenchOptions;
using support::Conduct;
using support::CountOpenFds;
using support::Crowd;
using support::EngineBench;
using support::Until;
using support::WorkerThread;
using tap::is;
using tap::ok;

using Workers = std::vector<std::unique_ptr<WorkerThread>>;

// ---- its life -------------------------------------------------------------------------------

void TestLife() {
  const int fds_before = CountOpenFds();
  { EngineBench bench; }
  for (int i = 0; i < 100; i++) EngineBench().AddListener(0);
  is(CountOpenFds(), fds_before, "destroyed right after its start it leaves no fd");

  {
    EngineBench bench;
    is(bench.start_result, 0, "it starts");
    bench.engine.Stop();
    ok(bench.WaitFor(EventType::kStopped), "and stops");
    bench.engine.Stop();
    bench.engine.Join();
    bench.engine.Join();
    ok(bench.engine.TakeEvents().empty(), "twice is as good as once");
    const int before = CountOpenFds();
    bench.AddListener(0);
    bench.OpenSlot(0).Reset();
    bench.engine.WatchProcess(0, 1, support::NewSocket(), 0);
    bench.engine.RemoveSlot(0, 1, GoneReason::kClosed);
    bench.engine.Pause();
    bench.engine.Resume();
    is(CountOpenFds() - before, 0, "what is given to it then is closed");
  }
  {
    rondo::Engine never({}, {nullptr, nullptr});
    never.AddListener(0, support::NewSocket());
    never.Stop();
  }
  is(CountOpenFds(), fds_before, "one that was never started leaves no fd either");

  int free = 0;
  int wrong = 0;
  for (; free < 12; free++) {
    rondo::Engine poor({}, {nullptr, [](void*) {}});
    const support::FdLimit limit(free);
    const int result = poor.Start();
    if (result == 0) break;
    wrong += result != -EMFILE;
  }
  ok(free > 0 && free < 12 && wrong == 0, "without the fds it needs it says so, then it starts");
  is(CountOpenFds(), fds_before, "and has left none");
}

// ---- its traffic ----------------------------------------------------------------------------

void TestTraffic(const char* policy, uint32_t window, int count) {
  const std::string name = std::string(policy) + ", window " + std::to_string(window) + ": ";
  const int fds_before = CountOpenFds();
  {
    Workers workers;
    EngineBench bench({{window, 0}, 0, policy});
    const int port = bench.AddListener(0);
    for (uint16_t id = 0; id < 4; id++) workers.push_back(bench.AddWorker(id));
    Crowd crowd(port, count);
    crowd.Wait();
    is(crowd.served, count, name + "every client is served");
    // The last clients may have their answers before everybody has counted them.
    Until([&] {
      int received = 0;
      uint32_t open = 0;
      for (uint16_t id = 0; id < 4; id++) {
        received += workers[id]->received;
        open += bench.open(id);
      }
      return received == count && open == 0;
    });
    // It counts a frame when that is sent.
    bench.Settle();
    is(static_cast<long long>(bench.listener(0).accepted), count, name + "accepted, counted");
    long long handed = 0;
    long long least = count;
    for (uint16_t id = 0; id < 4; id++) {
      const long long received = workers[id]->received;
      handed += static_cast<long long>(bench.slot(id).handed);
      least = std::min(least, received);
      is(received, static_cast<long long>(bench.slot(id).handed), name + "handed is received");
      is(bench.open(id), 0, name + "and none is open any more");
    }
    is(handed, count, name + "each was handed once");
    ok(least > count / 8, name + "and every worker had its share");
  }
  is(CountOpenFds(), fds_before, name + "no fd is left");
}

// While clients ask for one listener, another listener and another slot come and go.
void TestChange() {
  const int fds_before = CountOpenFds();
  {
    Workers workers;
    EngineBench bench;
    const int port = bench.AddListener(0);
    workers.push_back(bench.AddWorker(0));
    Crowd crowd(port, 1 << 30);
    int gone = 0;
    int served = 0;
    for (uint32_t generation = 1; generation <= 100; generation++) {
      const int other_port = bench.AddListener(1);
      auto worker = bench.AddWorker(1, Conduct::kServe, generation);
      served += Ask(other_port) >= 0;
      // By turns its program closes the slot, and it dies with connections on their way to it.
      const bool dies = generation % 2 == 0;
      if (dies) worker.reset();
      bench.engine.RemoveSlot(1, generation, dies ? GoneReason::kExited : GoneReason::kClosed);
      Event event;
      if (bench.WaitFor(EventType::kGone, 1, &event) && event.generation == generation) gone++;
      bench.RemoveListener(1);
    }
    is(gone, 100, "100 slots came and went");
    is(served, 100, "and 100 listeners were served");
    crowd.Stop();
    ok(crowd.served > 100, "meanwhile clients were served");
    is(crowd.hung, 0, "and none of them hung");
    is(crowd.closed, 0, "or was let go, also of those a dying worker had not received");
    is(crowd.refused, 0, "or refused");
  }
  is(CountOpenFds(), fds_before, "no fd is left");
}

// At any moment, with clients on their way in. The listening socket stays open here, for a kernel
// that closes one may leave a client that connects in that instant without an answer.
void TestStop() {
  std::mt19937 random(20240815);
  const int fds_before = CountOpenFds();
  int stopped = 0;
  int hung = 0;
  int waiting = 0;
  int unaware = 0;
  for (int i = 0; i < 40; i++) {
    Workers workers;
    EngineBench bench;
    UniqueFd door;
    const int port = bench.AddListener(0, &door);
    Crowd crowd(port, 1 << 30);
    workers.push_back(bench.AddWorker(0));
    workers.push_back(bench.AddWorker(1, i % 2 == 0 ? Conduct::kServe : Conduct::kRefuse));
    usleep(static_cast<useconds_t>(random() % 3000));
    bench.engine.Stop();
    if (bench.WaitFor(EventType::kStopped)) stopped++;
    crowd.StopAndEmpty(door);
    hung += crowd.hung;
    waiting += bench.engine.shared().engine.waiting != 0;
    const auto has_ended = [](const auto& worker) { return worker->has_ended.load(); };
    const auto have_ended = [&] { return std::all_of(workers.begin(), workers.end(), has_ended); };
    unaware += !Until(have_ended);
  }
  is(stopped, 40, "stopped at 40 moments");
  is(hung, 0, "no client hangs");
  is(waiting, 0, "none waits in the primary");
  is(unaware, 0, "the workers see the end");
  is(CountOpenFds(), fds_before, "no fd is left");
}

void TestPause() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  auto worker = bench.AddWorker(0);
  ok(Ask(port) >= 0, "(a client is served)");
  bench.engine.Pause();
  bench.engine.Pause();
  const int other_port = bench.AddListener(1);
  bench.WaitFor(EventType::kServing, 0);
  const UniqueFd client = support::Connect(port);
  const UniqueFd other = support::Connect(other_port);
  ok(client && other, "while it pauses, clients can connect");
  const uint64_t accepted = bench.listener(0).accepted + bench.listener(1).accepted;
  is(static_cast<long long>(accepted), 1, "and wait in the kernel");
  ok(!support::IsAnswered(client) && !support::IsAnswered(other), "unanswered");
  bench.engine.Resume();
  is(support::Answer(client), 0, "then they are served");
  is(support::Answer(other), 0, "also by a listener that came meanwhile");
  ok(Ask(port) >= 0, "and so are those who come later");
}

// What may change while it runs counts from the next connection on, also for those that wait.
void TestConfigure() {
  EngineBench bench({{1, 0}, 0});
  const int port = bench.AddListener(0);
  auto standing = bench.AddWorker(0);
  standing->Stop();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 10; i++) clients.push_back(support::Connect(port));
  ok(bench.WaitFor(EventType::kStarved), "(a window of 1 is full, and it starves)");
  is(bench.pending(0), 1, "with one in it");
  bench.engine.Configure({{4, 0}});
  ok(Until([&] { return bench.pending(0) == 4; }), "a larger one is filled at once");
  bench.engine.Configure({{2, 0}});
  auto other = bench.AddWorker(1);
  const auto answered = [&] {
    return std::count_if(clients.begin(), clients.end(), support::IsAnswered);
  };
  ok(Until([&] { return answered() == 6; }), "the next worker has what was left");
  is(bench.pending(0), 4, "and the first keeps what it had");
  bench.engine.Configure({{2, 0}, 20});
  ok(bench.WaitFor(EventType::kTakenBack, 0), "until it is taken back after a time there is now");
  ok(Until([&] { return answered() == 10; }), "so all are served");
  standing->Go();

  bench.engine.Configure({{2, 0}});
  rondo::ListenerOptions options;
  options.policy.name = "least-connections";
  bench.engine.ConfigureListener(0, options);
  ok(Until([&] { return Ask(port) == 0; }), "(it receives again)");
  other->Behave(Conduct::kHold);
  standing->Behave(Conduct::kHold);
  for (int i = 0; i < 8; i++) clients.push_back(support::Connect(port));
  ok(Until([&] { return bench.open(0) + bench.open(1) == 8; }), "(both hold some)");
  const uint32_t before = bench.open(1);
  standing->LetGo();
  ok(Until([&] { return bench.open(0) == 0; }), "(the first has none any more)");
  for (uint32_t i = 0; i < before; i++) {
    clients.push_back(support::Connect(port));
    Until([&] { return bench.open(0) == i + 1; });
  }
  is(bench.open(0), before, "another policy picks by what it looks at");
  is(bench.open(1), before, "and by nothing else");
}

void TestNobody() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; i++) clients.push_back(support::Connect(port));
  ok(bench.WaitFor(EventType::kStarved), "without a worker it says that it starves");
  is(static_cast<long long>(bench.listener(0).accepted), 0, "and accepts nothing");
  auto worker = bench.AddWorker(0);
  int served = 0;
  for (const UniqueFd& client : clients) served += support::Answer(client) >= 0;
  is(served, 20, "as soon as one comes, all are served");
  ok(bench.WaitFor(EventType::kFlowing), "and it says that it flows");
  ok(bench.engine.shared().engine.starved_ns >= 100000000, "the time of it is counted");
}

// What a worker holds keeps it from nothing, and what it has not received goes to the next.
void TestNextGeneration() {
  const int fds_before = CountOpenFds();
  {
    EngineBench bench;
    const int port = bench.AddListener(0);
    auto first = bench.AddWorker(0, Conduct::kHold);
    const UniqueFd held = support::Connect(port);
    ok(Until([&] { return bench.open(0) == 1; }), "a connection it holds is open");
    first->Stop();
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 10; i++) clients.push_back(support::Connect(port));
    ok(Until([&] { return bench.slot(0).handed == 3; }), "the window is filled");
    first->Go();
    first->LetGo();
    is(support::Answer(held), support::kClosed, "it lets go what it holds");
    ok(Until([&] { return first->received == 11; }), "and receives the others");
    first.reset();
    bench.engine.RemoveSlot(0, 1, GoneReason::kExited);
    ok(bench.WaitFor(EventType::kGone, 0), "it ends");
    auto second = bench.AddWorker(0, Conduct::kServe, 2);
    is(Ask(port), 0, "the next one serves");
  }
  is(CountOpenFds(), fds_before, "no fd is left");
}

// What a worker has not received is dealt at once, though nobody has said that it is gone and
// nothing else goes on: its successor is there, and has not spoken yet.
void TestReplaced() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  auto first = bench.AddWorker(0);
  first->Stop();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 2; i++) clients.push_back(support::Connect(port));
  ok(Until([&] { return bench.slot(0).handed == 2; }), "(two wait for a worker that stands still)");
  auto other = bench.AddWorker(1);
  const UniqueFd silent = bench.OpenSlot(0, 2);
  for (const UniqueFd& client : clients) {
    is(support::Answer(client), 1, "the other worker gets it when the slot has another process");
  }
  first->Go();
}

// The age of the loop of the process that is there now, and of nobody before it.
void TestHeartbeat() {
  EngineBench bench;
  const auto age = [&] { return HeartbeatAgeMs(bench.page(0)); };
  bench.AddListener(0);
  auto first = bench.AddWorker(0);
  is(age(), -1, "a worker that was not asked to shows nothing");
  first->Beat(1);
  ok(age() >= 0, "one that was, its age, at once");
  const uint32_t beat = bench.page(0).heartbeat;
  ok(Until([&] { return bench.page(0).heartbeat != beat; }), "and again and again");
  first->Stop();
  ok(Until([&] { return age() >= 100; }), "while its loop stands still, it ages");
  first->Go();
  ok(Until([&] { return age() < 100; }), "then it is young again");

  bench.engine.RemoveSlot(0, 1, GoneReason::kExited);
  const UniqueFd channel = bench.OpenSlot(0, 2);
  is(age(), -1, "its age is not that of the next process");
  WorkerThread second(UniqueFd(fcntl(channel.get(), F_DUPFD_CLOEXEC, 0)));
  ok(bench.WaitFor(EventType::kServing, 0), "(which is there)");
  is(age(), -1, "as long as that shows nothing");
  second.Beat(1);
  ok(age() >= 0, "it has an age of its own");
  second.Beat(0);
  is(age(), -1, "until it shows nothing again");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestLife();
  TestTraffic("round-robin", 2, 10000);
  TestTraffic("round-robin", 1, 1000);
  TestTraffic("least-connections", 8, 1000);
  TestChange();
  TestStop();
  TestPause();
  TestConfigure();
  TestNobody();
  TestNextGeneration();
  TestReplaced();
  TestHeartbeat();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
