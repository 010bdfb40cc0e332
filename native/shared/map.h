// A map: a table of keys with values, each until a time or for ever. A bucket's contents are
// entries, in the order in which they were last set:
//   hash | expires, ms of CLOCK_MONOTONIC, 0: never | key bytes | value bytes << 16 | key, in words
//   | value, in words
// Every change of a bucket drops what has expired, so nobody has to sweep. Keys are compared whole.
#ifndef RONDO_SHARED_MAP_H_
#define RONDO_SHARED_MAP_H_

#include <stddef.h>
#include <stdint.h>

#include <string>
#include <vector>

#include "shared/names.h"
#include "shared/table.h"

namespace rondo::shared {

constexpr uint64_t kMostKeyBytes = 1024;
constexpr uint64_t kMostValueBytes = 65'536;

struct MapSizes {
  uint64_t entries = 1;
  uint64_t key_bytes = 1;
  uint64_t value_bytes = 0;
};

struct Bytes {
  const void* data = nullptr;
  size_t length = 0;
};

enum class SetResult { kSet, kRefused, kChanged };

class Map {
 public:
  static Definition Define(const std::string& name, const MapSizes& sizes);
  int Open(const Region& region, uint32_t cell, const Found& found, bool evicts_when_full);

  // The value, valid until the next call of this object; false if there is none.
  bool Get(const Bytes& key, uint64_t now_ms, Bytes* value);

  // What a change asks for beforehand, to be atomic: nothing, that there is no value, or this
  // value.
  struct Condition {
    bool is_any = true;
    bool is_absent = false;
    Bytes value;
  };
  // Neither may be longer than the map's sizes. `ttl_ms` 0: for ever.
  SetResult Set(const Bytes& key, const Bytes& value, uint64_t ttl_ms, uint64_t now_ms,
                const Condition& condition);
  // kRefused: there was none.
  SetResult Delete(const Bytes& key, uint64_t now_ms, const Condition& condition);

  // Those that have not expired, all from one moment of their bucket.
  std::vector<std::string> Keys(uint64_t now_ms);
  uint64_t CountEntries(uint64_t now_ms);
  const MapSizes& sizes() const { return sizes_; }
  Table* table() { return &table_; }

 private:
  struct Entry {
    uint64_t at;     // in words_
    uint64_t words;  // all of it
    uint64_t hash;
    uint64_t expires_ms;
    Bytes key;
    Bytes value;

    bool IsLive(uint64_t now_ms) const { return expires_ms == 0 || now_ms < expires_ms; }
  };

  static TableShape ShapeFor(const MapSizes& sizes);
  // Whether the key is among `words`; if so, its value is copied, to words_.
  bool CopyValue(const Word* words, uint64_t used, const Hash& hash, const Bytes& key,
                 uint64_t now_ms, Bytes* value);
  // Fills words_ and entries_.
  void Read(uint64_t bucket);
  const Entry* Find(const Hash& hash, const Bytes& key, uint64_t now_ms) const;
  bool Matches(const Entry* entry, const Condition& condition) const;
  // Into next_, all that are live but for `without`.
  void CopyOthers(const Entry* without, uint64_t now_ms);
  bool HasRoom(const Bytes& key, const Bytes& value) const;
  void Append(const Hash& hash, const Bytes& key, const Bytes& value, uint64_t expires_ms);
  bool DropOldest();

  Table table_;
  HashKey hash_key_;
  MapSizes sizes_;
  uint64_t ways_ = kWays;
  bool evicts_when_full_ = false;
  // Of the bucket at hand.
  Contents contents_;
  std::vector<uint64_t> words_;
  std::vector<Entry> entries_;
  std::vector<uint64_t> next_;
  uint64_t next_count_ = 0;
};

}  // namespace rondo::shared

#endif  // RONDO_SHARED_MAP_H_
