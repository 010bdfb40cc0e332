// What a supervisor needs of the kernel about processes and Node does not offer: to end with the
// one that started it, to reap a child that libuv does not know, to tell systemd. Never blocks.
#ifndef RONDO_BASE_PROCESS_H_
#define RONDO_BASE_PROCESS_H_

#include <stddef.h>
#include <sys/types.h>

namespace rondo {

// prctl(2), PR_SET_PDEATHSIG: `signal` comes when the thread that forked this process ends; 0 takes
// that back. A parent that is gone already sends nothing, so getppid() is to be compared after it.
// 0 or -errno; -ENOSYS where there is no such thing.
int DieWithParent(int signal);

// Asks the scheduler to let the calling thread run soon when it wakes, for it never runs for long:
// a short time slice (sched_setattr(2), sched_runtime of SCHED_OTHER; Linux 6.12 and later).
// Elsewhere, and under another scheduling policy, nothing happens.
void WantToRunSoon();

// `pid` if that child has ended, and it is reaped then; 0 if it is alive; -errno. One child by its
// number and never a group or all: those of libuv are libuv's to reap.
pid_t Reap(pid_t pid);

// sd_notify(3): one datagram to a Unix socket. `path` is absolute, or abstract with a leading '@'
// or NUL, of exactly `length` bytes. `fds` go with it, and are borrowed: kMaxNotifiedFds at most,
// or it is -EINVAL. 0 or -errno; -EAFNOSUPPORT for any other kind of address.
int Notify(const char* path, size_t length, const char* text, size_t text_length,
           const int* fds = nullptr, size_t fd_count = 0);

inline constexpr size_t kMaxNotifiedFds = 16;

}  // namespace rondo

#endif  // RONDO_BASE_PROCESS_H_
