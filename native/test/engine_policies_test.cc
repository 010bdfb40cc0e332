// links: engine receiver channel base uv
// Policies that do not decide at once: the program's function and a worker that is waited for. What
// they do not decide in time is decided by round robin, so that no client hangs.
#include <memory>
#include <string>
#include <vector>

#include "engine_bench.h"
#include "tap.h"

namespace {

using rondo::EventType;
using rondo::ListenerOptions;
using rondo::PickAnswer;
using rondo::PickRequest;
using rondo::UniqueFd;
using support::Answer;
using support::Ask;
using support::BenchOptions;
using support::Conduct;
using support::Connect;
using support::CountOpenFds;
using support::EngineBench;
using support::Until;
using support::WorkerThread;
using tap::is;
using tap::ok;

constexpr uint64_t kLong = 60'000;

ListenerOptions PolicyOf(const char* name, uint32_t wait_ms = 0) {
  ListenerOptions options;
  options.policy.name = name;
  options.policy.wait_ms = wait_ms;
  return options;
}

BenchOptions PickTimeout(uint64_t ms) {
  BenchOptions options;
  options.pick_timeout_ms = ms;
  return options;
}

// ---- the program's function -------------------------------------------------------------------

std::vector<PickRequest> TakePicks(EngineBench* bench, size_t count) {
  std::vector<PickRequest> requests;
  Until([&] {
    for (const PickRequest& request : bench->engine.TakePicks()) requests.push_back(request);
    return requests.size() >= count;
  });
  return requests;
}

void TestAnswered() {
  EngineBench bench(PickTimeout(kLong));
  const int port = bench.AddListener(5, PolicyOf("function"));
  std::vector<std::unique_ptr<WorkerThread>> workers;
  for (uint16_t id = 0; id < 3; id++) workers.push_back(bench.AddWorker(id));
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 30; i++) clients.push_back(Connect(port));
  const std::vector<PickRequest> requests = TakePicks(&bench, clients.size());
  is(static_cast<long long>(requests.size()), 30, "the program is asked about each");
  ok(bench.WaitFor(EventType::kPick, 5), "and told that it is");
  ok(Until([&] { return bench.waiting() == 30; }), "meanwhile they wait");
  std::vector<PickAnswer> answers;
  int strange = 0;
  for (const PickRequest& request : requests) {
    strange += request.listener != 5 || request.peer.family != 4 || request.peer.port == 0 ||
               rondo::AddressText(request.peer) != "127.0.0.1";
    answers.push_back({request.ticket, 2});
  }
  is(strange, 0, "it is told the listener, the client's address and port");
  bench.engine.AnswerPicks(answers);
  int as_picked = 0;
  for (const UniqueFd& client : clients) as_picked += Answer(client) == 2;
  is(as_picked, 30, "each goes where it says");
  bench.engine.AnswerPicks(answers);
  bench.engine.AnswerPicks({{0, 1}, {UINT32_MAX, 1}});
  bench.Settle();
  is(bench.Seen(EventType::kPickTimedOut), 0, "none came too late");
  is(static_cast<long long>(bench.slot(2).handed), 30, "answering twice does nothing");
}

void TestAnsweredWithNonsense() {
  EngineBench bench(PickTimeout(kLong));
  const int port = bench.AddListener(0, PolicyOf("function"));
  auto worker = bench.AddWorker(1);
  for (const int slot : {-1, 0, 7, 1023, 1024, INT32_MAX, INT32_MIN}) {
    const UniqueFd client = Connect(port);
    const std::vector<PickRequest> requests = TakePicks(&bench, 1);
    bench.engine.AnswerPicks({{requests[0].ticket, slot}});
    is(Answer(client), 1, "the answer " + std::to_string(slot) + " leaves it to round robin");
  }
}

void TestLate() {
  EngineBench bench(PickTimeout(100));
  const int port = bench.AddListener(0, PolicyOf("function"));
  auto worker = bench.AddWorker(0);
  auto other = bench.AddWorker(1);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 20; i++) clients.push_back(Connect(port));
  int served = 0;
  for (const UniqueFd& client : clients) served += Answer(client) >= 0;
  is(served, 20, "without an answer in time they are served");
  ok(bench.slot(0).handed > 0 && bench.slot(1).handed > 0, "by round robin");
  rondo::Event event;
  ok(bench.WaitFor(EventType::kPickTimedOut, 0, &event), "and it is said");
  std::vector<PickAnswer> answers;
  for (const PickRequest& request : TakePicks(&bench, 20)) answers.push_back({request.ticket, 1});
  bench.engine.AnswerPicks(answers);
  bench.Settle();
  is(static_cast<long long>(bench.slot(0).handed + bench.slot(1).handed), 20,
     "an answer that comes late does nothing");
}

// The program's loop is blocked, and so are the events: they add up.
void TestNever() {
  EngineBench bench(PickTimeout(1));
  const int port = bench.AddListener(0, PolicyOf("function"));
  auto worker = bench.AddWorker(0);
  constexpr int kCount = 300;
  support::Crowd crowd(port, kCount);
  crowd.Wait();
  is(crowd.served, kCount, "a program that never answers does not keep clients waiting");
  uint64_t timed_out = 0;
  size_t events = 0;
  ok(Until([&] {
       for (const rondo::Event& event : bench.engine.TakeEvents()) {
         events++;
         if (event.type == EventType::kPickTimedOut) timed_out += event.count;
       }
       return timed_out == kCount;
     }),
     "for how many it came too late is counted");
  ok(events < 100, "in few events");
}

