#include "shared/names.h"

#include <errno.h>
#include <string.h>

namespace rondo::shared {

namespace {

// In the region; the parameters and the bytes of the name follow it, in words.
struct alignas(64) Record {
  Word value;
  Word shape;  // kind | name bytes << 8 | number of parameters << 32
  Word large_at;
  Word large_bytes;
};
static_assert(sizeof(Record) == 64);

uint64_t ShapeOf(const Definition& wanted) {
  return static_cast<uint64_t>(wanted.kind) | static_cast<uint64_t>(wanted.name.size()) << 8 |
         static_cast<uint64_t>(wanted.parameters.size()) << 32;
}

// The name in words, the last filled up with zeroes.
std::vector<uint64_t> WordsOf(const std::string& name) {
  std::vector<uint64_t> words(RoundUp(name.size(), 8) / 8);
  memcpy(words.data(), name.data(), name.size());
  return words;
}

uint64_t RecordBytes(uint64_t words) { return sizeof(Record) + RoundUp(words * 8, 64); }

Word* WordsBehind(Record* record) { return reinterpret_cast<Word*>(record + 1); }

// Where the parts of a record are, which were checked.
struct Outline {
  Record* record = nullptr;
  uint64_t shape = 0;
  uint64_t name_bytes = 0;
  uint64_t count = 0;  // of parameters
};

// 0, or -EIO if no record can be there.
int ReadOutline(const Region& region, uint64_t at, Outline* outline) {
  if (at < kRecordsAt || at % alignof(Record) != 0 || at > kLargeAt - sizeof(Record)) return -EIO;
  outline->record = region.At<Record>(at);
  outline->shape = outline->record->shape.load();
  outline->name_bytes = outline->shape >> 8 & 0xff'ffff;
  outline->count = outline->shape >> 32;
  if (outline->name_bytes > kLongestName || outline->count > kMostParameters) return -EIO;
  const uint64_t words = outline->count + RoundUp(outline->name_bytes, 8) / 8;
  return RecordBytes(words) > kLargeAt - at ? -EIO : 0;
}

void ReadFound(const Outline& outline, Found* found) {
  const Word* const words = WordsBehind(outline.record);
  found->parameters.resize(outline.count);
  for (uint64_t i = 0; i < outline.count; i++) found->parameters[i] = words[i].load();
  found->value = &outline.record->value;
  found->large_at = outline.record->large_at.load();
  found->large_bytes = outline.record->large_bytes.load();
}

bool HasItsMemory(const Region& region, const Found& found) {
  if (found.large_bytes == 0) return true;
  return found.large_at >= kLargeAt && found.large_at % kPage == 0 &&
         found.large_at <= region.size() && found.large_bytes <= region.size() - found.large_at;
}

// Gives out `bytes` of what begins at `from` and ends at `limit`: the offset, or 0 if there is no
// room.
uint64_t GiveOut(Word* used, uint64_t from, uint64_t bytes, uint64_t limit) {
  uint64_t before = used->load();
  do {
    if (before > limit - from || bytes > limit - from - before) return 0;
  } while (!used->compare_exchange_weak(before, before + bytes));
  return from + before;
}

// If it was the last that was given out. What it has must be zeroes again.
void TakeBack(Word* used, uint64_t from, uint64_t at, uint64_t bytes) {
  uint64_t expected = at - from + bytes;
  used->compare_exchange_strong(expected, at - from);
}

class Search {
 public:
  Search(const Region& region, const Definition& wanted, Found* found)
      : region_(region), wanted_(wanted), found_(found), name_(WordsOf(wanted.name)) {}

  int Run();

 private:
  // 0: the thing. 1: another one. -EEXIST, -EIO.
  int Compare(uint64_t at);
  // 0, or -ENOSPC.
  int Write();
  void Discard();

  Header* header() const { return region_.header(); }
  Record* At(uint64_t offset) const { return region_.At<Record>(offset); }
  uint64_t bytes() const { return RecordBytes(wanted_.parameters.size() + name_.size()); }

