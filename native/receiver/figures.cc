#include "receiver/figures.h"

#include <algorithm>

namespace rondo {

namespace {

constexpr uint64_t kNsPerUs = 1000;
constexpr uint64_t kNsPerMs = 1000 * kNsPerUs;
constexpr uint64_t kLongest = UINT32_MAX;
// After this many periods of kFiguresMs nothing is left of the longest delay.
constexpr uint64_t kMostDecays = 160;

// How many I/O events the loop has had; 0 with a libuv that does not count them.
uint64_t EventsOf(uv_loop_t* loop) {
#if UV_VERSION_HEX >= 0x012d00
  uv_metrics_t metrics;
  return uv_metrics_info(loop, &metrics) == 0 ? metrics.events : 0;
#else
  (void)loop;
  return 0;
#endif
}

// An eighth less for every period that has passed.
uint64_t Decay(uint64_t delay_us, uint64_t periods) {
  for (uint64_t i = std::min(periods, kMostDecays); i > 0; i--) delay_us -= (delay_us + 7) / 8;
  return delay_us;
}

}  // namespace

int Figures::Open(uv_loop_t* loop) {
  loop_ = loop;
  // Node has set it for its loops already; an embedder may not have.
  int result = uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
  if (result < 0) return result;
  result = check_.Open(this, [loop](uv_check_t* check) { return uv_check_init(loop, check); });
  if (result < 0) return result;
  result =
      prepare_.Open(this, [loop](uv_prepare_t* prepare) { return uv_prepare_init(loop, prepare); });
  if (result < 0) return result;
  result = beat_.Open(this, [loop](uv_timer_t* timer) { return uv_timer_init(loop, timer); });
  if (result < 0) return result;
  uv_unref(check_.base());
  uv_unref(prepare_.base());
  uv_unref(beat_.base());
  return 0;
}

void Figures::Start(WorkerPage* page, void* data, void (*on_turn_end)(void* data)) {
  page_ = page;
  data_ = data;
  on_turn_end_ = on_turn_end;
  turn_ended_ = published_ = {uv_hrtime(), uv_metrics_idle_time(loop_)};
  events_ = EventsOf(loop_);
  BeginTurn();
  uv_check_start(check_.get(),
                 [](uv_check_t* check) { static_cast<Figures*>(check->data)->BeginTurn(); });
  uv_prepare_start(prepare_.get(),
                   [](uv_prepare_t* prepare) { static_cast<Figures*>(prepare->data)->EndTurn(); });
  Beat(beat_interval_ms_);
}

void Figures::Close() {
  check_.Close();
  prepare_.Close();
  beat_.Close();
  if (page_ == nullptr) return;
  // Nobody shows anything from here on, which must not look like a loop that is stuck.
  ShowBeat(0);
  page_->turn_since_ns.store(0, std::memory_order_relaxed);
  page_ = nullptr;
}

void Figures::Beat(uint64_t interval_ms) {
  beat_interval_ms_ = interval_ms;
  if (page_ == nullptr) return;
  if (interval_ms == 0) {
    uv_timer_stop(beat_.get());
    ShowBeat(0);
    return;
  }
  ShowBeat(HeartbeatNow());
  uv_timer_start(
      beat_.get(),
      [](uv_timer_t* timer) { static_cast<Figures*>(timer->data)->ShowBeat(HeartbeatNow()); },
      interval_ms, interval_ms);
}

void Figures::ShowBeat(uint32_t heartbeat) {
  page_->heartbeat.store(heartbeat, std::memory_order_relaxed);
}

void Figures::BeginTurn() {
  if (page_ == nullptr || page_->turn_since_ns.load(std::memory_order_relaxed) != 0) return;
  page_->turn_since_ns.store(uv_hrtime(), std::memory_order_relaxed);
}

void Figures::EndTurn() {
  page_->turn_since_ns.store(0, std::memory_order_relaxed);
  const uint64_t events = EventsOf(loop_);
  page_->turn_events.store(static_cast<uint32_t>(events - events_), std::memory_order_relaxed);
  events_ = events;
  const uint64_t now = uv_hrtime();
  const uint64_t idle = uv_metrics_idle_time(loop_);
  // Of the time since the turn before, what was not spent waiting. That has the I/O callbacks too,
  // in which most of a server's work is done and which come before the check handles.
  const uint64_t busy = (now - turn_ended_.at) - (idle - turn_ended_.idle);
  turn_ended_ = {now, idle};
  longest_us_ = std::max(longest_us_, std::min(busy / kNsPerUs, kLongest));
  if (now - published_.at >= kFiguresMs * kNsPerMs) Publish(now, idle);
  on_turn_end_(data_);
}

void Figures::Publish(uint64_t now, uint64_t idle) {
  const uint64_t elapsed = now - published_.at;
  const uint64_t waited = std::min(idle - published_.idle, elapsed);
  delay_us_ = std::max(Decay(delay_us_, elapsed / (kFiguresMs * kNsPerMs)), longest_us_);
  longest_us_ = 0;
  published_ = {now, idle};
  page_->delay_us.store(static_cast<uint32_t>(delay_us_), std::memory_order_relaxed);
  page_->busy_permille.store(static_cast<uint32_t>((elapsed - waited) * 1000 / elapsed),
                             std::memory_order_relaxed);
  size_t bytes = 0;
  // Reads a file of /proc. Without an fd left the figure stays as it was.
  if (uv_resident_set_memory(&bytes) == 0) {
    page_->memory_kb.store(static_cast<uint32_t>(bytes / 1024), std::memory_order_relaxed);
  }
  // The last: who sees the time sees the figures.
  page_->figures_at.store(HeartbeatNow(), std::memory_order_release);
}

}  // namespace rondo