void TestPickedIsBusyOrGone() {
  EngineBench bench(PickTimeout(kLong));
  const int port = bench.AddListener(0, PolicyOf("function"));
  auto busy = bench.AddWorker(0);
  auto other = bench.AddWorker(1);
  busy->Stop();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 6; i++) clients.push_back(Connect(port));
  std::vector<PickAnswer> answers;
  for (const PickRequest& request : TakePicks(&bench, 6)) answers.push_back({request.ticket, 0});
  bench.engine.AnswerPicks(answers);
  const auto answered = [&] {
    return std::count_if(clients.begin(), clients.end(), support::IsAnswered);
  };
  ok(Until([&] { return answered() == 4; }),
     "what waits for a worker without room goes on in time");
  is(bench.pending(0), 2, "and the rest is that worker's");
  busy->Go();
  ok(Until([&] { return answered() == 6; }), "which serves it");

  busy->Stop();
  clients.clear();
  for (int i = 0; i < 6; i++) clients.push_back(Connect(port));
  answers.clear();
  for (const PickRequest& request : TakePicks(&bench, 6)) answers.push_back({request.ticket, 0});
  bench.engine.AnswerPicks(answers);
  bench.engine.RemoveSlot(0, 1, rondo::GoneReason::kExited);
  int served = 0;
  for (const UniqueFd& client : clients) served += Answer(client) == 1;
  is(served, 6, "what waits for a worker that goes is another's");
  busy->Go();
}

// ---- a worker that is waited for ----------------------------------------------------------------

void TestSourceIp() {
  EngineBench bench;
  const int port = bench.AddListener(0, PolicyOf("source-ip", 10'000));
  std::vector<std::unique_ptr<WorkerThread>> workers;
  for (uint16_t id = 0; id < 4; id++) workers.push_back(bench.AddWorker(id));
  const int own = Ask(port);
  int same = 0;
  for (int i = 0; i < 40; i++) same += Ask(port) == own;
  is(same, 40, "one client's connections go to one worker");
  if (own < 0) return;

  WorkerThread* const worker = workers[static_cast<size_t>(own)].get();
  worker->Stop();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 10; i++) clients.push_back(Connect(port));
  ok(Until([&] { return bench.waiting() == 8; }), "while it is busy they wait for it");
  const auto answered = [&] {
    return std::count_if(clients.begin(), clients.end(), support::IsAnswered);
  };
  is(answered(), 0, "and for nobody else");
  worker->Go();
  same = 0;
  for (const UniqueFd& client : clients) same += Answer(client) == own;
  is(same, 10, "then it serves them");

  bench.engine.ConfigureListener(0, PolicyOf("source-ip", 50));
  worker->Stop();
  clients.clear();
  for (int i = 0; i < 10; i++) clients.push_back(Connect(port));
  ok(Until([&] { return answered() == 8; }), "after its time what waits goes to another");
  int others = 0;
  for (const UniqueFd& client : clients) {
    if (support::IsAnswered(client)) others += Answer(client) != own;
  }
  is(others, 8, "which serves it");

  bench.engine.RemoveSlot(static_cast<uint16_t>(own), 1, rondo::GoneReason::kExited);
  const int next = Ask(port);
  ok(next >= 0 && next != own, "when it is gone another has its clients");
  worker->Go();
}

// While clients ask, and with some of them waiting: none is lost by it.
void TestPolicyChanges() {
  EngineBench bench(PickTimeout(20));
  const int port = bench.AddListener(0);
  auto first = bench.AddWorker(0);
  auto second = bench.AddWorker(1);
  support::Crowd crowd(port, 1 << 30);
  const char* const names[] = {"function",    "source-ip", "random",   "least-connections",
                               "two-choices", "weighted",  "function", "least-loaded",
                               "round-robin", "source-ip"};
  for (const char* const name : names) {
    const int before = crowd.served;
    bench.engine.ConfigureListener(0, PolicyOf(name, 20));
    ok(Until([&] { return crowd.served > before + 50; }), std::string("clients go on by ") + name);
  }
  crowd.Stop();
  is(crowd.hung + crowd.closed + crowd.refused, 0, "a policy that changes loses nobody");
  bench.engine.ConfigureListener(0, PolicyOf("no such policy"));
  ok(Ask(port) >= 0, "one there is none of changes nothing");
}

// Whoever is to answer does nothing for long, and their connections have been dealt meanwhile.
void TestOldRequests() {
  rondo::Picks picks;
  constexpr uint32_t kCount = 100'000;
  for (uint32_t ticket = 1; ticket <= kCount; ticket++) {
    picks.Put({ticket, rondo::Question::kSlot, 0, rondo::Peer(), std::string(), false});
  }
  const std::vector<PickRequest> requests = picks.Take();
  ok(requests.size() <= 16'384, "requests that nobody takes are bounded");
  ok(requests.size() >= 4'096, "well above what may wait");
  is(static_cast<long long>(requests.back().ticket), kCount, "the latest are there");
  is(static_cast<long long>(requests.front().ticket + requests.size()), kCount + 1, "in order");
  ok(picks.Take().empty(), "and taken once");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestAnswered();
  TestAnsweredWithNonsense();
  TestLate();
  TestNever();
  TestPickedIsBusyOrGone();
  TestSourceIp();
  TestPolicyChanges();
  TestOldRequests();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
