// links: engine receiver channel base uv
// What comes before the first connection: hello, the welcome with the scoreboard, mapped, serving.
// Nothing is handed to a worker that has not got so far, and what was lost is sent again.
#include <memory>
#include <string>
#include <vector>

#include "engine_bench.h"
#include "raw_worker.h"
#include "tap.h"

namespace {

using rondo::Event;
using rondo::EventType;
using rondo::FrameType;
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

void TestNeverMapped() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  RawWorker greeted(bench.OpenSlot(0));
  greeted.Greet();
  auto well = bench.AddWorker(1);
  Crowd crowd(port, 50);
  crowd.Wait();
  is(crowd.served, 50, "a worker that never says that it has the scoreboard delays nobody");
  is(static_cast<long long>(bench.slot(0).handed), 0, "and gets nothing");
  is(greeted.Read(0), 0, "not a frame");
  greeted.Send(FrameType::kMapped);
  const uint16_t listener = 0;
  rondo::SendServing(greeted.channel(), &listener, 1);
  ok(bench.WaitFor(EventType::kServing, 0), "when it says so after all");
  well.reset();
  bench.engine.RemoveSlot(1, 1, rondo::GoneReason::kExited);
  const UniqueFd client = Connect(port);
  ok(greeted.Receive(), "it gets connections");
}

// The scoreboard of a worker counts what it received from the first on.
void TestCountsFromTheFirst() {
  EngineBench bench({{1, 0}, 0});
  const int port = bench.AddListener(0);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; i++) clients.push_back(Connect(port));
  auto worker = bench.AddWorker(0, support::Conduct::kHold);
  ok(Until([&] { return worker->received == 20; }), "(connections waited for the first worker)");
  is(bench.open(0), 20, "all that it received are counted");
  is(bench.pending(0), 0, "so its window is whole");
  worker->LetGo();
  is(bench.open(0), 0, "and so are all that ended");
}

void TestHelloAgain() {
  EngineBench bench({{3, 0}, 0});
  RawWorker worker(bench.OpenSlot(0));
  bench.AddListener(0);
  for (int i = 0; i < 3; i++) {
    rondo::SendHello(worker.channel());
    ok(worker.ReadUntil(FrameType::kWelcome), "each hello before mapped has a welcome");
    is(worker.window(), 3, "with the window");
    ok(worker.ReadUntil(FrameType::kState), "and the state");
  }
  ok(worker.page() != nullptr && worker.engine_page() != nullptr, "the scoreboard comes with it");
  worker.Send(FrameType::kMapped);
  const uint16_t listener = 0;
  rondo::SendServing(worker.channel(), &listener, 1);
  ok(bench.WaitFor(EventType::kServing, 0), "then it serves");
}

// What a worker is told waits behind its connections, and is taken back with them.
void TestSwallowedWelcome() {
  EngineBench bench({{2, 0}, 20});
  const int port = bench.AddListener(0);
  RawWorker slow(bench.OpenSlot(0));
  slow.Serve({0});
  bench.WaitFor(EventType::kServing, 0);
  const UniqueFd client = Connect(port);
  ok(Until([&] { return bench.slot(0).handed == 1; }), "(handed to a worker that does not read)");
  bench.engine.Configure({{7, 0}, 20});
  const std::string state("\0\1", 2);
  bench.engine.SetState(state);
  bench.Settle();
  auto well = bench.AddWorker(1);
  is(Answer(client), 1, "what it does not receive is taken back");
  ok(slow.ReadUntil(FrameType::kWelcome), "with the welcome, which is sent again");
  is(slow.window(), 7, "and says the new window");
  ok(slow.ReadUntil(FrameType::kState), "as is the state");
  ok(slow.state() == state, "the new one");
}

// While the owner's loop is blocked nobody takes events.
void TestFloodOfServing() {
  EngineBench bench;
  bench.AddListener(0);
  auto well = bench.AddWorker(1);
  RawWorker loud(bench.OpenSlot(0));
  loud.Serve({});
  bench.WaitFor(EventType::kServing, 0);
  constexpr size_t kFlood = 20'000;
  const uint16_t listeners[] = {0, 1, 2};
  const auto serve = [&](size_t count) {
    while (rondo::SendServing(loud.channel(), listeners, count) == -EAGAIN) usleep(100);
  };
  for (size_t sent = 0; sent < kFlood; sent++) serve(sent % 4);
  serve(2);
  std::vector<Event> events;
  ok(Until([&] {
       for (const Event& event : bench.engine.TakeEvents()) events.push_back(event);
       return !events.empty() && events.back().count == 2;
     }),
     "a flood of serving frames is read to its end");
  // One for each look at the queue; the first was after the flood.
  ok(events.size() < 100, "and does not grow the queue of events");
  printf("# %zu events for %zu frames\n", events.size(), kFlood);
  is(bench.page(1).received, 0, "(the other worker has nothing to do)");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestNeverMapped();
  TestCountsFromTheFirst();
  TestHelloAgain();
  TestSwallowedWelcome();
  TestFloodOfServing();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
