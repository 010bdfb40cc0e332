// links: engine receiver channel base uv
// What the engine does about workers that stand still, or never speak: the others go on, and what
// was handed to those that do not receive is served.
#include <memory>
#include <vector>

#include "engine_bench.h"
#include "raw_worker.h"
#include "tap.h"

namespace {

using rondo::Event;
using rondo::EventType;
using rondo::GoneReason;
using rondo::UniqueFd;
using support::Answer;
using support::Ask;
using support::Connect;
using support::CountOpenFds;
using support::Crowd;
using support::EngineBench;
using support::RawWorker;
using support::Until;
using tap::is;
using tap::ok;

void TestStuckWorker() {
  EngineBench bench({{2, 0}, 50});
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
  EngineBench bench({{2, 0}, 3'600'000});
  const int port = bench.AddListener(0);
  auto busy = bench.AddWorker(0);
  auto other = bench.AddWorker(1);
  busy->Stop();
  other->Stop();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 6; i++) clients.push_back(Connect(port));
  const auto pending = [&bench](uint16_t id) { return bench.pending(id); };
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
  EngineBench bench({{2, 0}, 0});
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
  EngineBench bench({{2, 0}, 50});
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
  EngineBench bench({{2, 0}, 50});
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

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestBusyWorker();
  TestStuckWorker();
  TestStuckForGood();
  TestNobodyElse();
  TestMuteWorker();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
