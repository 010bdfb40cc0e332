#include "receiver/counts.h"

#include <uv.h>

#include <utility>

namespace rondo {

int Counts::Map(int engine_fd, int worker_fd) {
  auto page = std::make_shared<PageMapping<WorkerPage>>();
  int result = engine_page_.Map(engine_fd, false);
  if (result == 0) result = page->Map(worker_fd, true);
  if (result != 0) return result;
  page_ = std::move(page);
  (*page_)->claims.store(claims_, std::memory_order_release);
  return 0;
}

uint32_t Counts::Announced() const {
  if (page_ == nullptr) return 0;
  return engine_page_->handed.load(std::memory_order_relaxed) -
         (*page_)->received.load(std::memory_order_relaxed);
}

bool Counts::CountReceived(size_t count) {
  WorkerPage& page = **page_;
  // Before `received`: who sees the count sees its time, or a later one's.
  page.received_at_ns.store(uv_hrtime(), std::memory_order_relaxed);
  // Written, then `wake` read, both seq_cst; the engine, which asks for credit, does the reverse.
  page.received.fetch_add(static_cast<uint32_t>(count), std::memory_order_seq_cst);
  return Answers(engine_page_->wake, &answered_wake_);
}

// Whether the engine's wish is a new one. It is answered then.
bool Counts::Answers(const std::atomic<uint32_t>& wish, uint32_t* answered) {
  const uint32_t present = wish.load(std::memory_order_seq_cst);
  if (present == *answered) return false;
  *answered = present;
  return true;
}

bool Counts::NoteEnded() {
  if (page_ == nullptr) return false;
  WorkerPage& page = **page_;
  const uint32_t ended = page.ended.load(std::memory_order_relaxed);
  if (ended == noted_ended_) return false;
  noted_ended_ = ended;
  // JavaScript has counted with plain writes; this orders them before the look at the wish. The
  // engine reads `ended` after it has asked.
  page.received.fetch_add(0, std::memory_order_seq_cst);
  return Answers(engine_page_->wake_ended, &answered_wake_ended_);
}

void Counts::CountClaim() {
  claims_++;
  if (page_ != nullptr) (*page_)->claims.store(claims_, std::memory_order_release);
}

void Counts::CountLost(const std::vector<uint16_t>& listeners) {
  (*page_)->lost.fetch_add(static_cast<uint32_t>(listeners.size()), std::memory_order_relaxed);
  for (const uint16_t listener : listeners) CountEnded(listener);
}

void Counts::CountEnded(uint16_t listener) {
  if (page_ == nullptr) return;
  WorkerPage& page = **page_;
  page.ended.fetch_add(1, std::memory_order_relaxed);
  page.ended_of[listener].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace rondo
