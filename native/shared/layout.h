// Where things are in the region, the memory that all processes of a program share. Zeroes are a
// valid empty state of everything but the header, so nothing has to be made ready before it is
// used.
//
//   0        Header: written by the process that makes the region, before anybody else can open it
//   4 KiB    Cell × kCells: one for each process that uses the region (cells.h)
//   68 KiB   names: a table of offsets of records (names.h)
//   1 MiB    records, as they are made; up to here every process maps all of it
//   64 MiB   what is too large for a record, from a page on; mapped by those who use it
//
// Other processes change this memory at any time, so all of it is read and written as std::atomic
// words, and what is read is checked before it is used as an index or a length. A process that
// writes nonsense can spoil the values in it, and nobody's process.
#ifndef RONDO_SHARED_LAYOUT_H_
#define RONDO_SHARED_LAYOUT_H_

#include <stddef.h>
#include <stdint.h>

#include <atomic>

namespace rondo::shared {

// Raised with every change of what stands in the region.
constexpr uint64_t kLayoutVersion = 1;
constexpr uint64_t kMagic = 0x6f646e6f72646873;

constexpr size_t kCells = 1024;
constexpr size_t kNameSlots = 65'536;
// Fewer than there are slots, so that a search ends soon.
constexpr uint64_t kMostNames = 49'152;

using Word = std::atomic<uint64_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == sizeof(uint64_t),
              "a lock in shared memory could be left held by a killed process");

constexpr uint64_t kCellsAt = 4096;
constexpr uint64_t kNamesAt = kCellsAt + kCells * 64;
constexpr uint64_t kRecordsAt = 1 << 20;
constexpr uint64_t kLargeAt = 64 << 20;
constexpr uint64_t kRegionSize = 1ull << 40;
constexpr uint64_t kPage = 4096;
static_assert(kNamesAt + kNameSlots * sizeof(Word) <= kRecordsAt);

struct Header {
  Word magic;
  Word version;
  Word token[2];
  Word hash_key[2];
  // How much has been given out, in bytes from the first; see names.h.
  alignas(64) Word records_used;
  Word large_used;
  Word names_used;
  Word cells_used;  // no cell from this on has ever been claimed
};
static_assert(sizeof(Header) <= kCellsAt);

// See cells.h.
struct alignas(64) Cell {
  Word generation;
  Word who;  // pid << 32 | seat + 1
};
static_assert(sizeof(Cell) == 64);

// Each by an acquire load: see table.h.
inline void LoadWords(const Word* words, uint64_t count, uint64_t* out) {
  for (uint64_t i = 0; i < count; i++) out[i] = words[i].load(std::memory_order_acquire);
}

inline uint64_t RoundUp(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

}  // namespace rondo::shared

#endif  // RONDO_SHARED_LAYOUT_H_
