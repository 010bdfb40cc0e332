#include "base/process_probe.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace rondo {

void ProcessProbe::Open(pid_t pid) {
  pid_ = pid;
#ifdef __linux__
  has_clock_ = clock_getcpuclockid(pid, &clock_) == 0;
#endif
}

int64_t ProcessProbe::CpuTimeNs() const {
  if (!has_clock_) return -1;
  timespec time = {};
  if (clock_gettime(clock_, &time) != 0) return -1;
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

ProcessState ProcessProbe::State() const {
#ifdef __linux__
  if (pid_ <= 0) return ProcessState::kUnknown;
  char text[512];
  snprintf(text, sizeof(text), "/proc/%d/stat", static_cast<int>(pid_));
  const UniqueFd fd(open(text, O_RDONLY | O_CLOEXEC));
  if (!fd) return ProcessState::kUnknown;
  const ssize_t length = read(fd.get(), text, sizeof(text) - 1);
  if (length <= 0) return ProcessState::kUnknown;
  text[length] = '\0';
  // The name, in parentheses, may hold anything; nothing after it holds a parenthesis.
  const char* const name_end = strrchr(text, ')');
  if (name_end == nullptr || name_end[1] != ' ') return ProcessState::kUnknown;
  switch (name_end[2]) {
    case 'R':
      return ProcessState::kRunnable;
    case 'T':
    case 't':
      return ProcessState::kStopped;
    case 'S':
    case 'D':
    case 'I':
      return ProcessState::kSleeping;
    default:
      return ProcessState::kUnknown;
  }
#else
  return ProcessState::kUnknown;
#endif
}

}  // namespace rondo
