#include "channel/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/memfd.h"

namespace rondo {

namespace {

#ifdef MFD_ALLOW_SEALING
// linux/fcntl.h of kernel 5.1; older headers lack the name.
#ifndef F_SEAL_FUTURE_WRITE
constexpr int F_SEAL_FUTURE_WRITE = 0x0010;
#endif
constexpr int kSizeSeals = F_SEAL_SHRINK | F_SEAL_GROW;
#endif

// An unlinked temporary file, for kernels without memfd_create(2). It cannot be sealed: a worker
// could shrink it, and the primary would get SIGBUS.
int OpenUnlinkedFile() {
  char path[] = "/tmp/rondo-scoreboard-XXXXXX";
  UniqueFd fd(mkstemp(path));
  if (!fd) return -errno;
  unlink(path);
  if (fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0) return -errno;
  return fd.Release();
}

int OpenSharedMemory() {
#ifdef MFD_ALLOW_SEALING
  const int fd = OpenMemfd("rondo-scoreboard");
  if (fd != -ENOSYS) return fd;
#endif
  return OpenUnlinkedFile();
}

// Nobody may change the size under another's feet.
int SealSize(int fd) {
#ifdef MFD_ALLOW_SEALING
  // EINVAL: the unlinked file, which has no seals.
  if (fcntl(fd, F_ADD_SEALS, kSizeSeals) != 0 && errno != EINVAL) return -errno;
#else
  (void)fd;
#endif
  return 0;
}

// The mapping that is there stays writable; nobody gets another one.
int SealWrites(int fd) {
#ifdef MFD_ALLOW_SEALING
  // EINVAL: the unlinked file, or a kernel before 5.1.
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) != 0 && errno != EINVAL) return -errno;
#else
  (void)fd;
#endif
  return 0;
}

int SealSeals(int fd) {
#ifdef MFD_ALLOW_SEALING
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) != 0 && errno != EINVAL) return -errno;
#else
  (void)fd;
#endif
  return 0;
}

template <typename Page>
int CreatePage(UniqueFd* fd, PageMapping<Page>* mapping, bool is_own) {
  const int opened = OpenSharedMemory();
  if (opened < 0) return opened;
  fd->Reset(opened);
  if (ftruncate(opened, sizeof(Page)) != 0) return -errno;
  int result = SealSize(opened);
  if (result == 0) result = mapping->Map(opened, is_own);
  if (result == 0 && is_own) result = SealWrites(opened);
  if (result == 0) result = SealSeals(opened);
  return result;
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

int64_t HeartbeatAgeMs(const WorkerPage& page) {
  const uint32_t beat = page.heartbeat.load(std::memory_order_relaxed);
  if (beat == 0) return -1;
  // The clock is read second, so that a beat in between cannot look older than time itself.
  return HeartbeatNow() - beat;
}

void HandoffTimes::Add(const HandoffTimes& other) {
  sum_us += other.sum_us;
  for (size_t i = 0; i < kTimeBuckets; i++) counts[i] += other.counts[i];
}

bool HandoffTimes::IsPossible(const HandoffTimes& before, uint64_t received,
                              uint64_t now_ns) const {
  const double most = static_cast<double>(received);
  double total = 0;
  double total_before = 0;
  for (size_t i = 0; i < kTimeBuckets; i++) {
    // Not so of what is no number at all.
    const bool is_count = counts[i] >= before.counts[i] && counts[i] <= most;
    if (!is_count || counts[i] != floor(counts[i])) return false;
    total += counts[i];
    total_before += before.counts[i];
  }
  // Nothing takes longer than the machine has run.
  const double most_us = (total - total_before) * static_cast<double>(now_ns) / 1000;
  return total <= most && sum_us >= before.sum_us && sum_us - before.sum_us <= most_us;
}

bool AreFiguresOld(const WorkerPage& page) {
  constexpr uint32_t kOldMs = 1000;
  const uint32_t age_ms = HeartbeatNow() - page.figures_at.load(std::memory_order_relaxed);
  return page.turn_since_ns.load(std::memory_order_relaxed) == 0 && age_ms > kOldMs;
}

HandoffTimes ReadHandoffTimes(const WorkerPage& page) {
  const auto load = [&page](size_t i) {
    const uint64_t bits = page.handoff_times[i].load(std::memory_order_relaxed);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
  };
  HandoffTimes times;
  // The sum first: no time is in it that is in no bucket.
  times.sum_us = load(0);
  for (size_t i = 0; i < kTimeBuckets; i++) times.counts[i] = load(1 + i);
  return times;
}

template <typename Page>
int PageMapping<Page>::Map(int fd, bool is_writable) {
  // lseek rather than fstat, which would ask for a glibc newer than 2.28.
  const off_t size = lseek(fd, 0, SEEK_END);
  if (size < 0) return -errno;
  if (size < static_cast<off_t>(sizeof(Page))) return -EINVAL;
  const int protection = is_writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* const memory = mmap(nullptr, sizeof(Page), protection, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return -errno;
  Unmap();
  page_ = static_cast<Page*>(memory);
  return 0;
}

template <typename Page>
void PageMapping<Page>::Unmap() {
  if (page_ != nullptr) munmap(page_, sizeof(Page));
  page_ = nullptr;
}

template class PageMapping<EnginePage>;
template class PageMapping<WorkerPage>;

int Scoreboard::Create() {
  const int result = CreatePage(&engine_fd, &engine, true);
  return result < 0 ? result : CreatePage(&worker_fd, &worker, false);
}

}  // namespace rondo
