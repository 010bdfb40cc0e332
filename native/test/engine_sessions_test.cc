// links: engine receiver channel base uv
// Sessions that stay with one worker each: what each keeps, what only a worker that is gone
// changes, what a worker may claim, and the bounds.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine_bench.h"
#include "looking_listener.h"
#include "raw_worker.h"
#include "tap.h"

namespace {

using rondo::ClaimKind;
using rondo::Event;
using rondo::EventType;
using rondo::FrameType;
using rondo::GoneReason;
using rondo::SessionCounters;
using rondo::UniqueFd;
using support::Answer;
using support::Bytes;
using support::Conduct;
using support::Connect;
using support::CountOpenFds;
using support::EngineBench;
using support::Get;
using support::IsAnswered;
using support::RawWorker;
using support::Sticky;
using support::StickyBounds;
using support::Until;
using support::Visit;
using support::WorkerThread;
using tap::is;
using tap::ok;

constexpr uint16_t kId = 3;

long long Read(const rondo::Counter& counter) { return static_cast<long long>(counter.load()); }

// An engine with one listener of that kind, and workers of the slots 0, 1, …
struct Scene {
  EngineBench bench;
  const int port;
  std::vector<std::unique_ptr<WorkerThread>> workers;

  explicit Scene(int count, const std::vector<std::string>& keys = {"query:sid"},
                 StickyBounds bounds = {})
      : port(bench.AddListener(kId, Sticky(kId, keys, bounds))) {
    for (int i = 0; i < count; i++) workers.push_back(bench.AddWorker(static_cast<uint16_t>(i)));
  }