  const Region& region_;
  const Definition& wanted_;
  Found* found_;
  const std::vector<uint64_t> name_;
  uint64_t own_at_ = 0;  // the record that was written, 0: none yet
  uint64_t large_at_ = 0;
};

int Search::Run() {
  const std::string identity = static_cast<char>(wanted_.kind) + wanted_.name;
  const Hash hash = SipHash128(region_.hash_key(), identity.data(), identity.size());
  Word* const slots = region_.At<Word>(kNamesAt);
  for (uint64_t i = 0; i < kNameSlots; i++) {
    Word* const slot = &slots[(hash.lo + i) % kNameSlots];
    uint64_t at = slot->load();
    if (at == 0 && own_at_ == 0) {
      const int result = Write();
      if (result < 0) return result;
    }
    if (at == 0 && slot->compare_exchange_strong(at, own_at_)) {
      header()->names_used++;
      return Compare(own_at_);
    }
    // By now `at` is what is there, or what came in between.
    const int result = Compare(at);
    if (result == 1) continue;
    Discard();
    return result;
  }
  Discard();
  return -ENOSPC;
}

int Search::Compare(uint64_t at) {
  Outline outline;
  const int result = ReadOutline(region_, at, &outline);
  if (result < 0) return result;
  const uint64_t same = ShapeOf(wanted_);
  if ((outline.shape & 0xffff'ffff) != (same & 0xffff'ffff)) return 1;
  const Word* const name = WordsBehind(outline.record) + outline.count;
  for (size_t i = 0; i < name_.size(); i++) {
    if (name[i].load() != name_[i]) return 1;
  }
  ReadFound(outline, found_);
  if (found_->parameters != wanted_.parameters) return -EEXIST;
  if (found_->large_bytes != RoundUp(wanted_.large_bytes, kPage)) return -EIO;
  return HasItsMemory(region_, *found_) ? 0 : -EIO;
}

int Search::Write() {
  if (header()->names_used.load() >= kMostNames) return -ENOSPC;
  const uint64_t large_bytes = RoundUp(wanted_.large_bytes, kPage);
  if (large_bytes > 0) {
    large_at_ = GiveOut(&header()->large_used, kLargeAt, large_bytes, region_.size());
    if (large_at_ == 0) return -ENOSPC;
  }
  own_at_ = GiveOut(&header()->records_used, kRecordsAt, bytes(), kLargeAt);
  if (own_at_ == 0) {
    Discard();
    return -ENOSPC;
  }
  Record* const record = At(own_at_);
  record->shape = ShapeOf(wanted_);
  record->large_at = large_at_;
  record->large_bytes = large_bytes;
  Word* const words = WordsBehind(record);
  const size_t count = wanted_.parameters.size();
  for (size_t i = 0; i < count; i++) words[i] = wanted_.parameters[i];
  for (size_t i = 0; i < name_.size(); i++) words[count + i] = name_[i];
  return 0;
}

void Search::Discard() {
  if (large_at_ != 0) {
    const uint64_t large_bytes = RoundUp(wanted_.large_bytes, kPage);
    TakeBack(&header()->large_used, kLargeAt, large_at_, large_bytes);
  }
  if (own_at_ == 0) return;
  Word* const words = region_.At<Word>(own_at_);
  for (uint64_t i = 0; i < bytes() / 8; i++) words[i] = 0;
  TakeBack(&header()->records_used, kRecordsAt, own_at_, bytes());
}

}  // namespace

int FindOrMake(const Region& region, const Definition& wanted, Found* found) {
  return Search(region, wanted, found).Run();
}

std::vector<uint64_t> ListRecords(const Region& region) {
  std::vector<uint64_t> records;
  const Word* const slots = region.At<Word>(kNamesAt);
  for (uint64_t i = 0; i < kNameSlots; i++) {
    const uint64_t at = slots[i].load();
    if (at != 0) records.push_back(at);
  }
  return records;
}

int ReadRecord(const Region& region, uint64_t at, Listed* listed) {
  Outline outline;
  const int result = ReadOutline(region, at, &outline);
  if (result < 0) return result;
  const uint64_t kind = outline.shape & 0xff;
  if (kind < static_cast<uint64_t>(Kind::kCounter) || kind > static_cast<uint64_t>(Kind::kMap)) {
    return -EIO;
  }
  if (outline.name_bytes == 0) return -EIO;
  listed->kind = static_cast<Kind>(kind);
  std::vector<uint64_t> words(RoundUp(outline.name_bytes, 8) / 8);
  LoadWords(WordsBehind(outline.record) + outline.count, words.size(), words.data());
  listed->name.resize(outline.name_bytes);
  memcpy(&listed->name[0], words.data(), outline.name_bytes);
  ReadFound(outline, &listed->found);
  return HasItsMemory(region, listed->found) ? 0 : -EIO;
}

}  // namespace rondo::shared
