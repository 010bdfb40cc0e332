#include "engine/worker.h"

#include <sys/socket.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "base/errors.h"

namespace rondo {

namespace {

// A loop that turns faster than this has no request that keeps the CPU.
constexpr uint64_t kQuickNs = 1 * kMillisecond;
// So many in a row: an idle worker receives its first one quickly whatever it does with it.
constexpr uint32_t kQuickReceipts = 8;
// Of the events of a turn, one in so many may be a new connection.
constexpr uint32_t kEventsPerNew = 8;
// After a pause nothing is known of what comes now.
constexpr uint64_t kForgetNs = 10 * kMillisecond;

// What a frame of one fd takes of a socket's send buffer: the kernel's own bookkeeping.
constexpr int kFrameCost = 768;
constexpr int kWantedSendBuffer = 1 << 20;

// Makes the buffer as large as the system allows, and says how many frames it holds.
uint32_t GrowSendBuffer(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kWantedSendBuffer, sizeof(kWantedSendBuffer));
  int size = 0;
  socklen_t length = sizeof(size);
  if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length) != 0) size = 0;
  return static_cast<uint32_t>(std::max(size / kFrameCost, 1));
}

}  // namespace

Worker::Worker(uint16_t id, uint32_t generation, FdPair channel,
               std::shared_ptr<Scoreboard> scoreboard, std::shared_ptr<ProcessCounters> counters,
               QueueTimes* queue_times, WorkerSets* sets)
    : id_(id),
      generation_(generation),
      channel_(std::move(channel)),
      scoreboard_(std::move(scoreboard)),
      counters_(std::move(counters)),
      queue_times_(queue_times),
      sets_(sets),
      most_frames_(GrowSendBuffer(channel_.first.get())) {}

// Others may still read the pages, but nobody is sent them any more.
Worker::~Worker() {
  scoreboard_->engine_fd.Reset();
  scoreboard_->worker_fd.Reset();
}

void Worker::SetPhase(Phase phase) {
  const bool goes_on = static_cast<int>(phase) == static_cast<int>(phase_) + 1;
  if (phase == Phase::kBroken || (goes_on && phase_ != Phase::kBroken)) phase_ = phase;
  NoteSets();
}

void Worker::Break(GoneReason reason, int error) {
  if (IsBroken()) return;
  broken_reason_ = reason;
  broken_error_ = error;
  SetPhase(Phase::kBroken);
}

void Worker::SetFlow(Flow flow) {
  // What was taken back waits for an answer, whatever else holds it up.
  const bool is_minor = flow == Flow::kFull || flow == Flow::kBehind;
  if (!(is_minor && IsRelieved())) flow_ = flow;
  NoteSets();
}

void Worker::SetWindow(Window window) {
  window_ = window;
  NoteSets();
}

void Worker::SetMaxConnections(uint32_t max_connections) {
  max_connections_ = max_connections;
  NoteSets();
}

uint64_t Worker::held() const {
  // Whatever it says, no more are over than it got.
  const uint64_t over = std::min(received_total_, ended_total_ + returned_total);
  return pending() + received_total_ - over;
}

bool Worker::IsQuick() const { return quick_receipts_ >= kQuickReceipts; }

bool Worker::HasRoom() const {
  if (phase_ != Phase::kMapped || flow_ != Flow::kOpen) return false;
  if (pending() >= std::min(WindowNow(), most_frames_)) return false;
  return !IsFull();
}

// A turn that serves many clients is long by their number, and what waits for it waits no longer
// for being several: new clients get a part of it, or those that are there would keep them out.
uint32_t Worker::WindowNow() const {
  if (IsQuick()) return window_.largest();
  return std::clamp(turn_events_ / kEventsPerNew, window_.size, window_.largest());
}

