#include "engine/pace.h"

#include <utility>

#include "base/clock.h"

namespace rondo {

namespace {

// So long every worker may take to receive. Not looked at, so that it costs nothing where all is
// well.
constexpr uint64_t kPromptNs = 200 * kMicrosecond;
// 4 ms is visibly less even with more workers than cores.
constexpr uint64_t kPatienceNs = 6 * kMillisecond;
// Code that is not compiled yet uses 1.5 ms for the first connection.
constexpr int64_t kBusyNs = 2 * kMillisecond;
// A process that is runnable all the time and still gets no CPU: somebody else's priority.
constexpr uint64_t kLongestWaitNs = 50 * kMillisecond;
// Reading a process's state costs some microseconds.
constexpr uint64_t kStateFromNs = 1500 * kMicrosecond;
constexpr uint64_t kStateAgainNs = 2 * kMillisecond;
// Between two looks at an idle process: long enough to tell something, and short enough to be of
// now.
constexpr uint64_t kShortestIdleNs = 500 * kMicrosecond;
constexpr uint64_t kLongestIdleNs = 5 * kMillisecond;

}  // namespace

Tempo Pace::Judge(bool has_pending, uint64_t progress_ns, uint64_t now_ns) {
  if (!has_pending || now_ns < progress_ns + kPromptNs) return Tempo::kKeepsUp;
  const uint64_t waited_ns = now_ns - progress_ns;
  if (UsedNs(progress_ns) >= kBusyNs) return Tempo::kBusy;
  if (waited_ns < kStateFromNs) return Tempo::kKeepsUp;
  if (state_at_ns_ < progress_ns || now_ns - state_at_ns_ >= kStateAgainNs) {
    state_ = probe_.State();
    state_at_ns_ = now_ns;
  }
  if (state_ == ProcessState::kStopped) return Tempo::kStopped;
  const bool waits_for_cpu = state_ == ProcessState::kRunnable && waited_ns < kLongestWaitNs;
  return waits_for_cpu || waited_ns < kPatienceNs ? Tempo::kKeepsUp : Tempo::kSilent;
}

int64_t Pace::UsedNs(uint64_t progress_ns) {
  const int64_t used_ns = probe_.CpuTimeNs();
  if (used_ns < 0) return -1;
  if (marked_progress_ns_ != progress_ns) {
    marked_progress_ns_ = progress_ns;
    mark_ns_ = used_ns;
  }
  return used_ns - mark_ns_;
}

bool Pace::IsIdle(uint64_t now_ns) {
  const int64_t used_ns = probe_.CpuTimeNs();
  if (used_ns < 0) return true;
  const uint64_t elapsed_ns = now_ns - std::exchange(idle_asked_ns_, now_ns);
  const int64_t used_since_ns = used_ns - std::exchange(idle_mark_ns_, used_ns);
  if (elapsed_ns < kShortestIdleNs || elapsed_ns > kLongestIdleNs) return false;
  return used_since_ns * 3 < static_cast<int64_t>(elapsed_ns);
}

}  // namespace rondo
