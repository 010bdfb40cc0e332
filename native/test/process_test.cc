// links: base/process.cc base/socket.cc base/fd_passing.cc
// What is asked of the kernel for a supervisor: who dies with whom, which child is reaped, what
// systemd is told. Real processes and sockets; no fd and no zombie is left behind.
#include "base/process.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <string>

#include "base/fd_passing.h"
#include "base/socket.h"
#include "support.h"
#include "tap.h"

namespace {

using rondo::DieWithParent;
using rondo::EndIfIdle;
using rondo::Notify;
using rondo::PendingBytes;
using rondo::Reap;
using rondo::UniqueFd;
using support::CountOpenFds;
using tap::is;
using tap::ok;

constexpr unsigned kPatienceSeconds = 20;

struct Pipe {
  Pipe() {
    int fds[2];
    if (pipe(fds) != 0) abort();
    read_end.Reset(fds[0]);
    write_end.Reset(fds[1]);
  }
  UniqueFd read_end;
  UniqueFd write_end;
};

// ---- bytes that wait --------------------------------------------------------------------------

void TestPendingBytes() {
  const int fds_before = CountOpenFds();
  {
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    const UniqueFd a(pair[0]);
    const UniqueFd b(pair[1]);
    is(PendingBytes(b.get()), 0, "nothing was sent");
    send(a.get(), "12345", 5, 0);
    is(PendingBytes(b.get()), 5, "five bytes wait");
    is(PendingBytes(a.get()), 0, "not at the end they were sent from");
    char byte;
    recv(b.get(), &byte, 1, 0);
    is(PendingBytes(b.get()), 4, "what is read does not wait");
  }
  is(PendingBytes(-1), -EBADF, "no fd");
  is(CountOpenFds(), fds_before, "no fd is left");
}

void TestEndIfIdle() {
  const int fds_before = CountOpenFds();
  {
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    const UniqueFd a(pair[0]);
    const UniqueFd b(pair[1]);
    send(a.get(), "1", 1, 0);
    is(EndIfIdle(b.get()), 1, "a byte waits");
    is(send(b.get(), "2", 1, MSG_NOSIGNAL), 1, "so it is not ended");
    char byte;
    recv(b.get(), &byte, 1, 0);
    is(EndIfIdle(b.get()), 0, "nothing waits");
    recv(a.get(), &byte, 1, 0);
    is(recv(a.get(), &byte, 1, 0), 0, "the other end sees that it has ended");
    is(send(a.get(), "3", 1, MSG_NOSIGNAL), 1, "and can still send");
  }
  is(EndIfIdle(-1), -EBADF, "no fd");
  is(CountOpenFds(), fds_before, "no fd is left");
}

// ---- children ---------------------------------------------------------------------------------

void TestReap() {
  Pipe end;
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  is(Reap(child), 0, "a child that lives is left alone");
  kill(child, SIGKILL);
  siginfo_t info;
  // WNOWAIT: it has ended and is still a zombie.
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  is(Reap(0), -EINVAL, "a group is not reaped");
  is(Reap(-1), -EINVAL, "nor is everybody");
  is(Reap(child), child, "a child that has ended is");
  is(Reap(child), -ECHILD, "once");
  is(Reap(getpid()), -ECHILD, "what is no child is not");
}

#ifdef __linux__

// A child that starts another, which asks to die with it, and ends when that is settled. Gives the
// grandchild's pid, 0 if it did not come about.
pid_t Orphan(int signal) {
  Pipe words;
  const pid_t child = fork();
  if (child == 0) {
    Pipe settled;
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      const bool is_set = DieWithParent(signal) == 0;
      write(settled.write_end.get(), is_set ? "y" : "n", 1);
      // An end in time also where no signal comes.
      alarm(kPatienceSeconds);
      for (;;) pause();
    }
    char answer = 'n';
    read(settled.read_end.get(), &answer, 1);
    const pid_t pid = answer == 'y' ? grandchild : 0;
    write(words.write_end.get(), &pid, sizeof(pid));
    _exit(0);
  }
  pid_t grandchild = 0;
  read(words.read_end.get(), &grandchild, sizeof(grandchild));
  waitpid(child, nullptr, 0);
  return grandchild;
}

void TestDieWithParent() {
  is(DieWithParent(-1), -EINVAL, "no signal");
  is(DieWithParent(1000), -EINVAL, "nor this");
  int signal = -1;
  is(DieWithParent(SIGTERM), 0, "a signal");
  prctl(PR_GET_PDEATHSIG, &signal);
  is(signal, SIGTERM, "is set");
  is(DieWithParent(0), 0, "0");
  prctl(PR_GET_PDEATHSIG, &signal);
  is(signal, 0, "takes it back");

  // Orphans become this process's children, so that their end can be seen.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t doomed = Orphan(SIGKILL);
  ok(doomed > 0, "an orphan that asked for it");
  siginfo_t info = {};
  waitid(P_PID, static_cast<id_t>(doomed), &info, WEXITED | WNOWAIT);
  is(info.si_code == CLD_KILLED ? info.si_status : -1, SIGKILL, "dies of the signal");
  is(Reap(doomed), doomed, "and an adopted child can be reaped");
  const pid_t survivor = Orphan(0);
  ok(survivor > 0, "one that did not");
  is(Reap(survivor), 0, "lives");
  kill(survivor, SIGKILL);
  waitpid(survivor, nullptr, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

#else

void TestDieWithParent() { is(DieWithParent(SIGTERM), -ENOSYS, "there is no such thing here"); }

#endif

// ---- notifying --------------------------------------------------------------------------------

int Tell(const std::string& path, const std::string& text = "READY=1") {
  return Notify(path.data(), path.size(), text.data(), text.size());
}

// As systemd binds its own.
UniqueFd BindDatagram(const std::string& path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.data(), path.size());
  const size_t size = offsetof(sockaddr_un, sun_path) + path.size();
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)) != 0) {
    return UniqueFd();
  }
  return fd;
}

