#include "shared/table.h"

namespace rondo::shared {

namespace {

// A bucket's word: the blob, as a distance so that 0 is the one that it starts with, and the tag.
constexpr int kBlobBits = 24;
constexpr uint64_t kBlobMask = (1 << kBlobBits) - 1;
static_assert(kMostEntries / kMeanWays + kCells < kBlobMask);

constexpr uint64_t kBucketsAt = 64;  // behind the counts

uint64_t JournalsAt(const TableShape& shape) {
  return RoundUp(kBucketsAt + shape.buckets * sizeof(Word), 64);
}

uint64_t BlobsAt(const TableShape& shape) { return JournalsAt(shape) + kCells * sizeof(Journal); }

}  // namespace

uint64_t TableShape::bytes() const { return BlobsAt(*this) + blobs() * blob_bytes(); }

int Table::Open(const Region& region, uint64_t at, const TableShape& shape, uint32_t cell) {
  const int result = mapping_.Map(region.fd(), at, RoundUp(shape.bytes(), kPage));
  if (result < 0) return result;
  shape_ = shape;
  cell_ = cell;
  Recover();
  return 0;
}

Word* Table::BucketAt(uint64_t bucket) const {
  return mapping_.At<Word>(kBucketsAt + bucket * sizeof(Word));
}

Journal* Table::journals() const { return mapping_.At<Journal>(JournalsAt(shape_)); }

Word* Table::Blob(uint64_t index) const {
  return mapping_.At<Word>(BlobsAt(shape_) + index * shape_.blob_bytes());
}

// Any word names some blob: one that was written by accident does not lead out of the table.
uint64_t Table::BlobOf(uint64_t bucket, uint64_t word) const {
  return (bucket + (word & kBlobMask)) % shape_.blobs();
}

uint64_t Table::SpareOf(uint32_t cell) const {
  const uint64_t distance = journals()[cell].spare.load(std::memory_order_acquire);
  return (shape_.buckets + cell + distance % shape_.blobs()) % shape_.blobs();
}

// What step 4 puts into the bucket: the own spare, and the next tag.
uint64_t Table::NextWord(uint64_t bucket, uint64_t before) const {
  const uint64_t distance = (SpareOf(cell_) + shape_.blobs() - bucket) % shape_.blobs();
  return ((before >> kBlobBits) + 1) << kBlobBits | distance;
}

Contents Table::Read(uint64_t bucket, uint64_t* out) const {
  Contents contents;
  contents.bucket = bucket;
  // Comes again only if another process has changed the bucket meanwhile.
  for (;;) {
    contents.word = BucketAt(bucket)->load(std::memory_order_acquire);
    const Word* const blob = Blob(BlobOf(bucket, contents.word));
    contents.publisher = blob[0].load(std::memory_order_acquire);
    contents.used = std::min(blob[1].load(std::memory_order_acquire), shape_.blob_words);
    LoadWords(blob + 2, contents.used, out);
    if (BucketAt(bucket)->load(std::memory_order_acquire) == contents.word) return contents;
  }
}

bool Table::Replace(const Contents& before, const uint64_t* words, uint64_t used) {
  WriteSpare(words, used);
  NoteIntent(before);
  NotePending();
  const bool is_replaced = Swap(before);
  if (is_replaced) TakeOver(before.word);
  NoteIdle();
  return is_replaced;
}

void Table::WriteSpare(const uint64_t* words, uint64_t used) {
  Word* const blob = Blob(SpareOf(cell_));
  blob[0].store(PublisherWord(cell_, number()), std::memory_order_release);
  blob[1].store(used, std::memory_order_release);
  for (uint64_t i = 0; i < used; i++) blob[2 + i].store(words[i], std::memory_order_release);
}

void Table::NoteIntent(const Contents& before) {
  own()->bucket.store(before.bucket, std::memory_order_release);
  own()->replaced.store(before.word, std::memory_order_release);
}

void Table::NotePending() {
  own()->state.store(StateWord(number(), kPending), std::memory_order_release);
}

bool Table::Swap(const Contents& before) {
  NoteDone(journals(), before.publisher);
  uint64_t expected = before.word;
  const uint64_t next = NextWord(before.bucket, before.word);
  return BucketAt(before.bucket)->compare_exchange_strong(expected, next);
}

void Table::TakeOver(uint64_t replaced_word) {
  const uint64_t blob = BlobOf(own()->bucket.load(std::memory_order_relaxed), replaced_word);
  const uint64_t first = shape_.buckets + cell_;
  const uint64_t distance = (blob + shape_.blobs() - first) % shape_.blobs();
  own()->spare.store(distance, std::memory_order_release);
}

void Table::NoteIdle() {
  const uint64_t state = own()->state.load(std::memory_order_relaxed);
  own()->state.store(StateWord(NumberOf(state), kIdle), std::memory_order_release);
}

// See journal.h. Ends with the same result if it is itself killed and done again.
void Table::Recover() {
  if (StateOf(own()->state.load(std::memory_order_acquire)) == kIdle) return;
  const uint64_t bucket = own()->bucket.load(std::memory_order_acquire) % shape_.buckets;
  const uint64_t replaced = own()->replaced.load(std::memory_order_acquire);
  const uint64_t word = BucketAt(bucket)->load(std::memory_order_acquire);
  const bool is_swapped = word == NextWord(bucket, replaced) ||
                          StateOf(own()->state.load(std::memory_order_acquire)) == kDone;
  if (is_swapped) TakeOver(replaced);
  NoteIdle();
}

}  // namespace rondo::shared