void Worker::NoteSets() {
  if (sets_ == nullptr) return;
  const bool is_open = flow_ == Flow::kOpen;
  sets_->ready.Set(id_, IsReady());
  sets_->room.Set(id_, HasRoom());
  // One that cannot be handed anything holds up nobody.
  sets_->keeping.Set(id_, keeps_up_ && is_open && IsReady() && !IsFull());
  sets_->pending.Set(id_, pending() > 0);
  sets_->full.Set(id_, IsReady() && IsFull());
  sets_->odd.Set(id_, !is_open || OwesAny() || channel_watch.IsPaused());
}

void Worker::SetOwed(uint8_t owed) {
  owed_ = owed;
  NoteSets();
}

void Worker::PauseReading() {
  channel_watch.Pause();
  NoteSets();
}

void Worker::ResumeReading() {
  channel_watch.Resume();
  NoteSets();
}

void Worker::SetHanded(uint32_t handed) {
  handed_ = handed;
  if (static_cast<int32_t>(handed_free_ - handed) > 0) handed_free_ = handed;
  scoreboard_->engine->handed.store(handed, std::memory_order_relaxed);
}

void Worker::Refresh(uint64_t now_ns) {
  if (phase_ != Phase::kMapped) return;
  const WorkerPage& page = *scoreboard_->worker;
  const uint32_t received = page.received.load(std::memory_order_seq_cst);
  ended_ = page.ended.load(std::memory_order_relaxed);
  turn_events_ = page.turn_events.load(std::memory_order_relaxed);
  // It can only have moved forward, and not beyond what was handed.
  const uint32_t advance = received - received_;
  if (advance > pending()) return Break(GoneReason::kBadBoard);
  received_ = received;
  received_total_ += advance;
  if (advance > 0) NoteReceipt(advance, now_ns);
  NoteEnded();
  NoteSets();
}

// The page's number wraps, may already have what `received` did not have yet, and may be nonsense:
// what is counted here is no more than it has received.
void Worker::NoteEnded() {
  const uint64_t counted = ended_total_ + returned_total;
  const uint64_t most = received_total_ - std::min(received_total_, counted);
  const uint32_t advance = ended_ - static_cast<uint32_t>(ended_total_);
  if (advance == 0 || most == 0) return;
  ended_total_ += std::min<uint64_t>(advance, most);
  counters_->ended.store(ended_total_, std::memory_order_release);
}

void Worker::NoteReceipt(uint32_t count, uint64_t now_ns) {
  // By the worker's own clock, for this look may come long after. A time that cannot be is none.
  uint64_t at_ns = scoreboard_->worker->received_at_ns.load(std::memory_order_relaxed);
  if (at_ns < progress_ns_ || at_ns > now_ns) at_ns = now_ns;
  const bool is_quick = at_ns - progress_ns_ < kQuickNs;
  quick_receipts_ = is_quick ? std::min(quick_receipts_ + count, kQuickReceipts) : 0;
  progress_ns_ = at_ns;
  keeps_up_ = true;
  counters_->received.store(received_total_, std::memory_order_release);
}

uint32_t Worker::EndedOf(uint16_t listener) const {
  return scoreboard_->worker->ended_of[listener].load(std::memory_order_relaxed);
}

uint64_t Worker::TurnSinceNs() const {
  return scoreboard_->worker->turn_since_ns.load(std::memory_order_relaxed);
}

uint32_t Worker::DelayUs(uint64_t now_ns) const {
  const uint64_t since_ns = TurnSinceNs();
  const uint64_t turn_ns = since_ns == 0 || since_ns > now_ns ? 0 : now_ns - since_ns;
  const uint64_t turn_us = std::min<uint64_t>(turn_ns / kMicrosecond, UINT32_MAX);
  // A loop that waits for long has nothing to be late with.
  const WorkerPage& page = *scoreboard_->worker;
  const uint32_t delay_us = AreFiguresOld(page) ? 0 : page.delay_us.load(std::memory_order_relaxed);
  return std::max(delay_us, static_cast<uint32_t>(turn_us));
}

Tempo Worker::Judge(uint64_t now_ns) {
  const Tempo tempo = pace.Judge(pending() > 0, progress_ns_, now_ns);
  keeps_up_ = tempo == Tempo::kKeepsUp;
  NoteSets();
  return tempo;
}

