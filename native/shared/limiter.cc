#include "shared/limiter.h"

#include <errno.h>
#include <string.h>

namespace rondo::shared {

TableShape Limiter::ShapeFor(uint64_t entries) {
  return {BucketsFor(entries), WaysFor(entries) * kEntryWords};
}

Definition Limiter::Define(const std::string& name, Algorithm algorithm, uint64_t entries) {
  return {
      Kind::kLimiter, name, {static_cast<uint64_t>(algorithm), entries}, ShapeFor(entries).bytes()};
}

int Limiter::Open(const Region& region, uint32_t cell, const Found& found, const LimitRule& rule,
                  bool denies_when_full) {
  const std::vector<uint64_t>& parameters = found.parameters;
  if (parameters.size() != 2 || parameters[0] >= kAlgorithms) return -EIO;
  rule_ = rule;
  rule_.algorithm = static_cast<Algorithm>(parameters[0]);
  ways_ = WaysFor(parameters[1]);
  hash_key_ = region.hash_key();
  denies_when_full_ = denies_when_full;
  return table_.Open(region, found.large_at, ShapeFor(parameters[1]), cell);
}

Verdict Limiter::Take(const void* key, size_t length, uint64_t n, uint64_t now_ms) {
  const Hash hash = SipHash128(hash_key_, key, length);
  Bucket bucket;
  // Comes again only if another process has changed the bucket meanwhile.
  for (;;) {
    Read(table_.BucketOf(hash), &bucket);
    Entry* entry = Find(&bucket, hash);
    LimitState state = entry == nullptr ? LimitState{} : entry->state;
    const Verdict verdict = shared::Take(rule_, now_ms, n, &state);
    if (!verdict.ok || n == 0) return verdict;
    if (entry == nullptr) {
      if (bucket.count == ways_) {
        // Of those that do not count any more, one makes room.
        for (uint64_t i = 0; i < bucket.count && entry == nullptr; i++) {
          if (IsBlank(rule_, now_ms, bucket.entries[i].state)) entry = &bucket.entries[i];
        }
      } else {
        entry = &bucket.entries[bucket.count++];
      }
      if (entry == nullptr) {
        table_.refused()->fetch_add(1);
        if (denies_when_full_) return {false, 0, rule_.window_ms};
        return verdict;
      }
      entry->lo = hash.lo;
      entry->hi = hash.hi;
    }
    entry->state = state;
    if (Write(&bucket, now_ms)) return verdict;
  }
}

void Limiter::GiveBack(const void* key, size_t length, uint64_t n, uint64_t now_ms) {
  const Hash hash = SipHash128(hash_key_, key, length);
  Bucket bucket;
  do {
    Read(table_.BucketOf(hash), &bucket);
    Entry* const entry = Find(&bucket, hash);
    if (entry == nullptr) return;
    shared::GiveBack(rule_, now_ms, n, &entry->state);
  } while (!Write(&bucket, now_ms));
}

void Limiter::Reset(const void* key, size_t length, uint64_t now_ms) {
  const Hash hash = SipHash128(hash_key_, key, length);
  Bucket bucket;
  do {
    Read(table_.BucketOf(hash), &bucket);
    Entry* const entry = Find(&bucket, hash);
    if (entry == nullptr) return;
    entry->state = {};
  } while (!Write(&bucket, now_ms));
}

uint64_t Limiter::CountEntries(uint64_t now_ms) const {
  uint64_t count = 0;
  Bucket bucket;
  for (uint64_t i = 0; i < table_.shape().buckets; i++) {
    Read(i, &bucket);
    for (uint64_t k = 0; k < bucket.count; k++) {
      if (!IsBlank(rule_, now_ms, bucket.entries[k].state)) count++;
    }
  }
  return count;
}

void Limiter::Read(uint64_t index, Bucket* out) const {
  uint64_t words[kWays * kEntryWords];
  out->contents = table_.Read(index, words);
  out->count = out->contents.used / kEntryWords;
  memcpy(out->entries, words, out->count * sizeof(Entry));
}

Limiter::Entry* Limiter::Find(Bucket* bucket, const Hash& hash) const {
  for (uint64_t i = 0; i < bucket->count; i++) {
    Entry* const entry = &bucket->entries[i];
    if (entry->lo == hash.lo && entry->hi == hash.hi) return entry;
  }
  return nullptr;
}

bool Limiter::Write(Bucket* bucket, uint64_t now_ms) {
  uint64_t words[kWays * kEntryWords];
  uint64_t used = 0;
  for (uint64_t i = 0; i < bucket->count; i++) {
    if (IsBlank(rule_, now_ms, bucket->entries[i].state)) continue;
    memcpy(&words[used], &bucket->entries[i], sizeof(Entry));
    used += kEntryWords;
  }
  return table_.Replace(bucket->contents, words, used);
}

}  // namespace rondo::shared
