// links: engine channel base uv
// What the engine's end of one worker counts, hands off and takes back, with the worker played by
// hand: the window, who is quick, a worker that writes nonsense, a channel that is full or closed.
#include "engine/worker.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "engine/reclaim.h"
#include "support.h"
#include "tap.h"

namespace {

using rondo::CameBack;
using rondo::Connection;
using rondo::FdPair;
using rondo::Frame;
using rondo::FrameType;
using rondo::GoneReason;
using rondo::kMaxBatch;
using rondo::kMaxFrame;
using rondo::kMillisecond;
using rondo::ProcessCounters;
using rondo::ReadResult;
using rondo::Scoreboard;
using rondo::UniqueFd;
using rondo::Window;
using rondo::Worker;
using rondo::WorkerPage;
using rondo::WorkerSets;
using support::CountOpenFds;
using support::IdOf;
using tap::is;
using tap::ok;

constexpr uint16_t kId = 3;
constexpr uint64_t kStart = 1'000'000'000;

using Ids = std::vector<unsigned long long>;

// A worker that is mapped, its process's page, and the worker's end of its channel. Time stands
// still until `now_ns` is moved on.
struct Bench final : public rondo::Floor {
  std::shared_ptr<Scoreboard> scoreboard = std::make_shared<Scoreboard>();
  rondo::PageMapping<WorkerPage> page;
  const std::shared_ptr<ProcessCounters> owned = std::make_shared<ProcessCounters>();
  ProcessCounters& counters = *owned;
  rondo::QueueTimes queue_times;
  WorkerSets sets;
  UniqueFd worker_end;
  std::unique_ptr<Worker> worker;
  std::unique_ptr<char[]> buffer{new char[kMaxFrame]};
  std::vector<Connection> taken;  // what has come back
  uint64_t now_ns = kStart;

  explicit Bench(Window window = {1000, 0}) {
    is(scoreboard->Create(), 0, "(a scoreboard)");
    page.Map(scoreboard->worker_fd.get(), true);
    FdPair channel;
    is(rondo::OpenSocketPair(&channel), 0, "(a channel)");
    worker_end.Reset(dup(channel.second.get()));
    worker = std::make_unique<Worker>(kId, 1, std::move(channel), scoreboard, owned, &queue_times,
                                      &sets);
    worker->SetWindow(window);
    worker->Greet();
    worker->Map();
  }

  bool HasRoom() const { return sets.room.Has(kId); }
  uint32_t OnBoard() const { return scoreboard->engine->handed - page->received; }

  // Takes `count` connections into the next frame and gives what tells them apart.
  Ids Add(size_t count, uint64_t keep_until_ns = 0) {
    Ids ids;
    for (size_t i = 0; i < count; i++) {
      Connection connection;
      connection.fd = support::NewSocket();
      connection.listener = static_cast<uint16_t>(i % 256);
      connection.is_final = true;
      connection.refused_by = {8, 9};
      ids.push_back(IdOf(connection.fd.get()));
      worker->Add(std::move(connection), now_ns, keep_until_ns);
    }
    return ids;
  }

  Ids HandOff(size_t count) {
    const Ids ids = Add(count);
    std::vector<Connection> unsent;
    ok(worker->HandOff(&unsent) == 0 && unsent.empty(), "(handed off)");
    return ids;
  }

  // The worker reads one frame and counts what it holds. Gives how many.
  size_t Receive() {
    Frame frame;
    int error = 0;
    std::vector<Connection> connections;
    if (ReadFrame(worker_end.get(), buffer.get(), &frame, &error) != ReadResult::kFrame) return 0;
    if (!ParseConnections(&frame, &connections)) return 0;
    page->received_at_ns = now_ns;
    page->received += static_cast<uint32_t>(connections.size());
    return connections.size();
  }

  // What the worker has not read. True if there is no more.
  bool ReadBack() {
    taken.clear();
    uint64_t count = 0;
    const bool is_empty = rondo::ReadBack(worker.get(), this, buffer.get(), &count);
    is(static_cast<long long>(count), static_cast<long long>(taken.size()), "(it says how many)");
    return is_empty;
  }

  // Fills the channel with what is not counted.
  void Fill() {
    while (SendSignal(worker->primary_end(), FrameType::kPing) == 0) continue;
  }

