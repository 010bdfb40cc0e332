// links: engine channel base uv
// What a slot counts, hands off and takes back, with the worker played by hand: the window also
// where the counters wrap, a worker that writes nonsense, a channel that is full or closed.
#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/worker.h"
#include "support.h"
#include "tap.h"

namespace {

using rondo::BoardMapping;
using rondo::BoardRow;
using rondo::Connection;
using rondo::FdPair;
using rondo::Frame;
using rondo::FrameType;
using rondo::GoneReason;
using rondo::kMaxBatch;
using rondo::kMaxFrame;
using rondo::ReadResult;
using rondo::Slot;
using rondo::SlotCounters;
using rondo::UniqueFd;
using support::CountOpenFds;
using support::IdOf;
using tap::is;
using tap::ok;

constexpr uint16_t kId = 3;

// A slot of its own board, and the worker's end of its channel.
struct Bench {
  BoardMapping board;
  SlotCounters counters;
  UniqueFd worker_end;
  std::unique_ptr<Slot> slot;
  std::unique_ptr<char[]> buffer{new char[kMaxFrame]};

  explicit Bench(uint32_t received_before = 0) {
    UniqueFd board_fd;
    board.Create(&board_fd);
    row()->received = received_before;
    FdPair channel;
    is(rondo::OpenSocketPair(&channel), 0, "(a slot)");
    worker_end.Reset(dup(channel.second.get()));
    slot = std::make_unique<Slot>(kId, 1, std::move(channel), row(), &counters);
  }

  BoardRow* row() { return board.row(kId); }

  // Adds `count` connections and gives what tells them apart.
  std::vector<unsigned long long> Add(size_t count) {
    std::vector<unsigned long long> ids;
    for (size_t i = 0; i < count; i++) {
      Connection connection;
      connection.fd = support::NewSocket();
      connection.listener = static_cast<uint16_t>(i % 256);
      connection.is_final = true;
      connection.refused_by = {8, 9};
      ids.push_back(IdOf(connection.fd.get()));
      slot->Add(std::move(connection));
    }
    return ids;
  }

  std::vector<unsigned long long> HandOff(size_t count) {
    const std::vector<unsigned long long> ids = Add(count);
    std::deque<Connection> undelivered;
    ok(slot->HandOff(&undelivered) && undelivered.empty(), "(handed off)");
    return ids;
  }

  // The worker reads one frame and counts what it holds. Gives how many.
  size_t Receive() {
    Frame frame;
    int error = 0;
    std::vector<Connection> connections;
    if (ReadFrame(worker_end.get(), buffer.get(), &frame, &error) != ReadResult::kFrame) return 0;
    if (!ParseConnections(&frame, &connections)) return 0;
    row()->received += static_cast<uint32_t>(connections.size());
    return connections.size();
  }

  std::deque<Connection> TakeBack() {
    std::deque<Connection> taken;
    ok(slot->TakeBack(&taken, buffer.get()), "(taken back)");
    return taken;
  }

