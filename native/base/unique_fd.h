// The one owner of a file descriptor. Move-only; the destructor closes. Every function of this
// addon that takes an fd says in its signature whether it owns (UniqueFd) or borrows (int) it.
#ifndef RONDO_BASE_UNIQUE_FD_H_
#define RONDO_BASE_UNIQUE_FD_H_

#include <errno.h>
#include <unistd.h>

#include <utility>

namespace rondo {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }

  void Reset(int fd = -1) {
    const int old = std::exchange(fd_, fd);
    if (old < 0) return;
    // Never retried on EINTR: Linux has released the number by then, and another thread may
    // already have it again. errno stays what the caller's failing syscall set.
    const int saved_errno = errno;
    close(old);
    errno = saved_errno;
  }

 private:
  int fd_ = -1;
};

}  // namespace rondo

#endif  // RONDO_BASE_UNIQUE_FD_H_