  const SessionCounters& counted() { return bench.engine.shared().listeners[kId].sessions; }
  void Kill(uint16_t slot) {
    workers[slot].reset();
    bench.engine.RemoveSlot(slot, 1, GoneReason::kExited);
    bench.WaitFor(EventType::kGone, slot);
  }
  // Who has each of so many sessions, named `prefix` and a number.
  std::map<std::string, int> OwnersOf(int count, const std::string& prefix = "s") {
    std::map<std::string, int> owners;
    for (int i = 0; i < count; i++) {
      const std::string sid = prefix + std::to_string(i);
      owners[sid] = Visit(port, sid);
    }
    return owners;
  }
};

std::set<int> SlotsOf(const std::map<std::string, int>& owners) {
  std::set<int> slots;
  for (const auto& [sid, slot] : owners) slots.insert(slot);
  return slots;
}

void TestStays() {
  Scene scene(3);
  const auto owners = scene.OwnersOf(12);
  is(static_cast<long long>(SlotsOf(owners).size()), 3, "sessions begin on all workers");
  bool has_moved = false;
  for (int i = 0; i < 4; i++) has_moved = has_moved || scene.OwnersOf(12) != owners;
  ok(!has_moved, "and each stays with its own");
  is(Read(scene.counted().created), 12, "each is counted once");
  is(Read(scene.counted().held), 12, "and held");
  is(Read(scene.counted().moved), 0, "none has moved");
  ok(Answer(Get(scene.port, "/?other=1")) >= 0, "a client that shows none is served");
  is(Read(scene.counted().created), 12, "without a session");
}

void TestOnlySessionsOfAWorkerThatIsGoneMove() {
  Scene scene(3);
  const auto before = scene.OwnersOf(30);
  scene.Kill(1);
  // Another process in its place is not the one that had them.
  const auto next = scene.bench.AddWorker(1, Conduct::kServe, 2);
  const auto after = scene.OwnersOf(30);
  int kept = 0;
  int its = 0;
  for (const auto& [sid, slot] : before) {
    its += slot == 1;
    kept += slot != 1 && after.at(sid) == slot;
  }
  ok(its > 0, "it had some");
  is(kept, 30 - its, "all of the others are where they were");
  is(Read(scene.counted().moved), its, "and its own have moved");
  ok(scene.OwnersOf(30) == after, "to stay where they are");
  is(Read(scene.counted().held), 30, "none is known twice");
}

void TestServerClosed() {
  Scene scene(2);
  const auto before = scene.OwnersOf(10);
  scene.workers[0]->Serve({});
  scene.bench.WaitFor(EventType::kServing, 0);
  is(static_cast<long long>(SlotsOf(scene.OwnersOf(10)).count(0)), 0,
     "a worker whose server is closed has none any more");
  scene.workers[0]->Serve({kId});
  scene.bench.WaitFor(EventType::kServing, 0);
  is(static_cast<long long>(SlotsOf(scene.OwnersOf(10)).count(0)), 0,
     "nor, when it serves again, those that have gone elsewhere");
}

void TestClaim() {
  Scene scene(3);
  for (int i = 0; i < 8; i++) {
    const std::string sid = "claimed" + std::to_string(i);
    scene.workers[2]->Tell(FrameType::kClaim, ClaimKind::kSession, sid);
    is(Visit(scene.port, sid), 2, "a session that a worker has claimed is its own: " + sid);
  }
  is(Read(scene.counted().created), 8, "it began with the claim");
  scene.workers[1]->Tell(FrameType::kUnclaim, ClaimKind::kSession, "claimed0");
  is(Visit(scene.port, "claimed0"), 2, "another worker cannot end it");
  scene.workers[1]->Tell(FrameType::kClaim, ClaimKind::kSession, "claimed0");
  is(Visit(scene.port, "claimed0"), 1, "but have it");
  is(Read(scene.counted().moved), 1, "which is a move");
  scene.workers[2]->Tell(FrameType::kUnclaim, ClaimKind::kSession, "claimed1");
  ok(Until([&] { return Read(scene.counted().ended) == 1; }), "its own worker ends it");
  is(Read(scene.counted().held), 7, "and it is forgotten");
  scene.workers[2]->Tell(FrameType::kUnclaim, ClaimKind::kSession, "never");
  ok(Visit(scene.port, "claimed1") >= 0, "its next client is dealt as a new one");
  is(Read(scene.counted().ended), 1, "one that never was cannot end");
}

// Of a listener that the worker does not serve, or that has no sessions, it says nothing.
void TestClaimElsewhere() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Sticky(kId, {"query:sid"}));
  const int plain = bench.AddListener(4);
  const auto first = bench.AddWorker(0);
  const auto second = bench.AddWorker(1);
  first->Serve({kId});
  bench.WaitFor(EventType::kServing, 0);
  second->Serve({4});
  bench.WaitFor(EventType::kServing, 1);
  second->Tell(FrameType::kClaim, ClaimKind::kSession, "s");
  is(Answer(Connect(plain)), 1, "a claim does nothing where there are no sessions");
  is(Visit(port, "s"), 0, "nor where its worker does not serve");
}

void TestBound() {
  Scene scene(2, {"query:sid"}, {3, 0, 0});
  for (const char* const sid : {"a", "b", "c", "a", "d"}) Visit(scene.port, sid);
  is(Read(scene.counted().held), 3, "no more are known than may be");
  is(Read(scene.counted().evicted), 1, "for one more another is forgotten");
  for (const char* const sid : {"a", "c", "d"}) Visit(scene.port, sid);
  is(Read(scene.counted().created), 4, "not one that was used since");
  Visit(scene.port, "b");
  is(Read(scene.counted().created), 5, "but the one that was used least recently");
}

void TestIdleTime() {
  Scene scene(2, {"query:sid"}, {1000, 1, 0});
  ok(Until([&] {
       Visit(scene.port, "s");
       return Read(scene.counted().expired) > 0;
     }),
     "one that nobody has shown for so long is forgotten");
  is(Read(scene.counted().created) - Read(scene.counted().expired), Read(scene.counted().held),
     "and begins anew");
}

