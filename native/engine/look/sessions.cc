#include "engine/look/sessions.h"

#include <algorithm>

namespace rondo {

namespace {

// How many whose time is over are forgotten with each new one, so that they do not stay for good.
constexpr int kMostOverAtOnce = 4;

}  // namespace

Sessions::Sessions(uint32_t most, uint64_t idle_ms, SessionCounters* counters)
    : most_(std::clamp<uint32_t>(most, 1, kMost)), idle_ms_(idle_ms), counters_(counters) {
  size_t chains = 16;
  while (chains < most_) chains *= 2;
  mask_ = static_cast<uint32_t>(chains - 1);
  entries_.reset(static_cast<Entry*>(calloc(most_, sizeof(Entry))));
  chains_.reset(static_cast<uint32_t*>(calloc(chains, sizeof(uint32_t))));
}

uint32_t Sessions::IndexOf(uint64_t key) {
  if (entries_ == nullptr || chains_ == nullptr) return kNone;
  for (uint32_t at = *ChainOf(key); at != 0; at = entries_[at - 1].next) {
    if (entries_[at - 1].key == key) return at - 1;
  }
  return kNone;
}

bool Sessions::Find(uint64_t key, uint64_t now_ms, SessionOwner* out) {
  const uint32_t index = IndexOf(key);
  if (index == kNone) return false;
  if (IsOver(entries_[index], now_ms)) {
    Drop(index, &counters_->expired);
    return false;
  }
  Use(index, now_ms);
  *out = {entries_[index].slot, entries_[index].generation};
  return true;
}

void Sessions::Put(uint64_t key, SessionOwner owner, uint64_t now_ms) {
  if (entries_ == nullptr || chains_ == nullptr) return;
  uint32_t index = IndexOf(key);
  if (index == kNone) {
    for (int i = 0; i < kMostOverAtOnce && oldest_ != kNone; i++) {
      const bool is_over = IsOver(entries_[oldest_], now_ms);
      if (size_ < most_ && !is_over) break;
      Drop(oldest_, is_over ? &counters_->expired : &counters_->evicted);
    }
    if (free_ != kNone) {
      index = free_;
      free_ = entries_[index].next;
    } else {
      index = touched_++;
    }
    Entry& entry = entries_[index];
    entry.key = key;
    uint32_t* const chain = ChainOf(key);
    entry.next = *chain;
    *chain = index + 1;
    size_++;
    Show();
    Count(&counters_->created);
    Link(index);
  } else if (!IsOf(entries_[index], owner)) {
    Count(&counters_->moved);
  }
  entries_[index].slot = owner.slot;
  entries_[index].generation = owner.generation;
  Use(index, now_ms);
}

void Sessions::Remove(uint64_t key, SessionOwner owner) {
  const uint32_t index = IndexOf(key);
  if (index == kNone) return;
  if (IsOf(entries_[index], owner)) Drop(index, &counters_->ended);
}

void Sessions::Use(uint32_t index, uint64_t now_ms) {
  entries_[index].used_ms = now_ms;
  if (newest_ == index) return;
  Unlink(index);
  Link(index);
}

void Sessions::Link(uint32_t index) {
  entries_[index].older = newest_;
  entries_[index].newer = kNone;
  if (newest_ != kNone) entries_[newest_].newer = index;
  newest_ = index;
  if (oldest_ == kNone) oldest_ = index;
}

void Sessions::Unlink(uint32_t index) {
  const Entry& entry = entries_[index];
  (entry.older == kNone ? oldest_ : entries_[entry.older].newer) = entry.newer;
  (entry.newer == kNone ? newest_ : entries_[entry.newer].older) = entry.older;
}

// `reason`: what counts it.
void Sessions::Drop(uint32_t index, Counter* reason) {
  Entry& entry = entries_[index];
  uint32_t* at = ChainOf(entry.key);
  while (*at != index + 1) at = &entries_[*at - 1].next;
  *at = entry.next;
  Unlink(index);
  entry.next = free_;
  free_ = index;
  size_--;
  Show();
  Count(reason);
}

}  // namespace rondo
