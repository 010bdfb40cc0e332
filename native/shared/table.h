// A table of buckets. What is in a bucket is one *blob* that nobody changes while it is there; a
// bucket is one word that says which blob. To change a bucket a process writes the new contents
// into a blob of its own and swaps the two by one compare-and-swap, so every change, small or
// large, is made at once or not at all. Nobody holds a lock, so nobody waits for one who was
// stopped or killed. journal.h says how no blob is lost by a kill.
//
// Each bucket and each cell start with a blob of their own, so there is always one for every
// writer.
//
// A reader copies the contents, and takes them if the bucket's word is still the same. The tag in
// the word grows with each change, so the same word is the same blob with the same contents: a
// reader that was stopped in the middle would be wrong only if exactly a multiple of 2^40 changes
// came in between (12 days at a million a second). The order that this needs: a blob is written by
// release stores after the swap that took it out of its bucket, and read by acquire loads before
// the word is looked at again. Whoever sees one word of the new contents sees the swap.
#ifndef RONDO_SHARED_TABLE_H_
#define RONDO_SHARED_TABLE_H_

#include <stdint.h>

#include <algorithm>

#include "shared/journal.h"
#include "shared/region.h"

namespace rondo::shared {

// All of it follows from the parameters of the thing, the same in each process.
struct TableShape {
  uint64_t buckets = 0;
  uint64_t blob_words = 0;  // contents at most

  uint64_t blob_bytes() const { return RoundUp((2 + blob_words) * sizeof(Word), 64); }
  uint64_t blobs() const { return buckets + kCells; }
  uint64_t bytes() const;
};

// Buckets for as many entries, of which a bucket takes `ways`: some 8 on average where it takes 32,
// so that hardly any is full before the table is. Up to 32 entries are in one bucket, which then
// takes exactly as many.
constexpr uint64_t kWays = 32;
constexpr uint64_t kMeanWays = 8;
constexpr uint64_t kMostEntries = 10'000'000;
inline uint64_t BucketsFor(uint64_t entries) {
  return entries <= kWays ? 1 : (entries + kMeanWays - 1) / kMeanWays;
}
inline uint64_t WaysFor(uint64_t entries) { return entries <= kWays ? entries : kWays; }

// The contents of a bucket at one moment.
struct Contents {
  uint64_t bucket = 0;
  uint64_t word = 0;
  uint64_t publisher = 0;
  uint64_t used = 0;  // words
};

class Table {
 public:
  // Maps the table that is at `at`, and recovers what the last owner of the cell has left. 0 or
  // -errno.
  int Open(const Region& region, uint64_t at, const TableShape& shape, uint32_t cell);

  const TableShape& shape() const { return shape_; }
  uint64_t BucketOf(const Hash& hash) const {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(hash.hi) * shape_.buckets) >> 64);
  }

  // Copies what is in the bucket to `out`, which has room for blob_words.
  Contents Read(uint64_t bucket, uint64_t* out) const;

  // Calls look(words, used) with what is in the bucket, in place, again until it was the same all
  // the time. What it reads, by acquire loads, may be changed meanwhile.
  template <typename Look>
  void ReadInPlace(uint64_t bucket, Look look) const {
    uint64_t word = BucketAt(bucket)->load(std::memory_order_acquire);
    for (;;) {
      const Word* const blob = Blob(BlobOf(bucket, word));
      look(blob + 2, std::min(blob[1].load(std::memory_order_acquire), shape_.blob_words));
      const uint64_t after = BucketAt(bucket)->load(std::memory_order_acquire);
      if (after == word) return;
      word = after;
    }
  }

  // Puts `words` in the place of `before`. False if the bucket was changed meanwhile: read it
  // again.
  bool Replace(const Contents& before, const uint64_t* words, uint64_t used);

  // The steps of Replace(), which are its only callers but for the test that ends between them.
  void WriteSpare(const uint64_t* words, uint64_t used);
  void NoteIntent(const Contents& before);
  void NotePending();
  bool Swap(const Contents& before);
  void TakeOver(uint64_t replaced_word);
  void NoteIdle();

  // Counted for stats(), after the fact.
  Word* refused() const { return &counts()[0]; }
  Word* evicted() const { return &counts()[1]; }

  // For tests: which blob is in a bucket, and which a cell has.
  uint64_t BlobIn(uint64_t bucket) const { return BlobOf(bucket, BucketAt(bucket)->load()); }
  uint64_t SpareOf(uint32_t cell) const;

 private:
  Word* counts() const { return mapping_.At<Word>(0); }
  Word* BucketAt(uint64_t bucket) const;
  Journal* journals() const;
  Journal* own() const { return &journals()[cell_]; }
  Word* Blob(uint64_t index) const;
  uint64_t BlobOf(uint64_t bucket, uint64_t word) const;
  uint64_t NextWord(uint64_t bucket, uint64_t before) const;
  uint64_t number() const { return NumberOf(own()->state.load(std::memory_order_relaxed)) + 1; }
  void Recover();

  Mapping mapping_;
  TableShape shape_;
  uint32_t cell_ = 0;
};

}  // namespace rondo::shared

#endif  // RONDO_SHARED_TABLE_H_