  void OnCameBack(Connection connection, const Worker&, CameBack) override {
    taken.push_back(std::move(connection));
  }
  void OnReleased(rondo::Released, const Worker&) override {}
  void OnLost(uint16_t, const Worker&) override {}
  void OnServing(const Worker&) override {}
  void OnLeave(const Worker&) override {}
  void OnClaim(const Worker&, const rondo::Claim&, bool) override {}
  int DomainOfListener(uint16_t) override { return 0; }
  void OnChange() override {}
};

bool AreThose(const std::vector<Connection>& found, const Ids& ids) {
  return std::equal(
      found.begin(), found.end(), ids.begin(), ids.end(),
      [](const Connection& one, unsigned long long id) { return IdOf(one.fd.get()) == id; });
}

void TestPhases() {
  rondo::QueueTimes queue_times;
  WorkerSets sets;
  auto scoreboard = std::make_shared<Scoreboard>();
  scoreboard->Create();
  FdPair channel;
  rondo::OpenSocketPair(&channel);
  Worker worker(kId, 1, std::move(channel), scoreboard, std::make_shared<ProcessCounters>(),
                &queue_times, &sets);
  worker.SetWindow({2, 0});
  ok(!sets.room.Has(kId) && !sets.ready.Has(kId), "a worker that has said nothing has no room");
  worker.Map();
  ok(!worker.IsReady(), "it cannot be mapped before it is greeted");
  worker.Greet();
  ok(!sets.room.Has(kId) && !sets.ready.Has(kId), "greeted, it has no room yet");
  worker.Map();
  ok(sets.room.Has(kId) && sets.ready.Has(kId) && sets.keeping.Has(kId), "mapped, it has");
  worker.Greet();
  ok(worker.IsReady(), "and does not go back");
  worker.Break(GoneReason::kBadFrame, 7);
  worker.Break(GoneReason::kChannel, 8);
  ok(worker.broken_reason() == GoneReason::kBadFrame && worker.broken_error() == 7,
     "broken, the first reason stays");
  ok(!sets.room.Has(kId) && !sets.ready.Has(kId) && !sets.keeping.Has(kId), "with no room");
  worker.Map();
  ok(worker.IsBroken(), "for good");
}

void TestWindow() {
  Bench bench({8, 0});
  Worker& worker = *bench.worker;
  is(worker.pending(), 0, "nothing is pending");
  for (uint32_t handed = 1; handed <= 8; handed++) {
    ok(bench.HasRoom(), "so there is room");
    bench.Add(1);
    is(worker.pending(), handed, "pending counts what is added");
    is(bench.OnBoard(), handed, "and the board says so");
  }
  ok(!bench.HasRoom(), "the window is full");
  worker.SetWindow({9, 0});
  ok(bench.HasRoom(), "a larger one is not");
  worker.SetWindow({8, 0});
  std::vector<Connection> unsent;
  is(worker.HandOff(&unsent), 0, "handed off");
  is(worker.pending(), 8, "which is not received yet");
  is(static_cast<long long>(bench.Receive()), 8, "the worker receives one batch");
  ok(!bench.HasRoom(), "which is not seen");
  worker.Refresh(bench.now_ns);
  ok(bench.HasRoom(), "until it is looked at");
  is(worker.pending(), 0, "with nothing pending");
  is(static_cast<long long>(worker.received_total()), 8, "received in all");
  is(worker.held(), 8, "and open");
  bench.page->ended = 5;
  worker.Refresh(bench.now_ns);
  is(worker.held(), 3, "less what has ended");
  worker.SetMaxConnections(3);
  ok(!bench.HasRoom(), "a limit on what it holds is one on its room");
  ok(!bench.sets.keeping.Has(kId), "and then nobody waits for it");
  bench.page->ended = 6;
  worker.Refresh(bench.now_ns);
  ok(bench.HasRoom() && bench.sets.keeping.Has(kId), "until one has ended");
  worker.SetMaxConnections(0);
  ok(!worker.IsBroken(), "all of it can be");
}

// By the worker's own time of receipt, whenever it is looked at.
// What was to be this worker's only is not taken from it for being busy.
void TestKept() {
  Bench bench({8, 0});
  Worker& worker = *bench.worker;
  std::vector<Connection> unsent;
  const uint64_t until_ns = bench.now_ns + 100;
  ok(!worker.IsKept(bench.now_ns), "with nothing pending nothing is kept");
  bench.Add(2, until_ns);
  ok(worker.IsKept(until_ns - 1), "all that is pending is");
  ok(!worker.IsKept(until_ns), "until its time is over");
  bench.Add(1);
  ok(!worker.IsKept(bench.now_ns), "not with one that any may have");
  is(worker.HandOff(&unsent), 0, "handed off");
  is(static_cast<long long>(bench.Receive()), 3, "the worker receives all");
  worker.Refresh(bench.now_ns);
  bench.Add(1, until_ns);
  ok(worker.IsKept(bench.now_ns), "what came after that is kept again");
  worker.TakenBack(1);
  bench.Add(1);
  worker.TakenBack(1);
  bench.Add(1, until_ns);
  ok(worker.IsKept(bench.now_ns), "and what was taken back does not count");
}

void TestQuick() {
  const auto receive = [](Bench* bench, uint64_t after_ns, uint64_t looked_at_after_ns) {
    bench->HandOff(1);
    const uint64_t added_at_ns = bench->now_ns;
    bench->now_ns = added_at_ns + after_ns;
    bench->Receive();
    bench->now_ns = added_at_ns + looked_at_after_ns;
    bench->worker->Refresh(bench->now_ns);
  };
  const auto room = [](Bench* bench) {
    uint32_t count = 0;
    for (; bench->HasRoom(); count++) bench->Add(1);
    std::vector<Connection> unsent;
    bench->worker->Unbatch(&unsent);
    return count;
  };
  constexpr uint64_t kQuick = kMillisecond / 2;
  Bench bench({2, 6});
  for (int i = 0; i < 7; i++) receive(&bench, kQuick, 5 * kMillisecond);
  is(room(&bench), 2, "a worker that is quick for a while has the small window");
  receive(&bench, kQuick, 5 * kMillisecond);
  is(room(&bench), 6, "and then the large one, though it was looked at late");
  receive(&bench, 2 * kMillisecond, 2 * kMillisecond);
  is(room(&bench), 2, "one late receipt takes it");
  for (int i = 0; i < 8; i++) receive(&bench, kQuick, kQuick);
  is(room(&bench), 6, "(quick again)");
  bench.now_ns += 20 * kMillisecond;
  is(room(&bench), 2, "after a pause nothing is known of it");

  Bench past({2, 6});
  for (int i = 0; i < 8; i++) {
    past.HandOff(1);
    past.now_ns += 2 * kMillisecond;
    past.Receive();
    past.page->received_at_ns = 1;
    past.worker->Refresh(past.now_ns);
  }
  is(room(&past), 2, "a time before it was handed anything is not believed");
  Bench future({2, 6});
  for (int i = 0; i < 8; i++) {
    future.HandOff(1);
    future.now_ns += 2 * kMillisecond;
    future.Receive();
    future.page->received_at_ns = UINT64_MAX;
    future.worker->Refresh(future.now_ns);
  }
  is(room(&future), 2, "nor one that is still to come");
  ok(!future.worker->IsBroken() && future.worker->progress_ns() <= future.now_ns,
     "and does no harm");
}

// What it serves in one turn of its loop says what a turn of its is worth.
void TestBusyTurns() {
  const auto room = [](Bench* bench, uint32_t turn_events) {
    bench->page->turn_events = turn_events;
    bench->worker->Refresh(bench->now_ns);
    uint32_t count = 0;
    for (; bench->HasRoom(); count++) bench->Add(1);
    std::vector<Connection> unsent;
    bench->worker->Unbatch(&unsent);
    return count;
  };
  Bench bench({1, 8});
  is(room(&bench, 0), 1, "of a worker whose turns are not known there is the small window");
  is(room(&bench, 15), 1, "the same with a few events in a turn");
  is(room(&bench, 16), 2, "one in eight may be new");
  is(room(&bench, 50), 6, "and more of many");
  is(room(&bench, UINT32_MAX), 8, "never more than the large window");
  is(room(&bench, 1), 1, "and its last turn is what counts");
  Bench fixed({4, 0});
  is(room(&fixed, 1000), 4, "a window that is set is what it is");
}

void TestNonsense() {
  for (const uint32_t received : {3u, 1000u, 0x80000000u, UINT32_MAX}) {
    Bench bench;
    bench.HandOff(2);
    bench.page->received = received;
    bench.worker->Refresh(bench.now_ns);
    const std::string name = "received " + std::to_string(received) + " of 2 ";
    ok(bench.worker->IsBroken(), name + "breaks the worker");
    ok(bench.worker->broken_reason() == GoneReason::kBadBoard, name + "with the reason");
    is(bench.worker->pending(), 2, name + "is not believed");
    ok(!bench.HasRoom() && !bench.sets.keeping.Has(kId), name + "leaves it without room");
  }
  Bench back;
  back.HandOff(2);
  back.Receive();
  back.worker->Refresh(back.now_ns);
  back.page->received = 1;
  back.worker->Refresh(back.now_ns);
  ok(back.worker->IsBroken(), "a count that goes back breaks it too");

  // Counts that it has received, and has not.
  Bench liar;
  const Ids handed = liar.HandOff(2);
  liar.page->received = 2;
  liar.worker->Refresh(liar.now_ns);
  ok(liar.ReadBack(), "(read back)");
  ok(AreThose(liar.taken, handed), "what it says it received and did not is there still");
  is(liar.worker->pending(), 0, "and pending does not wrap");

  for (const uint32_t ended : {3u, 0x80000000u, UINT32_MAX}) {
    Bench bench;
    bench.HandOff(2);
    bench.Receive();
    bench.page->ended = ended;
    bench.worker->Refresh(bench.now_ns);
    is(bench.worker->held(), 0, std::to_string(ended) + " ended of 2 counts as none open");
    ok(!bench.worker->IsBroken(), "and harms nobody");
    bench.HandOff(1);
    is(bench.worker->held(), 1, "what is pending still counts");
  }

  // The figures are anything.
  Bench figures;
  for (const uint64_t since : {uint64_t{0}, uint64_t{1}, UINT64_MAX}) {
    figures.page->turn_since_ns = since;
    figures.page->delay_us = UINT32_MAX;
    figures.page->figures_at = UINT32_MAX;
    figures.worker->DelayUs(figures.now_ns);
    ok(!figures.worker->IsBroken(), "a turn since " + std::to_string(since) + " harms nobody");
  }
  figures.page->delay_us = 0;
  figures.page->turn_since_ns = figures.now_ns - 3 * kMillisecond;
  is(figures.worker->DelayUs(figures.now_ns), 3000, "a turn that lasts is a delay");
  figures.page->turn_since_ns = UINT64_MAX;
  is(figures.worker->DelayUs(figures.now_ns), 0, "one that is still to come is none");
}

void TestReadBack() {
  for (const size_t count : {size_t{1}, size_t{2}, kMaxBatch, kMaxBatch + 5, size_t{300}}) {
    const std::string name = std::to_string(count) + " handed: ";
    Bench bench;
    const Ids ids = bench.HandOff(count);
    const int before = CountOpenFds();
    ok(bench.ReadBack(), name + "read back");
    ok(AreThose(bench.taken, ids), name + "all come back, in order");
    const bool is_as_it_was =
        std::all_of(bench.taken.begin(), bench.taken.end(), [](const Connection& one) {
          return !one.is_final && one.refused_by == std::vector<uint16_t>({8, 9});
        });
    ok(is_as_it_was, name + "who refused them is known, and none is final any more");
    is(bench.taken.back().listener, static_cast<uint16_t>((count - 1) % 256),
       name + "nor its listener");
    is(CountOpenFds() - before, static_cast<long long>(count), name + "one fd each");
    is(bench.worker->pending(), 0, name + "nothing is pending");
    is(bench.OnBoard(), 0, name + "nor on the board");
    is(static_cast<long long>(bench.counters.reclaimed), static_cast<long long>(count),
       name + "counted");
    ok(bench.ReadBack() && bench.taken.empty(), name + "and there is no more");
  }
}

void TestReadBackTheRest() {
  Bench bench;
  bench.HandOff(2);
  const Ids ids = bench.HandOff(3);
  bench.Receive();
  ok(bench.ReadBack() && AreThose(bench.taken, ids), "what it has received does not come back");
  bench.worker->Refresh(bench.now_ns);
  is(bench.worker->pending(), 0, "nothing is pending");
  is(bench.worker->held(), 2, "what it received is open");
  ok(!bench.worker->IsBroken(), "all of it can be");

  const int end = bench.worker->primary_end();
  const int pages[2] = {bench.scoreboard->engine_fd.get(), bench.scoreboard->worker_fd.get()};
  rondo::SendWelcome(end, {rondo::kProtocolVersion, kId, 2}, pages);
  rondo::SendState(end, "state", 5);
  SendSignal(end, FrameType::kPing);
  ok(!bench.worker->OwesAny(), "(it is owed nothing)");
  ok(bench.ReadBack() && bench.taken.empty(), "control frames are no connections");
  ok(bench.worker->Owes(Worker::kOwesWelcome) && bench.worker->Owes(Worker::kOwesState) &&
         bench.worker->Owes(Worker::kOwesPing),
     "but owed again");
}

void TestReadBackWithoutFds() {
  Bench bench;
  Ids ids = bench.HandOff(2);
  const Ids more = bench.HandOff(2);
  ids.insert(ids.end(), more.begin(), more.end());
  for (const int free : {0, 1, 3}) {
    const support::FdLimit limit(free);
    ok(!bench.ReadBack(), "without the fds it does not go on");
    ok(bench.taken.empty(), "and has lost nothing");
  }
  std::vector<Connection> taken;
  {
    const support::FdLimit limit(4);
    ok(!bench.ReadBack(), "with just the fds it needs");
    is(static_cast<long long>(bench.taken.size()), 4, "all come, and whether that is all is open");
    taken = std::move(bench.taken);
  }
  ok(bench.ReadBack(), "later it is known");
  ok(bench.taken.empty() && AreThose(taken, ids), "that all have come back, in order");
}

void TestFullChannel() {
  Bench bench;
  bench.Fill();
  const Ids ids = bench.Add(kMaxBatch + 3);
  std::vector<Connection> unsent(1);
  is(bench.worker->HandOff(&unsent), -EAGAIN, "a full channel takes no batch");
  unsent.erase(unsent.begin());
  ok(AreThose(unsent, ids), "its connections are kept, in order, behind those that wait");
  ok(!bench.worker->HasBatch(), "not in the batch");
  is(bench.worker->pending(), 0, "nothing is pending");
  is(bench.counters.handoff_errors.code(0), EAGAIN, "it is counted");
  is(static_cast<long long>(bench.counters.handed), 0, "handed is what went");
  ok(!bench.worker->IsBroken(), "the worker is well");
  ok(bench.worker->flow() == Worker::Flow::kFull, "but full");
  ok(!bench.HasRoom() && bench.sets.odd.Has(kId), "with no room, and to be tried again");
  ok(!bench.sets.keeping.Has(kId), "nobody waits for it");
  bench.worker->SetFlow(Worker::Flow::kOpen);
  ok(bench.HasRoom() && !bench.sets.odd.Has(kId) && bench.sets.keeping.Has(kId), "then open again");
  bench.ReadBack();
  bench.HandOff(2);
  is(static_cast<long long>(bench.Receive()), 2, "what is handed then is received");
}

// Room for the first frame of a batch and not for the second.
void TestNearlyFullChannel() {
  Bench bench;
  bench.Fill();
  Frame frame;
  int error = 0;
  std::vector<Connection> unsent;
  bool has_split = false;
  for (int room = 1; room < 200 && !has_split; room++) {
    for (int i = 0; i < room; i++) {
      ReadFrame(bench.worker_end.get(), bench.buffer.get(), &frame, &error);
    }
    unsent.clear();
    const Ids ids = bench.Add(3 * kMaxBatch);
    bench.worker->HandOff(&unsent);
    const size_t sent = ids.size() - unsent.size();
    has_split = sent > 0 && sent < ids.size();
    const Ids left(ids.begin() + static_cast<long>(sent), ids.end());
    const bool is_right = AreThose(unsent, left) && bench.worker->pending() == sent;
    if (has_split || !is_right) ok(is_right, "what did not go comes back, and the rest is pending");
    bench.ReadBack();
    if (has_split)
      is(static_cast<long long>(bench.taken.size()), static_cast<long long>(sent),
         "and is in the channel");
    bench.worker->SetFlow(Worker::Flow::kOpen);
    bench.Fill();
  }
  ok(has_split, "a batch was split");
}

void TestClosedChannel() {
  Bench bench;
  shutdown(bench.worker_end.get(), SHUT_RDWR);
  const Ids ids = bench.Add(2);
  std::vector<Connection> unsent;
  is(bench.worker->HandOff(&unsent), -EPIPE, "a channel that was shut takes nothing");
  ok(AreThose(unsent, ids), "the connections are kept");
  ok(bench.worker->IsBroken() && bench.worker->broken_reason() == GoneReason::kChannel,
     "and the worker is broken");
  is(bench.worker->broken_error(), EPIPE, "with the reason");
}

// Frames of one connection, one after the other: the window is never more than the channel holds.
void TestSendBuffer() {
  Bench bench({100'000, 0});
  size_t sent = 0;
  int result = 0;
  const UniqueFd any = support::NewSocket();
  std::vector<Connection> unsent;
  while (bench.HasRoom() && result == 0) {
    Connection connection;
    connection.fd.Reset(dup(any.get()));
    bench.worker->Add(std::move(connection), bench.now_ns);
    result = bench.worker->HandOff(&unsent);
    if (result == 0) sent++;
  }
  is(result, 0, "a window beyond the channel's buffer ends before the buffer does");
  ok(sent > 100, "which holds some");
  ok(sent < 100'000, "but not all");
  printf("# the send buffer holds %zu frames\n", sent);
}

void TestFlow() {
  Bench bench({4, 0});
  Worker& worker = *bench.worker;
  worker.SetFlow(Worker::Flow::kRelieved);
  ok(!bench.HasRoom() && !bench.sets.keeping.Has(kId) && bench.sets.odd.Has(kId),
     "from whom connections were taken gets none");
  worker.SetFlow(Worker::Flow::kFull);
  worker.SetFlow(Worker::Flow::kBehind);
  ok(worker.flow() == Worker::Flow::kRelieved && worker.IsRelieved(), "whatever else holds it up");
  worker.SetFlow(Worker::Flow::kStuck);
  ok(worker.flow() == Worker::Flow::kStuck && worker.IsRelieved(), "stuck follows");
  worker.relieved = 3;
  worker.NoteCredit(bench.now_ns);
  ok(worker.flow() == Worker::Flow::kOpen && bench.HasRoom(), "credit opens it again");
  is(static_cast<long long>(worker.relieved), 0, "and what was taken is forgotten");
  worker.Owe(Worker::kOwesState);
  ok(bench.sets.odd.Has(kId) && bench.HasRoom(),
     "owed a frame, it is to be tried again, with room");
  worker.Settle(Worker::kOwesState);
  ok(!bench.sets.odd.Has(kId), "settled, it is not");
}

void TestWish() {
  Bench bench;
  const uint32_t wish = bench.scoreboard->engine->wake;
  bench.worker->AskForCredit();
  ok(bench.scoreboard->engine->wake != wish, "a wish for credit is seen on the board");
  ok(bench.sets.asked.Has(kId), "and that it was asked is known");
  bench.worker->NoteCredit(bench.now_ns);
  ok(!bench.sets.asked.Has(kId), "until it has answered");
}

void TestLeave() {
  for (const bool is_dead : {false, true}) {
    Bench bench;
    bench.HandOff(2);
    bench.Receive();
    bench.HandOff(3);
    bench.page->ended = 1;
    bench.worker->Refresh(bench.now_ns);
    bench.worker->Detach();
    const WorkerSets& sets = bench.sets;
    ok(!sets.ready.Has(kId) && !sets.room.Has(kId) && !sets.keeping.Has(kId) &&
           !sets.pending.Has(kId) && !sets.asked.Has(kId) && !sets.odd.Has(kId),
       "a worker that leaves is in no set");
    bench.ReadBack();
    is(static_cast<long long>(bench.taken.size()), 3, "what it has not received comes back");
    bench.worker->Leave(is_dead);
    is(bench.OnBoard(), 0, "nothing is pending on a board that was left");
    is(static_cast<long long>(bench.counters.unfinished), is_dead ? 1 : 0,
       "what it had open is unfinished if it is dead");
    ok(bench.counters.is_gone == is_dead, "and it is gone then");
    ok(!sets.room.Has(kId) && !sets.odd.Has(kId), "it stays in no set");
  }
}

}  // namespace

int main() {
  const int fds_before = CountOpenFds();
  TestPhases();
  TestWindow();
  TestKept();
  TestQuick();
  TestBusyTurns();
  TestNonsense();
  TestReadBack();
  TestReadBackTheRest();
  TestReadBackWithoutFds();
  TestFullChannel();
  TestNearlyFullChannel();
  TestClosedChannel();
  TestSendBuffer();
  TestFlow();
  TestWish();
  TestLeave();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
