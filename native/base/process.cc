#include "base/process.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifdef __linux__
#include <sched.h>
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
  // Whoever has given the process another policy wants that one, and it has no time slice. Not by
  // libc's function, which musl's refuses.
  if (syscall(SYS_sched_getscheduler, 0) != SCHED_OTHER) return;
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

int Notify(const char* path, size_t length, const char* text, size_t text_length, const int* fds,
           size_t fd_count) {
  if (length == 0 || fd_count > kMaxNotifiedFds) return -EINVAL;
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
  iovec part = {const_cast<char*>(text), text_length};
  msghdr message = {};
  message.msg_name = const_cast<sockaddr*>(address.any());
  message.msg_namelen = address.size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxNotifiedFds * sizeof(int))];
  if (fd_count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
  }
  // A datagram goes whole or not at all.
  return sendmsg(fd.get(), &message, kFlags) < 0 ? -errno : 0;
}

}  // namespace rondo
