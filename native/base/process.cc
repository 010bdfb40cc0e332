#include "base/process.h"

#include <errno.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <unistd.h>

#include <string>

#include "base/socket.h"

namespace rondo {

int DieWithParent(int signal) {
#ifdef __linux__
  return prctl(PR_SET_PDEATHSIG, signal) == 0 ? 0 : -errno;
#else
  (void)signal;
  return -ENOSYS;
#endif
}

void WantToRunSoon() {
#if defined(__linux__) && defined(SYS_sched_setattr)
  // struct sched_attr of linux/sched/types.h, which clashes with libc's headers.
  struct {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns;
    uint64_t deadline_ns;
    uint64_t period_ns;
  } attributes = {};
  attributes.size = sizeof(attributes);
  attributes.nice = getpriority(PRIO_PROCESS, 0);  // of the thread; it stays as it is
  attributes.runtime_ns = 100'000;
  // Refused by older kernels and by some sandboxes, where things stay as they are.
  (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
#endif
}

pid_t Reap(pid_t pid) {
  if (pid <= 0) return -EINVAL;
  const pid_t reaped = waitpid(pid, nullptr, WNOHANG);
  return reaped < 0 ? -errno : reaped;
}

int Notify(const char* path, size_t length, const char* text, size_t text_length) {
  if (length == 0) return -EINVAL;
  if (path[0] != '/' && path[0] != '@' && path[0] != '\0') return -EAFNOSUPPORT;
  std::string name(path, length);
  if (name[0] == '@') name[0] = '\0';
  UnixAddress address;
  int result = ParseUnixAddress(name.data(), name.size(), &address);
  if (result < 0) return result;
  UniqueFd fd;
  result = OpenSocket(AF_UNIX, SOCK_DGRAM, &fd);
  if (result < 0) return result;
#ifdef MSG_NOSIGNAL
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
  constexpr int kFlags = MSG_DONTWAIT;
#endif
  // A datagram goes whole or not at all.
  return sendto(fd.get(), text, text_length, kFlags, address.any(), address.size) < 0 ? -errno : 0;
}

}  // namespace rondo
