// What is looked at by a timer, because nobody tells of it.
#include <algorithm>

#include "base/clock.h"
#include "engine/dispatch.h"

namespace rondo {

namespace {

// What may change without anybody's saying so is looked at so often: workers that do not receive,
// connections that are held, backlogs that fill up.
constexpr uint64_t kLookNs = 1 * kMillisecond;
// And so often what only time or another process can mend.
constexpr uint64_t kSlowLookNs = 50 * kMillisecond;

}  // namespace

bool Dispatch::IsStarved() const {
  if (!parked_.IsEmpty()) return true;
  if (is_paused_) return false;
  return std::any_of(open_.begin(), open_.end(), [](const Listener* listener) {
    return listener->HasBacklog() && !listener->is_held;
  });
}

void Dispatch::ScheduleLook(bool is_unfinished) {
  bool is_soon = reclaim_.MayTake();
  bool is_late = !parked_.IsEmpty() || workers_.NeedsRetry();
  is_soon = is_soon || (is_late && !parked_.IsEmpty());
  for (const Listener* const listener : open_) {
    const bool waits = listener->state() == Listener::State::kWaiting && !is_paused_;
    is_soon = is_soon || waits;
    is_late = is_late || listener->state() == Listener::State::kBackingOff;
  }
  if (is_unfinished) {
    look_.Start(0, now_ns_);
  } else if (is_soon) {
    look_.Start(kLookNs, now_ns_);
  } else if (is_late) {
    look_.Start(kSlowLookNs, now_ns_);
  }
}

void Dispatch::Look() {
  now_ns_ = NowNs();
  const bool is_slow = now_ns_ >= slow_look_at_ns_;
  if (is_slow) slow_look_at_ns_ = now_ns_ + kSlowLookNs;
  workers_.Retry(is_slow);
  reclaim_.Look(now_ns_);
  for (Listener* const listener : open_) {
    listener->EndBackOffIfDue(now_ns_);
    listener->LookWhetherEmpty();
    overload_.TurnAwayOldParked(listener, now_ns_);
    if (listener->state() != Listener::State::kWaiting || is_paused_) continue;
    const BacklogLength backlog = MeasureBacklog(listener->fd());
    overload_.TurnAwayOld(listener, backlog.length, now_ns_);
    if (listener->state() == Listener::State::kWaiting)
      overload_.ParkOverflow(listener, backlog, now_ns_);
  }
  if (is_slow) parked_.OfferAgain();
  Run();
  if (is_slow) starvation_.Tick(now_ns_);
}

}  // namespace rondo
