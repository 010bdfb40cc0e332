#include "engine/turn.h"

#include <algorithm>

#include "base/clock.h"

namespace rondo {

namespace {

// How far ahead a slot may be, in a burst. With more the last of it would be dealt unevenly, and it
// gains nothing.
constexpr int64_t kLead = 1;
// In a long burst more, for a slot that may go on for a while saves switches between processes: one
// more for each so many connections a slot was dealt, so that what it is ahead stays below a
// hundredth of what it has.
constexpr uint64_t kDealtPerLead = 128;
constexpr int64_t kLongestLead = 8;
// A slot that is back after less gets what it has missed. A pause of the garbage collector is no
// longer, and for connections that stay it is the difference between even and not. One that was
// away for longer is forgiven, or it would get a flood.
constexpr uint64_t kForgivenNs = 50 * kMillisecond;

}  // namespace

void Turn::Compare(Measure measure, const uint32_t* weights) {
  measure_ = measure;
  weights_ = weights;
  FindLowest();
}

void Turn::Reserve(uint32_t slot) {
  if (slot < count_.size()) return;
  const size_t size = (slot / 64 + 1) * 64;
  count_.resize(size);
  given_.resize(size);
  open_.resize(size);
  away_since_ns_.resize(size);
}

void Turn::Join(uint32_t slot) {
  Reserve(slot);
  if (serving_.Has(slot)) return;
  const SlotSet& others = keepers_.IsEmpty() ? serving_ : keepers_;
  if (!others.IsEmpty()) {
    int64_t least = INT64_MAX;
    others.ForEach([&](uint32_t other) { least = std::min(least, count_[other]); });
    count_[slot] = known_.Has(slot) ? std::max(count_[slot], least) : least;
  }
  serving_.Add(slot);
  known_.Add(slot);
  keepers_.Add(slot);
  FindLowest();
}

void Turn::Leave(uint32_t slot) {
  if (!serving_.Has(slot)) return;
  serving_.Remove(slot);
  keepers_.Remove(slot);
  FindLowest();
}

void Turn::Forget(uint32_t slot) {
  Leave(slot);
  known_.Remove(slot);
  if (slot < given_.size()) given_[slot] = open_[slot] = 0;
}

void Turn::Inherit(const Turn& former) {
  Reserve(static_cast<uint32_t>(former.given_.size()) - 1);
  std::copy(former.given_.begin(), former.given_.end(), given_.begin());
  std::copy(former.open_.begin(), former.open_.end(), open_.begin());
}

void Turn::SetKeepers(const SlotSet& keepers, uint64_t now_ns) {
  const SlotSet now = keepers & serving_;
  if (now == keepers_) return;
  // If none of them stays it is now that the others are lifted: later it is not known to what.
  const SlotSet stayed = now & keepers_;
  const SlotSet& reference = stayed.IsEmpty() ? keepers_ : stayed;
  if (measure_ != Measure::kOpen && !reference.IsEmpty()) {
    int64_t least = INT64_MAX;
    reference.ForEach([&](uint32_t slot) { least = std::min(least, count_[slot]); });
    serving_.Without(keepers_).ForEach([&](uint32_t slot) {
      if (now_ns - away_since_ns_[slot] < kForgivenNs) return;
      count_[slot] = std::max(count_[slot], least - Lead());
    });
  }
  keepers_.Without(now).ForEach([&](uint32_t slot) { away_since_ns_[slot] = now_ns; });
  keepers_ = now;
  FindLowest();
}

void Turn::Dealt(uint32_t slot, bool is_counted) {
  given_[slot]++;
  open_[slot]++;
  if (!is_counted) return;
  count_[slot]++;
  dealt_in_burst_++;
  lowest_.Remove(slot);
  if (lowest_.IsEmpty() && !keepers_.IsEmpty()) FindLowest();
}

void Turn::Undealt(uint32_t slot, bool was_counted) {
  CameBack(slot);
  if (open_[slot] > 0) open_[slot]--;
  if (!was_counted) return;
  count_[slot]--;
  if (keepers_.Has(slot)) FindLowest();
}

void Turn::SetEnded(uint32_t slot, uint32_t ended) {
  // Differences of the same field only: the counter wraps, and may hold anything.
  const uint32_t open = given_[slot] - ended;
  open_[slot] = open <= given_[slot] ? open : 0;
}

void Turn::Describe(Field* field) const {
  field->serving = &serving_;
  field->lowest = &lowest_;
  field->count = count_.data();
  field->open = open_.data();
  field->weight = weights_;
}

void Turn::FindLowest() {
  lowest_.Clear();
  least_ = INT64_MAX;
  keepers_.ForEach([&](uint32_t slot) { least_ = std::min(least_, count_[slot]); });
  keepers_.ForEach([&](uint32_t slot) {
    if (count_[slot] == least_) lowest_.Add(slot);
  });
}

int64_t Turn::NumberOf(uint32_t slot) const {
  return measure_ == Measure::kOpen ? open_[slot] : count_[slot];
}

int64_t Turn::Lead() const {
  const uint64_t keepers = std::max<uint64_t>(keepers_.Count(), 1);
  const uint64_t more = dealt_in_burst_ / (kDealtPerLead * keepers);
  return std::min(kLead + static_cast<int64_t>(std::min<uint64_t>(more, kLongestLead)),
                  kLongestLead);
}

bool Turn::IsBelowLimit(uint32_t slot) const {
  if (keepers_.IsEmpty() || measure_ == Measure::kNone) return true;
  if (measure_ == Measure::kCount) return count_[slot] < least_ + Lead();
  const int64_t lead = Lead();
  if (measure_ == Measure::kOpen) {
    int64_t least = INT64_MAX;
    keepers_.ForEach([&](uint32_t other) { least = std::min(least, NumberOf(other)); });
    return NumberOf(slot) < least + lead;
  }
  // By the other's weight: a heavy slot may be ahead of a light one by what it weighs more.
  const int64_t weight = weights_[slot];
  const int64_t number = NumberOf(slot);
  bool is_below = true;
  keepers_.ForEach([&](uint32_t other) {
    is_below = is_below && number * int64_t{weights_[other]} < (NumberOf(other) + lead) * weight;
  });
  return is_below;
}

uint64_t Turn::Open() const {
  uint64_t open = 0;
  for (const uint32_t one : open_) open += one;
  return open;
}

}  // namespace rondo
