// links: engine receiver channel base uv
// What the engine does with connections that workers send back: another worker has them, and those
// that nobody takes end. No client hangs.
#include <poll.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine_bench.h"
#include "raw_worker.h"
#include "tap.h"

namespace {

using rondo::EventType;
using rondo::FrameType;
using rondo::UniqueFd;
using support::Answer;
using support::Ask;
using support::Conduct;
using support::Connect;
using support::CountOpenFds;
using support::Crowd;
using support::EngineBench;
using support::kClosed;
using support::RawWorker;
using support::Until;
using tap::is;
using tap::ok;
using tap::skip;

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
    ok(Until([&] { return bench.waiting() == 0; }), "none waits");
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
  ok(worker.Receive(), "(a worker receives)");
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
  ok(worker.Receive(), "(a worker receives)");
  bench.RemoveListener(7);
  rondo::SendServing(worker.channel(), nullptr, 0);
  bench.WaitFor(EventType::kServing, 0);
  worker.GiveBack(1);
  worker.connections().clear();
  is(Answer(client), kClosed, "what comes back to a listener that is gone is closed");
  ok(Until([&] { return bench.listener(7).closed == 1; }), "and counted");
  ok(Until([&] { return bench.waiting() == 0; }), "and does not wait");
}

// One worker was full for a moment, the other stands still: who waits for the second alone would
// wait for ever.
void TestRefusedAndStuck() {
  EngineBench bench({{1, 0}, 50});
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
  if (!support::AllowFds(2 * kCount + 100)) return skip("a crowd", "it needs more fds");
  EngineBench bench({{2, 0}, 0});
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
  const auto waiting = [&] { return bench.waiting(); };
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

// A connection can name 255 workers that have refused it, and no more. `is_hostile`: they send it
// back although it is final.
void TestRefusedByHundreds(bool is_hostile) {
  const std::string name = is_hostile ? "even the last one's refusal: " : "hundreds refuse: ";
  constexpr uint16_t kWorkers = 300;
  if (!support::AllowFds(5 * kWorkers + 100)) return skip(name, "it needs more fds");
  EngineBench bench;
  const int port = bench.AddListener(0);
  std::vector<std::unique_ptr<RawWorker>> workers;
  std::vector<pollfd> fds;
  for (uint16_t id = 0; id < kWorkers; id++) {
    workers.push_back(std::make_unique<RawWorker>(bench.OpenSlot(id)));
    workers.back()->Serve({0});
    bench.WaitFor(EventType::kServing, id);
    fds.push_back({workers.back()->channel(), POLLIN, 0});
  }
  const UniqueFd client = Connect(port);
  int refused = 0;
  int finals = 0;
  const auto refuse_all = [&] {
    if (poll(fds.data(), fds.size(), 10) <= 0) return;
    for (size_t i = 0; i < fds.size(); i++) {
      if ((fds[i].revents & POLLIN) == 0) continue;
      RawWorker& worker = *workers[i];
      if (worker.Read(0) != static_cast<int>(FrameType::kConnections)) continue;
      worker.page()->received++;
      const bool is_final = worker.connections()[0].is_final;
      finals += is_final;
      refused++;
      if (!is_final || is_hostile) worker.GiveBack();
      worker.connections().clear();
    }
  };
  ok(Until([&] {
       refuse_all();
       return support::IsAnswered(client) || refused > 2 * kWorkers;
     }),
     name + "(each that gets the connection sends it back)");
  ok(support::IsAnswered(client), name + "it is closed");
  is(Answer(client), kClosed, name + "without an answer");
  is(finals, 1, name + "one was told that it is the last");
  is(refused, 256, name + "after 255 others");
  ok(Until([&] { return bench.waiting() == 0; }), name + "and it does not wait");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestRefusedByAll();
  TestRefusedByOne();
  TestRefusedByTheOnlyOne();
  TestListenerGone();
  TestRefusedAndStuck();
  TestRefusedByHundreds(false);
  TestRefusedByHundreds(true);
  TestCrowd();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