  // Fills the channel with what is not counted.
  void Fill() {
    while (SendSignal(slot->primary_end(), FrameType::kPing) == 0) continue;
  }
};

bool AreThose(const std::deque<Connection>& found, const std::vector<unsigned long long>& ids) {
  return std::equal(
      found.begin(), found.end(), ids.begin(), ids.end(),
      [](const Connection& one, unsigned long long id) { return IdOf(one.fd.get()) == id; });
}

void TestWindow() {
  // The second and third begin where their counters are about to wrap.
  for (const uint32_t start : {0u, UINT32_MAX - 3, UINT32_MAX}) {
    const std::string name = "from " + std::to_string(start) + ": ";
    Bench bench(start);
    Slot& slot = *bench.slot;
    is(slot.pending(), 0, name + "nothing is pending");
    ok(slot.HasRoom(1), name + "so there is room");
    for (uint32_t handed = 1; handed <= 8; handed++) {
      bench.Add(1);
      is(slot.pending(), handed, name + "pending counts what is added");
      is(bench.row()->handed - start, handed, name + "and the board says so");
    }
    ok(slot.HasRoom(9) && !slot.HasRoom(8) && !slot.HasRoom(1), name + "room up to the window");
    std::deque<Connection> undelivered;
    ok(slot.HandOff(&undelivered), name + "handed off");
    is(slot.pending(), 8, name + "which is not received yet");
    is(static_cast<long long>(bench.Receive()), 8, name + "the worker receives one batch");
    ok(slot.HasRoom(1), name + "and has room again");
    is(slot.pending(), 0, name + "with nothing pending");
    is(static_cast<long long>(slot.received_total()), 8, name + "received in all");
    ok(!slot.is_broken(), name + "all of it can be");
  }
}

void TestNextGeneration() {
  for (const bool is_worker_dead : {false, true}) {
    Bench bench(41);
    bench.HandOff(2);
    bench.Receive();
    bench.HandOff(3);
    bench.row()->active = 2;
    bench.slot->LeaveRow(is_worker_dead);
    is(bench.row()->handed, 43, "nothing is pending in a row that was left");
    is(bench.row()->active, is_worker_dead ? 0 : 2, "active is what a living worker still serves");
    FdPair channel;
    rondo::OpenSocketPair(&channel);
    Slot next(kId, 2, std::move(channel), bench.row(), &bench.counters);
    is(next.pending(), 0, "the next generation begins with nothing pending");
    is(next.received(), 43, "and counts on from what was received");
    bench.Add(1);
    is(static_cast<long long>(bench.TakeBack().size()), 3, "the last one's come back");
    is(bench.row()->handed, 43, "it writes to the row no more");
  }
}

void TestNonsense() {
  for (const uint32_t advance : {3u, 1000u, 0x80000000u, UINT32_MAX}) {
    for (const uint32_t start : {0u, UINT32_MAX}) {
      Bench bench(start);
      bench.HandOff(2);
      bench.row()->received = start + advance;
      ok(!bench.slot->HasRoom(2), "a count that is off by " + std::to_string(advance) + " of 2");
      ok(bench.slot->is_broken() && bench.slot->broken_reason() == GoneReason::kBadBoard,
         "breaks the slot");
      is(bench.slot->pending(), 2, "and is not believed");
      ok(!bench.slot->HasRoom(1000), "a broken slot has no room");
    }
  }
  Bench bench;
  bench.HandOff(2);
  bench.slot->Break(GoneReason::kBadFrame, 7);
  bench.slot->Break(GoneReason::kChannel, 8);
  ok(bench.slot->broken_reason() == GoneReason::kBadFrame && bench.slot->broken_error() == 7,
     "the first reason stays");
  is(static_cast<long long>(bench.TakeBack().size()), 2, "a broken slot gives back what it had");

  // Counts that it has received, and has not.
  Bench liar;
  const std::vector<unsigned long long> handed = liar.HandOff(2);
  liar.row()->received = 2;
  liar.slot->Refresh();
  ok(AreThose(liar.TakeBack(), handed), "what it says it received and did not is there still");
  is(liar.slot->pending(), 0, "and pending does not wrap");
}

void TestTakeBack() {
  for (const size_t count : {size_t{1}, size_t{2}, kMaxBatch, kMaxBatch + 5, size_t{300}}) {
    const std::string name = std::to_string(count) + " handed: ";
    Bench bench(UINT32_MAX - 10);
    const std::vector<unsigned long long> ids = bench.HandOff(count);
    const int before = CountOpenFds();
    const std::deque<Connection> taken = bench.TakeBack();
    ok(AreThose(taken, ids), name + "all come back, in order");
    const bool is_as_it_was = std::all_of(taken.begin(), taken.end(), [](const Connection& one) {
      return !one.is_final && one.refused_by == std::vector<uint16_t>({8, 9});
    });
    ok(is_as_it_was, name + "who refused them is known, and none is final any more");
    is(taken.back().listener, static_cast<uint16_t>((count - 1) % 256), name + "nor its listener");
    is(CountOpenFds() - before, static_cast<long long>(count), name + "one fd each");
    is(bench.slot->pending(), 0, name + "nothing is pending");
    is(bench.row()->handed - bench.row()->received, 0, name + "nor on the board");
    is(static_cast<long long>(bench.counters.reclaimed), static_cast<long long>(count),
       name + "counted");
    ok(bench.TakeBack().empty(), name + "and there is no more");
  }
}

void TestTakeBackTheRest() {
  Bench bench;
  bench.HandOff(2);
  const std::vector<unsigned long long> ids = bench.HandOff(3);
  bench.Receive();
  ok(AreThose(bench.TakeBack(), ids), "what the worker has received does not come back");
  bench.slot->Refresh();
  is(bench.slot->pending(), 0, "nothing is pending");
  ok(!bench.slot->is_broken(), "all of it can be");

  const UniqueFd board = support::NewSocket();
  const int end = bench.slot->primary_end();
  rondo::SendWelcome(end, {1, kId, 2}, board.get());
  rondo::SendState(end, "state", 5);
  SendSignal(end, FrameType::kPing);
  ok(!bench.slot->needs_welcome && !bench.slot->needs_state && !bench.slot->needs_ping,
     "(no control frame is due)");
  ok(bench.TakeBack().empty(), "control frames are no connections");
  ok(bench.slot->needs_welcome && bench.slot->needs_state && bench.slot->needs_ping,
     "but due again");
}

void TestTakeBackWithoutFds() {
  Bench bench;
  std::vector<unsigned long long> ids = bench.HandOff(2);
  const std::vector<unsigned long long> more = bench.HandOff(2);
  ids.insert(ids.end(), more.begin(), more.end());
  std::deque<Connection> taken;
  for (const int free : {0, 1, 3}) {
    const support::FdLimit limit(free);
    ok(!bench.slot->TakeBack(&taken, bench.buffer.get()), "without the fds it does not go on");
  }
  ok(taken.empty(), "and has lost nothing");
  {
    const support::FdLimit limit(4);
    ok(!bench.slot->TakeBack(&taken, bench.buffer.get()), "with just the fds it needs");
    is(static_cast<long long>(taken.size()), 4,
       "all come, and whether there are more it says later");
  }
  std::deque<Connection> rest = bench.TakeBack();
  std::move(rest.begin(), rest.end(), std::back_inserter(taken));
  ok(AreThose(taken, ids), "in the end all have come back, in order");
}

void TestFullChannel() {
  Bench bench;
  bench.Fill();
  const std::vector<unsigned long long> ids = bench.Add(kMaxBatch + 3);
  std::deque<Connection> undelivered;
  undelivered.emplace_back();
  ok(!bench.slot->HandOff(&undelivered), "a full channel takes no batch");
  undelivered.pop_front();
  ok(AreThose(undelivered, ids), "its connections are kept, in order, behind those that wait");
  ok(bench.slot->IsBatchEmpty(), "not in the batch");
  is(bench.slot->pending(), 0, "nothing is pending");
  is(bench.slot->handoff_error(), EAGAIN, "it says why");
  is(bench.counters.handoff_errors.code(0), EAGAIN, "and counts it");
  is(static_cast<long long>(bench.counters.handed), 0, "handed is what went");
  ok(!bench.slot->is_broken(), "the slot is well");
  ok(!bench.slot->HasRoom(100), "but has no room while it is blocked");
  bench.slot->is_blocked = false;
  ok(bench.slot->HasRoom(1), "and then has");
  bench.TakeBack();
  bench.HandOff(2);
  is(static_cast<long long>(bench.Receive()), 2, "what is handed then is received");
}

// Room for the first frame of a batch and not for the second.
void TestNearlyFullChannel() {
  Bench bench;
  bench.Fill();
  Frame frame;
  int error = 0;
  std::deque<Connection> undelivered;
  bool has_split = false;
  for (int room = 1; room < 20 && !has_split; room++) {
    for (int i = 0; i < room; i++) {
      ReadFrame(bench.worker_end.get(), bench.buffer.get(), &frame, &error);
    }
    undelivered.clear();
    const std::vector<unsigned long long> ids = bench.Add(3 * kMaxBatch);
    bench.slot->HandOff(&undelivered);
    const size_t sent = ids.size() - undelivered.size();
    has_split = sent > 0 && sent < ids.size();
    ok(AreThose(undelivered, {ids.begin() + static_cast<long>(sent), ids.end()}),
       "what did not go is what comes back");
    is(bench.slot->pending(), static_cast<long long>(sent), "pending is what went");
    is(static_cast<long long>(bench.TakeBack().size()), static_cast<long long>(sent),
       "and it is in the channel");
    bench.Fill();
  }
  ok(has_split, "a batch was split");
}

void TestClosedChannel() {
  Bench bench;
  shutdown(bench.worker_end.get(), SHUT_RDWR);
  const std::vector<unsigned long long> ids = bench.Add(2);
  std::deque<Connection> undelivered;
  ok(!bench.slot->HandOff(&undelivered), "a channel that was shut takes nothing");
  ok(AreThose(undelivered, ids), "the connections are kept");
  ok(bench.slot->is_broken() && bench.slot->broken_reason() == GoneReason::kChannel,
     "and the slot is broken");
  is(bench.slot->broken_error(), EPIPE, "with the reason");
}

void TestWish() {
  Bench bench;
  const uint32_t wish = bench.row()->wake;
  bench.slot->AskForCredit();
  ok(bench.row()->wake != wish, "a wish for credit is seen on the board");
  bench.row()->active = 17;
  is(bench.slot->active(), 17, "active is what the worker says");
}

}  // namespace

int main() {
  const int fds_before = CountOpenFds();
  TestWindow();
  TestNextGeneration();
  TestNonsense();
  TestTakeBack();
  TestTakeBackTheRest();
  TestTakeBackWithoutFds();
  TestFullChannel();
  TestNearlyFullChannel();
  TestClosedChannel();
  TestWish();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
