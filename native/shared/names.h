// The directory: which things exist in the region, by kind and name, with their sizes. Any process
// may make one, without asking another and without a lock.
//
// A thing's record is written before anybody can see it, at a place that was given out to its maker
// alone (one atomic add to `records_used`; `large_used` for what does not fit into a record). One
// compare-and-swap of a slot from 0 to the record's offset then makes it known. Of two that make
// the same thing at once one loses, gives its room back if nobody was given any after it, and takes
// the winner's. Records are never changed nor removed, so a reader needs no more than the slot.
//
// A maker that is killed before the swap leaves room that is given out and used by nobody: at most
// a record, and addresses of a sparse file that were never written. Killed after it, it leaves the
// thing. (`names_used` then is one too low, so that the region takes one name more: there are slots
// enough.)
#ifndef RONDO_SHARED_NAMES_H_
#define RONDO_SHARED_NAMES_H_

#include <stdint.h>

#include <string>
#include <vector>

#include "shared/region.h"

namespace rondo::shared {

enum class Kind : uint8_t { kCounter = 1, kGauge, kHistogram, kLimiter, kMap };

constexpr size_t kLongestName = 200;
constexpr size_t kMostParameters = 80;

// What somebody wants: a name and sizes. Things of different kinds may have the same name.
struct Definition {
  Kind kind = Kind::kCounter;
  std::string name;  // 1 to kLongestName bytes
  std::vector<uint64_t> parameters;
  uint64_t large_bytes = 0;  // of memory apart from the record
};

struct Found {
  std::vector<uint64_t> parameters;
  Word* value = nullptr;  // in the record; what a counter needs
  uint64_t large_at = 0;
  uint64_t large_bytes = 0;
};

// Finds the thing, or makes it. 0 or -errno: -EEXIST if it has other parameters, which `found` then
// has; -ENOSPC if there are too many names, or no room for so large a thing; -EIO if the directory
// is corrupted.
int FindOrMake(const Region& region, const Definition& wanted, Found* found);

// For who wants to know what there is, and makes nothing: where the records of all names are, in no
// order. A name that is made meanwhile may be missing. What a corrupted directory says is in it,
// too.
std::vector<uint64_t> ListRecords(const Region& region);

struct Listed {
  Kind kind = Kind::kCounter;
  std::string name;
  Found found;
};

// What is at one of those places. 0, or -EIO if that is no record.
int ReadRecord(const Region& region, uint64_t at, Listed* listed);

}  // namespace rondo::shared

#endif  // RONDO_SHARED_NAMES_H_
