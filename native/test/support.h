// What the C++ tests share: counting and limiting this process's fds, fds that can be told apart,
// and running something in a child. Made without the code under test.
#ifndef RONDO_TEST_SUPPORT_H_
#define RONDO_TEST_SUPPORT_H_

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "base/unique_fd.h"

namespace support {

using rondo::UniqueFd;

inline int CountOpenFds() {
  DIR* const directory = opendir("/dev/fd");
  if (directory == nullptr) return -1;
  int count = 0;
  while (readdir(directory) != nullptr) count++;
  closedir(directory);
  return count;
}

inline bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

inline bool IsCloseOnExec(int fd) { return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }

inline bool IsNonBlocking(int fd) { return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

// A socket connected to nothing. Every one has an inode of its own, see IdOf.
inline UniqueFd NewSocket(int type = SOCK_STREAM) {
  return UniqueFd(socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

inline std::vector<UniqueFd> NewSockets(size_t count) {
  std::vector<UniqueFd> sockets(count);
  for (UniqueFd& fd : sockets) fd = NewSocket();
  return sockets;
}

inline std::vector<int> Numbers(const std::vector<UniqueFd>& fds) {
  std::vector<int> numbers;
  for (const UniqueFd& fd : fds) numbers.push_back(fd.get());
  return numbers;
}

// Which socket or file an fd refers to, whatever its number; 0 if it is closed.
inline unsigned long long IdOf(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 ? static_cast<unsigned long long>(info.st_ino) : 0;
}

// While it lives, this process can open `free` more fds and no more.
class FdLimit {
 public:
  explicit FdLimit(int free) {
    getrlimit(RLIMIT_NOFILE, &before_);
    int limit = 0;
    for (int left = free; left > 0 || IsOpen(limit); limit++) {
      if (!IsOpen(limit)) left--;
    }
    const rlimit lowered = {static_cast<rlim_t>(limit), before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &lowered);
  }
  FdLimit(const FdLimit&) = delete;
  FdLimit& operator=(const FdLimit&) = delete;
  ~FdLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

// Lets this process open at least that many fds. False if it may not.
inline bool AllowFds(rlim_t count) {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < count) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

// Exit code of `run` in a child, for what cannot be undone in this process; -1 for a signal.
template <typename Function>
int InChild(Function run) {
  const pid_t child = fork();
  if (child == 0) _exit(run());
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace support

#endif  // RONDO_TEST_SUPPORT_H_
