#include "engine/starvation.h"

#include "base/clock.h"

namespace rondo {

namespace {

constexpr uint64_t kReportAfterNs = 100 * kMillisecond;

}  // namespace

void Starvation::Note(bool is_starved, uint64_t now_ns) {
  if (since_ns_ != 0) Count(&counters_->starved_ns, now_ns - since_ns_);
  since_ns_ = is_starved ? now_ns : 0;
  if (!is_starved) standing_since_ns_ = 0;
  if (is_starved && standing_since_ns_ == 0) {
    standing_since_ns_ = now_ns;
    if (is_reported_) Report();
  }
  if (!is_starved && is_reported_) Report();
}

void Starvation::Tick(uint64_t now_ns) {
  if (is_reported_ || standing_since_ns_ == 0) return;
  if (now_ns - standing_since_ns_ >= kReportAfterNs) Report();
}

// The time for 'flowing' has come when connections were handed off again or none waits.
void Starvation::Report() {
  is_reported_ = !is_reported_;
  events_->Emit({is_reported_ ? EventType::kStarved : EventType::kFlowing});
}

}  // namespace rondo