std::string Take(int fd) {
  char text[256];
  const ssize_t length = recv(fd, text, sizeof(text), 0);
  return length < 0 ? "(nothing)" : std::string(text, static_cast<size_t>(length));
}

void TestNotify() {
  const int fds_before = CountOpenFds();
  char directory[] = "/tmp/rondo-notify-XXXXXX";
  if (mkdtemp(directory) == nullptr) abort();
  const std::string path = std::string(directory) + "/notify";
  {
    const UniqueFd listener = BindDatagram(path);
    is(Tell(path, "READY=1\nSTATUS=up"), 0, "a path");
    is(Take(listener.get()), "READY=1\nSTATUS=up", "gets the text whole");
    is(Tell(path, ""), 0, "an empty text");
    is(Take(listener.get()), "", "is an empty datagram");
    int result = 0;
    for (int i = 0; i < 100'000 && result == 0; i++) result = Tell(path);
    is(result, -EAGAIN, "a reader that does not read holds nobody up");
    const support::FdLimit limit(0);
    is(Tell(path), -EMFILE, "no fd left");
  }
  is(Tell(path), -ECONNREFUSED, "nobody has it open any more");
  unlink(path.c_str());
  rmdir(directory);
  is(Tell(path), -ENOENT, "and now it is gone");

  is(Tell(""), -EINVAL, "no path");
  is(Tell("/" + std::string(rondo::kMaxUnixPath, 'x')), -EINVAL, "a path that is too long");
  is(Tell(std::string("/a\0b", 4)), -EINVAL, "a path with a NUL");
  is(Tell("vsock:2:1234"), -EAFNOSUPPORT, "another family's address");
  is(Tell("relative"), -EAFNOSUPPORT, "a path from nowhere");
#ifdef __linux__
  {
    const std::string name = "rondo-notify-" + std::to_string(getpid());
    const UniqueFd listener = BindDatagram(std::string(1, '\0') + name);
    is(Tell("@" + name), 0, "an abstract name with '@'");
    is(Take(listener.get()), "READY=1", "gets the text");
    is(Tell(std::string(1, '\0') + name), 0, "with NUL");
    is(Take(listener.get()), "READY=1", "too");
    is(Tell("@" + name + "x"), -ECONNREFUSED, "the name counts to its last byte");
    is(Tell("@" + name + std::string(1, '\0')), -ECONNREFUSED, "also where that is a NUL");
  }
#endif
  is(CountOpenFds(), fds_before, "no fd is left");
}

// As systemd's FDSTORE=1 wants them.
void TestNotifyWithFds() {
  const int fds_before = CountOpenFds();
  const std::string name = "rondo-notify-fds-" + std::to_string(getpid());
  {
    const UniqueFd listener = BindDatagram(std::string(1, '\0') + name);
    Pipe pipe;
    const std::string path = "@" + name;
    const int fds[] = {pipe.read_end.get(), pipe.write_end.get()};
    is(Notify(path.data(), path.size(), "FDSTORE=1", 9, fds, 2), 0, "two fds go with the text");
    char text[32];
    UniqueFd received[4];
    const rondo::ReceivedMessage message =
        rondo::ReceiveFds(listener.get(), text, sizeof(text), received, 4);
    is(std::string(text, static_cast<size_t>(message.bytes)), "FDSTORE=1", "which comes whole");
    is(static_cast<long long>(message.fd_count), 2, "and so do they");
    pipe.write_end.Reset();
    is(write(received[1].get(), "x", 1), 1, "the second is the end for writing");
    char byte = 0;
    is(read(pipe.read_end.get(), &byte, 1), 1, "of the same pipe");
    int too_many[rondo::kMaxNotifiedFds + 1] = {};
    is(Notify(path.data(), path.size(), "x", 1, too_many, rondo::kMaxNotifiedFds + 1), -EINVAL,
       "more than that are not sent");
    const int none[] = {-1};
    is(Notify(path.data(), path.size(), "x", 1, none, 1), -EBADF, "nor what is no fd");
  }
  is(CountOpenFds(), fds_before, "no fd is left open");
}

#ifdef __linux__
// Not by libc's functions, which musl's refuse.
long PolicyNow() { return syscall(SYS_sched_getscheduler, 0); }

void TestWantToRunSoon() {
  for (const int policy : {SCHED_OTHER, SCHED_BATCH, SCHED_IDLE}) {
    const int code = support::InChild([=] {
      const sched_param none = {};
      if (syscall(SYS_sched_setscheduler, 0, policy, &none) != 0) return 1;
      rondo::WantToRunSoon();
      return PolicyNow() == policy ? 0 : 2;
    });
    is(code, 0, "a thread keeps its scheduling policy, " + std::to_string(policy));
  }
}
#endif

}  // namespace

int main() {
  TestPendingBytes();
#ifdef __linux__
  TestWantToRunSoon();
#endif
  TestEndIfIdle();
  TestReap();
  TestDieWithParent();
  TestNotify();
#ifdef __linux__
  TestNotifyWithFds();
#endif
  return tap::done();
}