void TestWaitsForItsWorker() {
  Scene scene(2);
  scene.bench.engine.ConfigureSlot(0, 1, 1);
  scene.workers[0]->Behave(Conduct::kHold);
  scene.workers[0]->Tell(FrameType::kClaim, ClaimKind::kSession, "s");
  const UniqueFd first = Get(scene.port, "/?sid=s");
  ok(Until([&] { return scene.workers[0]->received == 1; }), "its worker is full");
  const UniqueFd second = Get(scene.port, "/?sid=s");
  ok(Until([&] { return scene.bench.waiting() == 1; }), "the next of the session waits for it");
  is(Visit(scene.port, "other"), 1, "while others are served");
  ok(!IsAnswered(second), "(it waits)");
  scene.workers[0]->Behave(Conduct::kServe);
  scene.workers[0]->LetGo();
  is(Answer(second), 0, "and gets it");
  is(Read(scene.counted().moved), 0, "nothing has moved");
}

void TestDoesNotWaitForGood() {
  Scene scene(2, {"query:sid"}, {1000, 0, 50 * rondo::kMillisecond});
  scene.bench.engine.ConfigureSlot(0, 1, 1);
  scene.workers[0]->Behave(Conduct::kHold);
  scene.workers[0]->Tell(FrameType::kClaim, ClaimKind::kSession, "s");
  const UniqueFd first = Get(scene.port, "/?sid=s");
  ok(Until([&] { return scene.workers[0]->received == 1; }), "its worker is full");
  is(Visit(scene.port, "s"), 1, "after its time any other gets it");
  is(Read(scene.counted().moved), 1, "and the session has moved");
  scene.workers[0]->Behave(Conduct::kServe);
  scene.workers[0]->LetGo();
  is(Visit(scene.port, "s"), 1, "to stay");
}

// However many wait for one worker, the others are served; but those that wait are bounded.
void TestManyWaitForOne() {
  if (!support::AllowFds(3000)) return tap::skip("many that wait", "so many fds are not allowed");
  Scene scene(2);
  scene.bench.engine.ConfigureSlot(0, 1, 1);
  scene.workers[0]->Behave(Conduct::kHold);
  for (const char* const sid : {"s", "t"}) {
    scene.workers[0]->Tell(FrameType::kClaim, ClaimKind::kSession, sid);
  }
  std::vector<UniqueFd> clients;
  clients.push_back(Get(scene.port, "/?sid=s"));
  ok(Until([&] { return scene.workers[0]->received == 1; }), "its worker is full");
  const auto wait = [&](size_t count) {
    while (clients.size() < count + 1) clients.push_back(Get(scene.port, "/?sid=s"));
    return Until([&] { return scene.bench.waiting() == static_cast<long long>(count); });
  };
  ok(wait(300), "the next of the session wait for it");
  is(Visit(scene.port, "other"), 1, "while those of other workers are served");
  is(Visit(scene.port, "new"), 1, "and new ones");
  ok(wait(1024), "more wait for it");
  is(Visit(scene.port, "t"), 1, "up to a bound: one beyond it goes to any other");
  is(Read(scene.counted().moved), 1, "and its session has moved");
  is(scene.bench.waiting(), 1024, "the others still wait");
  scene.workers[0]->Behave(Conduct::kServe);
  scene.bench.engine.ConfigureSlot(0, 1, 0);
  scene.workers[0]->LetGo();
  int served = 0;
  for (size_t i = 1; i < clients.size(); i++) served += Answer(clients[i]) == 0;
  is(served, 1024, "and get it");
  is(scene.bench.waiting(), 0, "none waits any more");
}

