#include "shared/map.h"

#include <errno.h>
#include <string.h>

namespace rondo::shared {

namespace {

constexpr uint64_t kEntryHeadWords = 3;

uint64_t WordsFor(uint64_t bytes) { return (bytes + 7) / 8; }

uint64_t EntryWords(uint64_t key_bytes, uint64_t value_bytes) {
  return kEntryHeadWords + WordsFor(key_bytes) + WordsFor(value_bytes);
}

bool AreEqual(const Bytes& a, const Bytes& b) {
  return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

void AppendBytes(std::vector<uint64_t>* words, const Bytes& bytes) {
  const size_t at = words->size();
  words->resize(at + WordsFor(bytes.length));
  if (bytes.length > 0) memcpy(words->data() + at, bytes.data, bytes.length);
}

}  // namespace

TableShape Map::ShapeFor(const MapSizes& sizes) {
  return {BucketsFor(sizes.entries),
          WaysFor(sizes.entries) * EntryWords(sizes.key_bytes, sizes.value_bytes)};
}

Definition Map::Define(const std::string& name, const MapSizes& sizes) {
  return {Kind::kMap,
          name,
          {sizes.entries, sizes.key_bytes, sizes.value_bytes},
          ShapeFor(sizes).bytes()};
}

int Map::Open(const Region& region, uint32_t cell, const Found& found, bool evicts_when_full) {
  const std::vector<uint64_t>& parameters = found.parameters;
  if (parameters.size() != 3) return -EIO;
  sizes_ = {parameters[0], parameters[1], parameters[2]};
  ways_ = WaysFor(sizes_.entries);
  hash_key_ = region.hash_key();
  evicts_when_full_ = evicts_when_full;
  words_.resize(ShapeFor(sizes_).blob_words);
  return table_.Open(region, found.large_at, ShapeFor(sizes_), cell);
}

bool Map::Get(const Bytes& key, uint64_t now_ms, Bytes* value) {
  const Hash hash = SipHash128(hash_key_, key.data, key.length);
  bool is_found = false;
  table_.ReadInPlace(table_.BucketOf(hash), [&](const Word* words, uint64_t used) {
    is_found = CopyValue(words, used, hash, key, now_ms, value);
  });
  return is_found;
}

SetResult Map::Set(const Bytes& key, const Bytes& value, uint64_t ttl_ms, uint64_t now_ms,
                   const Condition& condition) {
  const Hash hash = SipHash128(hash_key_, key.data, key.length);
  const uint64_t expires_ms = ttl_ms == 0 ? 0 : now_ms + ttl_ms;
  // Comes again only if another process has changed the bucket meanwhile.
  for (;;) {
    Read(table_.BucketOf(hash));
    const Entry* const entry = Find(hash, key, now_ms);
    if (!Matches(entry, condition)) return SetResult::kChanged;
    CopyOthers(entry, now_ms);
    uint64_t evicted = 0;
    while (!HasRoom(key, value) && evicts_when_full_ && DropOldest()) evicted++;
    if (!HasRoom(key, value)) {
      table_.refused()->fetch_add(1);
      return SetResult::kRefused;
    }
    Append(hash, key, value, expires_ms);
    if (!table_.Replace(contents_, next_.data(), next_.size())) continue;
    if (evicted > 0) table_.evicted()->fetch_add(evicted);
    return SetResult::kSet;
  }
}

SetResult Map::Delete(const Bytes& key, uint64_t now_ms, const Condition& condition) {
  const Hash hash = SipHash128(hash_key_, key.data, key.length);
  for (;;) {
    Read(table_.BucketOf(hash));
    const Entry* const entry = Find(hash, key, now_ms);
    if (!Matches(entry, condition)) return SetResult::kChanged;
    if (entry == nullptr) return SetResult::kRefused;
    CopyOthers(entry, now_ms);
    if (table_.Replace(contents_, next_.data(), next_.size())) return SetResult::kSet;
  }
}

std::vector<std::string> Map::Keys(uint64_t now_ms) {
  std::vector<std::string> keys;
  for (uint64_t bucket = 0; bucket < table_.shape().buckets; bucket++) {
    Read(bucket);
    for (const Entry& entry : entries_) {
      if (!entry.IsLive(now_ms)) continue;
      keys.emplace_back(static_cast<const char*>(entry.key.data), entry.key.length);
    }
  }
  return keys;
}

uint64_t Map::CountEntries(uint64_t now_ms) {
  uint64_t count = 0;
  for (uint64_t bucket = 0; bucket < table_.shape().buckets; bucket++) {
    Read(bucket);
    for (const Entry& entry : entries_) {
      if (entry.IsLive(now_ms)) count++;
    }
  }
  return count;
}

bool Map::CopyValue(const Word* words, uint64_t used, const Hash& hash, const Bytes& key,
                    uint64_t now_ms, Bytes* value) {
  for (uint64_t at = 0; at + kEntryHeadWords <= used;) {
    uint64_t head[kEntryHeadWords];
    LoadWords(words + at, kEntryHeadWords, head);
    const uint64_t key_bytes = head[2] & 0xffff;
    const uint64_t value_bytes = head[2] >> 16;
    if (key_bytes > sizes_.key_bytes || value_bytes > sizes_.value_bytes) return false;
    const uint64_t entry_words = EntryWords(key_bytes, value_bytes);
    if (entry_words > used - at) return false;
    if (head[0] == hash.lo && key_bytes == key.length) {
      // Room is for all of a bucket.
      LoadWords(words + at + kEntryHeadWords, entry_words - kEntryHeadWords, words_.data());
      if (AreEqual({words_.data(), key_bytes}, key)) {
        *value = {words_.data() + WordsFor(key_bytes), value_bytes};
        return head[1] == 0 || now_ms < head[1];
      }
    }
    at += entry_words;
  }
  return false;
}

void Map::Read(uint64_t bucket) {
  contents_ = table_.Read(bucket, words_.data());
  entries_.clear();
  uint64_t at = 0;
  while (at + kEntryHeadWords <= contents_.used) {
    const uint64_t* const head = &words_[at];
    const uint64_t key_bytes = head[2] & 0xffff;
    const uint64_t value_bytes = head[2] >> 16;
    // Nobody writes such an entry. What comes behind it cannot be found.
    if (key_bytes > sizes_.key_bytes || value_bytes > sizes_.value_bytes) return;
    const uint64_t words = EntryWords(key_bytes, value_bytes);
    if (words > contents_.used - at) return;
    const uint64_t* const key = head + kEntryHeadWords;
    entries_.push_back(
        {at, words, head[0], head[1], {key, key_bytes}, {key + WordsFor(key_bytes), value_bytes}});
    at += words;
  }
}

const Map::Entry* Map::Find(const Hash& hash, const Bytes& key, uint64_t now_ms) const {
  for (const Entry& entry : entries_) {
    if (entry.hash != hash.lo || !AreEqual(entry.key, key)) continue;
    return entry.IsLive(now_ms) ? &entry : nullptr;
  }
  return nullptr;
}

bool Map::Matches(const Entry* entry, const Condition& condition) const {
  if (condition.is_any) return true;
  if (entry == nullptr) return condition.is_absent;
  return !condition.is_absent && AreEqual(entry->value, condition.value);
}

void Map::CopyOthers(const Entry* without, uint64_t now_ms) {
  next_.clear();
  next_count_ = 0;
  for (const Entry& entry : entries_) {
    if (&entry == without || !entry.IsLive(now_ms)) continue;
    next_.insert(next_.end(), &words_[entry.at], &words_[entry.at] + entry.words);
    next_count_++;
  }
}

// By words, too: a bucket that was corrupted may have more entries than it should.
bool Map::HasRoom(const Bytes& key, const Bytes& value) const {
  const uint64_t words = next_.size() + EntryWords(key.length, value.length);
  return next_count_ < ways_ && words <= table_.shape().blob_words;
}

void Map::Append(const Hash& hash, const Bytes& key, const Bytes& value, uint64_t expires_ms) {
  next_.push_back(hash.lo);
  next_.push_back(expires_ms);
  next_.push_back(key.length | value.length << 16);
  AppendBytes(&next_, key);
  AppendBytes(&next_, value);
}

bool Map::DropOldest() {
  if (next_count_ == 0) return false;
  const uint64_t words = EntryWords(next_[2] & 0xffff, next_[2] >> 16);
  next_.erase(next_.begin(), next_.begin() + static_cast<ptrdiff_t>(words));
  next_count_--;
  return true;
}

}  // namespace rondo::shared
