#include "shared/cells.h"

#include <errno.h>
#include <fcntl.h>

#include <algorithm>

namespace rondo::shared {

namespace {

#ifdef F_OFD_SETLK

struct flock LockOf(uint32_t index) {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(kCellsAt + index * sizeof(Cell));
  lock.l_len = 1;
  return lock;
}

// 0, -EAGAIN if somebody has it, or another -errno.
int TryLock(int fd, uint32_t index) {
  struct flock lock = LockOf(index);
  if (fcntl(fd, F_OFD_SETLK, &lock) == 0) return 0;
  return errno == EACCES ? -EAGAIN : -errno;
}

// By another description than `fd`'s. If it cannot be told, whoever was there counts as alive.
bool IsLockedByOther(int fd, uint32_t index) {
  struct flock lock = LockOf(index);
  return fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

#else

int TryLock(int, uint32_t) { return -ENOSYS; }
bool IsLockedByOther(int, uint32_t) { return false; }

#endif

constexpr int kMostTries = 1000;

}  // namespace

int Cells::Claim(Region* region, int32_t pid, int32_t seat) {
  region_ = region;
  uint32_t index = 0;
  int result = TryLock(region->fd(), index);
  while (result == -EAGAIN && ++index < kCells) result = TryLock(region->fd(), index);
  if (result < 0) return result == -EAGAIN ? -ENOSPC : result;
  Cell* const cell = At(index);
  index_ = index;
  generation_ = cell->generation.load() + 1;
  cell->who = 0;
  cell->generation = generation_;
  cell->who = static_cast<uint64_t>(pid) << 32 | static_cast<uint32_t>(seat + 1);
  Word* const used = &region->header()->cells_used;
  uint64_t before = used->load();
  while (before < index + 1 && !used->compare_exchange_weak(before, index + 1)) continue;
  return 0;
}

uint32_t Cells::used() const {
  return static_cast<uint32_t>(std::min<uint64_t>(region_->header()->cells_used.load(), kCells));
}

Owner Cells::Look(uint32_t index) const {
  Cell* const cell = At(index);
  Owner owner;
  // Again only if a process has claimed the cell meanwhile; not for ever, if one writes nonsense.
  for (int tries = 0; tries < kMostTries; tries++) {
    owner.generation = cell->generation.load();
    const uint64_t who = cell->who.load();
    owner.pid = static_cast<int32_t>(who >> 32);
    owner.seat = static_cast<int32_t>(static_cast<uint32_t>(who)) - 1;
    owner.is_alive = IsLocked(index);
    if (cell->generation.load() == owner.generation) break;
  }
  return owner;
}

Cell* Cells::At(uint32_t index) const { return region_->At<Cell>(kCellsAt + index * sizeof(Cell)); }

bool Cells::IsLocked(uint32_t index) const {
  return index == index_ || IsLockedByOther(region_->fd(), index);
}

}  // namespace rondo::shared
