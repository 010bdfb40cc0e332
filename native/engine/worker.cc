#include "engine/worker.h"

#include <algorithm>
#include <iterator>

#include "base/errors.h"

namespace rondo {

namespace {

// No socket buffer holds as many.
constexpr int kMostFramesWaiting = 1 << 16;

// A loop that turns faster than this has no request that keeps the CPU.
constexpr uint64_t kQuickNs = 1000 * 1000;

// So many times in a row: an idle worker receives its first one quickly whatever it does with it.
constexpr int kQuickReceives = 8;
constexpr uint64_t kForgetNs = 10 * 1000 * 1000;

// Longer than it takes a worker to receive when it only has to be woken, though others have the
// cores.
constexpr uint64_t kStillNs = 2 * 1000 * 1000;

// In a burst of connections a worker that is a little ahead has nothing to receive for moments, and
// would get what was meant for the others, for as long as those connections live.
constexpr uint64_t kFreeNs = 1000 * 1000;

}  // namespace

Slot::Slot(uint16_t id, uint32_t generation, FdPair channel, BoardRow* row, SlotCounters* counters)
    : id_(id),
      generation_(generation),
      channel_(std::move(channel)),
      row_(row),
      counters_(counters) {
  // The row keeps what the last generation wrote; its process is gone, so the value stands still
  // and the next worker counts on from it.
  received_ = row_->received.load(std::memory_order_relaxed);
  seen_received = received_;
  SetHanded(received_);
}

void Slot::SetHanded(uint32_t handed) {
  handed_ = handed;
  if (owns_row_) row_->handed.store(handed, std::memory_order_relaxed);
}

void Slot::LeaveRow(bool is_worker_dead) {
  const uint64_t handed_in_all = received_total_ + pending();
  row_->handed.store(row_->received.load(std::memory_order_relaxed), std::memory_order_relaxed);
  if (is_worker_dead) {
    const uint64_t active = row_->active.exchange(0, std::memory_order_relaxed);
    // Whatever it has written there, it cannot have served more than it was handed.
    Count(&counters_->unfinished, std::min(active, handed_in_all));
  }
  owns_row_ = false;
}

void Slot::Refresh() {
  if (!owns_row_) return;
  const uint32_t received = row_->received.load(std::memory_order_seq_cst);
  // It can only have moved forward, and not beyond what was handed.
  const uint32_t advance = received - received_;
  if (advance > pending()) {
    Break(GoneReason::kBadBoard);
    return;
  }
  received_ = received;
  received_total_ += advance;
  if (advance == 0) return;
  const uint64_t now_ns = uv_hrtime();
  const bool is_quick = now_ns - pending_since_ns_ < kQuickNs;
  quick_receives_ = is_quick ? std::min(quick_receives_ + 1, kQuickReceives) : 0;
  pending_since_ns_ = now_ns;
}

bool Slot::HasRoom(uint32_t window, uint32_t quick_window) {
  if (is_broken_ || is_blocked || is_busy || is_behind) return false;
  // Read only when it matters: the row's cache line is the worker's.
  if (pending() >= window) Refresh();
  const bool is_quick = quick_receives_ == kQuickReceives;
  const uint32_t most = is_quick ? std::max(window, quick_window) : window;
  return !is_broken_ && pending() < most;
}

bool Slot::IsFree(uint64_t now_ns) {
  if (pending() > 0) Refresh();
  return pending() == 0 && HasRoom(1) && now_ns - added_at_ns_ >= kFreeNs;
}

bool Slot::IsStill(uint64_t now_ns) {
  if (!owns_row_ || pending() == 0) return false;
  const uint32_t received = row_->received.load(std::memory_order_relaxed);
  if (received == handed_) return false;
  if (received != still_received_ || still_since_ns_ < pending_since_ns_) {
    still_received_ = received;
    still_since_ns_ = now_ns;
  }
  return now_ns - still_since_ns_ >= kStillNs;
}

void Slot::Add(Connection connection) {
  const uint64_t now_ns = uv_hrtime();
  added_at_ns_ = now_ns;
  if (pending() == 0) {
    // After a pause nothing is known of what comes now.
    if (now_ns - pending_since_ns_ > kForgetNs) quick_receives_ = 0;
    pending_since_ns_ = now_ns;
  }
  batch_.push_back(std::move(connection));
  // Before it is sent: the worker may count it as received at once.
  Count(&counters_->handed);
  SetHanded(handed_ + 1);
}

bool Slot::HandOff(std::deque<Connection>* undelivered) {
  size_t sent = 0;
  while (sent < batch_.size()) {
    const size_t count = std::min(batch_.size() - sent, kMaxBatch);
    const int result = SendConnections(primary_end(), &batch_[sent], count);
    if (result < 0) {
      handoff_error_ = -result;
      counters_->handoff_errors.Count(handoff_error_);
      if (IsWouldBlock(handoff_error_) || IsShortage(handoff_error_)) {
        is_blocked = true;
      } else {
        Break(GoneReason::kChannel, handoff_error_);
      }
      break;
    }
    sent += count;
  }
  const bool is_complete = sent == batch_.size();
  if (!is_complete) {
    const size_t unsent = batch_.size() - sent;
    counters_->handed.fetch_sub(unsent, std::memory_order_relaxed);
    SetHanded(handed_ - static_cast<uint32_t>(unsent));
    std::move(batch_.begin() + static_cast<std::ptrdiff_t>(sent), batch_.end(),
              std::back_inserter(*undelivered));
  }
  // Closes what was sent: the worker's copy is the only one now.
  batch_.clear();
  return is_complete;
}

void Slot::AskForCredit() {
  // Both sides write, then read what the other writes, all seq_cst: at least one of them sees
  // the other's write, so either the room is seen here or the worker sends a frame.
  row_->wake.fetch_add(1, std::memory_order_seq_cst);
}

bool Slot::TakeBack(std::deque<Connection>* out, char* buffer) {
  std::vector<Connection> taken;
  // Only this thread writes to the worker, so the channel empties long before the bound.
  for (int frames = 0; frames < kMostFramesWaiting; frames++) {
    const size_t most = std::clamp<size_t>(pending(), 1, kMaxBatch);
    if (!HasFdHeadroom(primary_end(), most)) return false;
    Frame frame;
    int error = 0;
    switch (ReadFrame(channel_.second.get(), buffer, &frame, &error)) {
      case ReadResult::kFrame:
        break;
      case ReadResult::kFdsLost:
        // Another thread took the fds between the look and the read.
        if (frame.type != FrameType::kConnections) continue;
        SetHanded(handed_ - std::min<uint32_t>(frame.count, pending()));
        Count(&counters_->lost, frame.count);
        continue;
      default:
        return true;  // empty; or shut down by the worker, which empties it too
    }
    if (frame.type == FrameType::kWelcome) needs_welcome = true;
    if (frame.type == FrameType::kState) needs_state = true;
    if (frame.type == FrameType::kPing) needs_ping = true;
    taken.clear();
    if (frame.type != FrameType::kConnections || !ParseConnections(&frame, &taken)) continue;
    const uint32_t count = static_cast<uint32_t>(taken.size());
    SetHanded(handed_ - std::min(count, pending()));
    Count(&counters_->reclaimed, count);
    for (Connection& connection : taken) {
      connection.is_final = false;
      out->push_back(std::move(connection));
    }
  }
  return false;
}

void Slot::Break(GoneReason reason, int error) {
  if (is_broken_) return;
  is_broken_ = true;
  broken_reason_ = reason;
  broken_error_ = error;
}

}  // namespace rondo
