// A limiter: a table of states of keys. A key is known by its 128-bit hash only. A state that says
// no more than that of a new key is dropped whenever its bucket is written, so nobody has to sweep.
// What a take decides is decided by one swap: a process that is killed has taken what it was to
// take, or nothing.
#ifndef RONDO_SHARED_LIMITER_H_
#define RONDO_SHARED_LIMITER_H_

#include <stddef.h>
#include <stdint.h>

#include "shared/limits.h"
#include "shared/names.h"
#include "shared/table.h"

namespace rondo::shared {

constexpr size_t kLongestKey = 1024;

class Limiter {
 public:
  // What all processes must agree in is the algorithm and the number of entries. The limit and the
  // window are of the process that takes: a new release may have others.
  static Definition Define(const std::string& name, Algorithm algorithm, uint64_t entries);
  int Open(const Region& region, uint32_t cell, const Found& found, const LimitRule& rule,
           bool denies_when_full);

  // `n` 0 looks only. If there is no room for the key, the answer is by `denies_when_full`, and
  // counted.
  Verdict Take(const void* key, size_t length, uint64_t n, uint64_t now_ms);
  void GiveBack(const void* key, size_t length, uint64_t n, uint64_t now_ms);
  void Reset(const void* key, size_t length, uint64_t now_ms);

  // Keys that count at `now_ms`. Looks at all buckets.
  uint64_t CountEntries(uint64_t now_ms) const;
  Table* table() { return &table_; }

 private:
  struct Entry {
    uint64_t lo;
    uint64_t hi;
    LimitState state;
  };
  static constexpr uint64_t kEntryWords = sizeof(Entry) / sizeof(uint64_t);

  // A bucket's entries that count, in this process's memory.
  struct Bucket {
    Contents contents;
    Entry entries[kWays];
    uint64_t count = 0;
  };

  static TableShape ShapeFor(uint64_t entries);
  void Read(uint64_t bucket, Bucket* out) const;
  Entry* Find(Bucket* bucket, const Hash& hash) const;
  // Writes the bucket without entries that are blank. False: it was changed meanwhile.
  bool Write(Bucket* bucket, uint64_t now_ms);

  Table table_;
  HashKey hash_key_;
  LimitRule rule_;
  uint64_t ways_ = kWays;
  bool denies_when_full_ = false;
};

}  // namespace rondo::shared

#endif  // RONDO_SHARED_LIMITER_H_
