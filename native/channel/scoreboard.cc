#include "channel/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

namespace rondo {

namespace {

// An unlinked temporary file, for kernels without memfd_create(2). It cannot be sealed: a worker
// could shrink it, and the primary would get SIGBUS.
int OpenUnlinkedFile() {
  char path[] = "/tmp/rondo-board-XXXXXX";
  UniqueFd fd(mkstemp(path));
  if (!fd) return -errno;
  unlink(path);
  if (fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0) return -errno;
  if (ftruncate(fd.get(), sizeof(Board)) != 0) return -errno;
  return fd.Release();
}

int OpenSharedMemory() {
#ifdef MFD_ALLOW_SEALING
  UniqueFd fd(memfd_create("rondo-board", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return errno == ENOSYS ? OpenUnlinkedFile() : -errno;
  if (ftruncate(fd.get(), sizeof(Board)) != 0) return -errno;
  // No worker may change the size under the primary's feet.
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return -errno;
  return fd.Release();
#else
  return OpenUnlinkedFile();
#endif
}

}  // namespace

uint32_t HeartbeatNow() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const uint64_t ms = static_cast<uint64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
  const uint32_t wrapped = static_cast<uint32_t>(ms);
  // The millisecond before rather than the one after: no beat may lie in the future.
  return wrapped == 0 ? UINT32_MAX : wrapped;
}

int64_t HeartbeatAgeMs(const BoardRow& row, uint32_t former) {
  const uint32_t beat = row.heartbeat.load(std::memory_order_relaxed);
  if (beat == 0 || beat == former) return -1;
  // The clock is read second, so that a beat in between cannot look older than time itself.
  return HeartbeatNow() - beat;
}

BoardMapping::~BoardMapping() {
  if (board_ != nullptr) munmap(board_, sizeof(Board));
}

int BoardMapping::Create(UniqueFd* fd) {
  const int opened = OpenSharedMemory();
  if (opened < 0) return opened;
  fd->Reset(opened);
  return Map(opened);
}

int BoardMapping::Map(int fd) {
  // lseek rather than fstat, which would ask for a glibc newer than 2.28.
  const off_t size = lseek(fd, 0, SEEK_END);
  if (size < 0) return -errno;
  if (size < static_cast<off_t>(sizeof(Board))) return -EINVAL;
  void* const memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return -errno;
  board_ = static_cast<Board*>(memory);
  return 0;
}

}  // namespace rondo