void Worker::Add(Connection connection, uint64_t now_ns, uint64_t keep_until_ns) {
  if (pending() > 0) Refresh(now_ns);
  if (pending() == 0) {
    if (now_ns - progress_ns_ > kForgetNs) quick_receipts_ = 0;
    progress_ns_ = now_ns;
  }
  added_at_ns_ = now_ns;
  batch_.push_back(std::move(connection));
  // Before it is sent: the worker may count it as received at once.
  SetHanded(handed_ + 1);
  keep_until_ns_ = std::max(keep_until_ns_, keep_until_ns);
  if (keep_until_ns <= now_ns) handed_free_ = handed_;
  NoteSets();
}

int Worker::HandOff(std::vector<Connection>* unsent) {
  size_t sent = 0;
  int error = 0;
  while (sent < batch_.size()) {
    const size_t count = std::min(batch_.size() - sent, kMaxBatch);
    error = SendConnections(primary_end(), &batch_[sent], count);
    if (error < 0) break;
    CountHanded(sent, count);
    sent += count;
  }
  if (error < 0) {
    counters_->handoff_errors.Count(-error);
    Unsend(sent, unsent);
    if (IsWouldBlock(-error) || IsShortage(-error)) {
      SetFlow(Flow::kFull);
    } else {
      Break(GoneReason::kChannel, -error);
    }
  }
  // Closes what was sent: the worker's copy is the only one now.
  batch_.clear();
  return error;
}

// Only what has gone, so that the number never falls.
void Worker::CountHanded(size_t first, size_t count) {
  size_t waited = 0;
  for (size_t i = first; i < first + count; i++) {
    if (batch_[i].waited_ns == 0) continue;
    queue_times_->Note(batch_[i].waited_ns);
    waited++;
  }
  queue_times_->NoteNone(count - waited);
  Count(&counters_->handed, count);
}

void Worker::Unsend(size_t sent, std::vector<Connection>* unsent) {
  const size_t left = batch_.size() - sent;
  SetHanded(handed_ - static_cast<uint32_t>(left));
  std::move(batch_.begin() + static_cast<std::ptrdiff_t>(sent), batch_.end(),
            std::back_inserter(*unsent));
  batch_.resize(sent);
  NoteSets();
}

void Worker::AskForCredit(bool is_end_enough) {
  // Both sides write, then read what the other writes, all seq_cst: at least one of them sees
  // the other's write, so either the room is seen here or the worker sends a frame.
  scoreboard_->engine->wake.fetch_add(1, std::memory_order_seq_cst);
  if (is_end_enough) scoreboard_->engine->wake_ended.fetch_add(1, std::memory_order_seq_cst);
  if (sets_ != nullptr) sets_->asked.Add(id_);
}

void Worker::NoteCredit(uint64_t now_ns) {
  if (sets_ != nullptr) sets_->asked.Remove(id_);
  relieved = 0;
  keeps_up_ = true;
  SetFlow(Flow::kOpen);
  Refresh(now_ns);
}

void Worker::TakenBack(uint32_t count) {
  SetHanded(handed_ - std::min(count, pending()));
  NoteSets();
}

void Worker::NoteReturned() {
  returned_total++;
  Count(&counters_->refused);
  NoteSets();
}

void Worker::NoteReleased() {
  returned_total++;
  Count(&counters_->released);
  NoteSets();
}

void Worker::Detach() {
  for (SlotSet* const set : {&sets_->ready, &sets_->room, &sets_->keeping, &sets_->pending,
                             &sets_->asked, &sets_->full, &sets_->odd}) {
    set->Remove(id_);
  }
  sets_ = nullptr;
}

void Worker::Leave(bool is_dead) {
  const uint64_t open = held() - pending();
  SetHanded(received_);
  counters_->has_left.store(true, std::memory_order_relaxed);
  if (!is_dead) return;
  Count(&counters_->unfinished, open);
  counters_->is_gone.store(true, std::memory_order_relaxed);
}

}  // namespace rondo