// It goes while one waits for it.
void TestWorkerGoesMeanwhile() {
  Scene scene(2);
  scene.bench.engine.ConfigureSlot(0, 1, 1);
  scene.workers[0]->Behave(Conduct::kHold);
  scene.workers[0]->Tell(FrameType::kClaim, ClaimKind::kSession, "s");
  const UniqueFd first = Get(scene.port, "/?sid=s");
  ok(Until([&] { return scene.workers[0]->received == 1; }), "its worker is full");
  const UniqueFd second = Get(scene.port, "/?sid=s");
  const UniqueFd third = Get(scene.port, "/?sid=s");
  ok(Until([&] { return scene.bench.waiting() == 2; }), "two wait for it");
  scene.Kill(0);
  ok(Answer(second) == 1 && Answer(third) == 1, "when it is gone another one gets both");
  is(Read(scene.counted().moved), 1, "the session has moved once");
}

void TestNonsenseClaims() {
  const struct {
    const char* name;
    std::string frame;
  } cases[] = {
      {"no key", Bytes({23, 0, 0, 0, 1})},
      {"no kind", Bytes({23, 0, 0, 0})},
      {"a kind that is none", Bytes({23, 0, 0, 0, 99, 'k'})},
      {"too long a key", Bytes({23, 0, 0, 0, 1}) + std::string(rondo::kMaxClaim + 1, 'k')},
      {"no key, unclaimed", Bytes({24, 0, 0, 0, 1})},
  };
  for (const auto& one : cases) {
    Scene scene(1);
    const auto before = scene.OwnersOf(3);
    RawWorker bad(scene.bench.OpenSlot(7));
    bad.Serve({kId});
    scene.bench.WaitFor(EventType::kServing, 7);
    bad.Send(one.frame);
    Event event;
    ok(scene.bench.WaitFor(EventType::kGone, 7, &event), std::string(one.name) + ": it is retired");
    is(event.code, static_cast<int>(GoneReason::kBadFrame), "for that");
    ok(scene.OwnersOf(3) == before, "and nobody's sessions are touched");
  }
  Scene scene(1);
  RawWorker early(scene.bench.OpenSlot(7));
  early.Send(Bytes({23, 0, 0, 0, static_cast<int>(ClaimKind::kSession), 'k'}));
  ok(scene.bench.WaitFor(EventType::kGone, 7), "before its hello a worker has none to claim");
  is(Read(scene.counted().held), 0, "and it is not known");
}

// What came to a former socket is of its session, too.
void TestReplacedSocket() {
  Scene scene(3, {"address"});
  scene.bench.engine.PauseListener(kId);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 6; i++) clients.push_back(Connect(scene.port));
  support::Door door = support::OpenDoor();
  scene.bench.engine.ReplaceListener(kId, std::move(door.fd));
  std::set<int> slots;
  for (const UniqueFd& client : clients) slots.insert(Answer(client));
  is(static_cast<long long>(slots.size()), 1, "by its address a client has one worker");
  is(Read(scene.counted().created), 1, "and one session");
}

void TestNextListener() {
  Scene scene(1);
  scene.OwnersOf(5);
  scene.bench.RemoveListener(kId);
  scene.bench.engine.shared().listeners[kId].Reset();
  const int port = scene.bench.AddListener(kId, Sticky(kId, {"query:sid"}));
  scene.bench.WaitFor(EventType::kServing, 0);
  is(Read(scene.counted().held), 0, "the next listener of that id knows none");
  is(Visit(port, "s0"), 0, "(a first one)");
  is(Read(scene.counted().held), 1, "and has its own");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int before = CountOpenFds();
  TestStays();
  TestOnlySessionsOfAWorkerThatIsGoneMove();
  TestServerClosed();
  TestClaim();
  TestClaimElsewhere();
  TestBound();
  TestIdleTime();
  TestWaitsForItsWorker();
  TestDoesNotWaitForGood();
  TestManyWaitForOne();
  TestWorkerGoesMeanwhile();
  TestNonsenseClaims();
  TestReplacedSocket();
  TestNextListener();
  is(CountOpenFds(), before, "nothing is left open");
  return tap::done();
}
