// The process table: a cell for each process, or thread with an environment of its own, that uses
// the region. Whoever has a cell is the only writer of all that is kept per cell: gauges,
// histograms, journals of tables.
//
// A cell is claimed by an exclusive lock on its first byte that belongs to an open file description
// (F_OFD_SETLK, fcntl(2)). The kernel drops it when the last fd of the description is closed: at
// the end of the process, however it comes, and not at its SIGSTOP. So there is no pid to be
// mistaken, and no timeout.
//
// A claimer raises the generation, so that numbers of the one before are told from its own. Killed
// between the steps of Claim() it leaves a generation that nobody ever used, and the next one
// raises it again.
#ifndef RONDO_SHARED_CELLS_H_
#define RONDO_SHARED_CELLS_H_

#include <stdint.h>

#include "shared/region.h"

namespace rondo::shared {

// Who has, or had, a cell.
struct Owner {
  uint64_t generation = 0;
  int32_t pid = 0;
  int32_t seat = -1;  // -1: none
  bool is_alive = false;
};

class Cells {
 public:
  // Claims a cell by the region's fd, which must stay open for as long as the cell is to be kept: 0
  // or -errno; -ENOSPC if as many processes as there are cells live.
  int Claim(Region* region, int32_t pid, int32_t seat);

  uint32_t index() const { return index_; }
  uint64_t generation() const { return generation_; }

  // No cell from this one on has ever been in use.
  uint32_t used() const;
  // `index` must be below kCells.
  Owner Look(uint32_t index) const;

 private:
  Cell* At(uint32_t index) const;
  bool IsLocked(uint32_t index) const;

  Region* region_ = nullptr;
  uint32_t index_ = 0;
  uint64_t generation_ = 0;
};

}  // namespace rondo::shared

#endif  // RONDO_SHARED_CELLS_H_
