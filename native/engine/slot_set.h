// A set of slot numbers as bits: which slots have room, serve a listener, keep up. Steps through
// 64 slots at a time, so that a question about all of them costs about as much as one about one.
#ifndef RONDO_ENGINE_SLOT_SET_H_
#define RONDO_ENGINE_SLOT_SET_H_

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <limits>

namespace rondo {

constexpr uint32_t kMaxSlots = 1024;

class SlotSet {
 public:
  void Add(uint32_t slot) {
    words_[slot / 64] |= Bit(slot);
    used_ = std::max<size_t>(used_, slot / 64 + 1);
  }
  void Remove(uint32_t slot) { words_[slot / 64] &= ~Bit(slot); }
  void Set(uint32_t slot, bool is_in) { is_in ? Add(slot) : Remove(slot); }
  void Clear() { *this = SlotSet(); }

  bool Has(uint32_t slot) const { return (words_[slot / 64] & Bit(slot)) != 0; }
  bool IsEmpty() const {
    for (size_t i = 0; i < used_; i++) {
      if (words_[i] != 0) return false;
    }
    return true;
  }
  size_t Count() const {
    size_t count = 0;
    for (size_t i = 0; i < used_; i++)
      count += static_cast<size_t>(__builtin_popcountll(words_[i]));
    return count;
  }

  SlotSet operator&(const SlotSet& other) const {
    SlotSet result;
    result.used_ = std::min(used_, other.used_);
    for (size_t i = 0; i < result.used_; i++) result.words_[i] = words_[i] & other.words_[i];
    return result;
  }
  SlotSet Without(const SlotSet& other) const {
    SlotSet result = *this;
    const size_t shared = std::min(used_, other.used_);
    for (size_t i = 0; i < shared; i++) result.words_[i] &= ~other.words_[i];
    return result;
  }
  bool Meets(const SlotSet& other) const {
    const size_t shared = std::min(used_, other.used_);
    for (size_t i = 0; i < shared; i++) {
      if ((words_[i] & other.words_[i]) != 0) return true;
    }
    return false;
  }
  bool operator==(const SlotSet& other) const {
    const size_t longer = std::max(used_, other.used_);
    return std::equal(words_, words_ + longer, other.words_);
  }
  bool operator!=(const SlotSet& other) const { return !(*this == other); }

  // The first slot after `last`, round the circle; -1 if the set is empty.
  int NextAfter(int last) const {
    const int next = FirstFrom(static_cast<uint32_t>(last + 1));
    return next >= 0 ? next : FirstFrom(0);
  }
  // The slot that has `index` others before it, or -1.
  int At(size_t index) const {
    for (size_t i = 0; i < used_; i++) {
      uint64_t word = words_[i];
      const size_t count = static_cast<size_t>(__builtin_popcountll(word));
      if (index >= count) {
        index -= count;
        continue;
      }
      if (count == 64) return static_cast<int>(i * 64 + index);
      while (index-- > 0) word &= word - 1;
      return static_cast<int>(i * 64) + __builtin_ctzll(word);
    }
    return -1;
  }

  // In order of numbers. `call(slot)` may change the set; it sees what was in it.
  template <typename Call>
  void ForEach(Call call) const {
    const SlotSet copy = *this;
    for (size_t i = 0; i < copy.used_; i++) ForEachIn(copy.words_[i], i, call);
  }
  // The least `number(slot)` of all; the largest number there is if the set is empty. `number` may
  // be asked for in any order, and should have no branches.
  template <typename Number>
  auto Least(Number number) const {
    auto least = std::numeric_limits<decltype(number(0))>::max();
    for (size_t i = 0; i < used_; i++) least = std::min(least, LeastIn(words_[i], i, number));
    return least;
  }
  template <typename Number>
  uint64_t Sum(Number number) const {
    uint64_t sum = 0;
    for (size_t i = 0; i < used_; i++) sum += SumIn(words_[i], i, number);
    return sum;
  }
  // The first slot after `last`, round the circle, of which `test(slot)` is true; -1 if there is
  // none.
  template <typename Test>
  int FirstAfter(int last, Test test) const {
    uint32_t start = static_cast<uint32_t>(last + 1);
    if (start / 64 >= used_) start = 0;
    // In the word that it starts in, what is before the start comes last.
    for (size_t step = 0, at = start / 64; step <= used_; step++, at++) {
      if (at >= used_) at = 0;
      const uint32_t from = step == 0 ? start % 64 : 0;
      const uint32_t to = step == used_ ? start % 64 : 64;
      const int first = FirstIn(words_[at], at, from, to, test);
      if (first >= 0) return first;
    }
    return -1;
  }

 private:
  static uint64_t Bit(uint32_t slot) { return uint64_t{1} << (slot % 64); }

  template <typename Call>
  static void ForEachIn(uint64_t word, size_t index, Call&& call) {
    for (; word != 0; word &= word - 1) {
      call(static_cast<uint32_t>(index * 64) + static_cast<uint32_t>(__builtin_ctzll(word)));
    }
  }

  // Mostly all of 64 slots are in a set, or none. Then these are plain loops, of which the
  // compiler can make vector instructions.

  template <typename Number>
  static auto LeastIn(uint64_t word, size_t index, Number& number) {
    const uint32_t base = static_cast<uint32_t>(index * 64);
    auto least = std::numeric_limits<decltype(number(0))>::max();
    if (word == ~uint64_t{0}) {
      for (uint32_t i = 0; i < 64; i++) least = std::min(least, number(base + i));
      return least;
    }
    ForEachIn(word, index, [&](uint32_t slot) { least = std::min(least, number(slot)); });
    return least;
  }

  template <typename Number>
  static uint64_t SumIn(uint64_t word, size_t index, Number& number) {
    const uint32_t base = static_cast<uint32_t>(index * 64);
    uint64_t sum = 0;
    if (word == ~uint64_t{0}) {
      for (uint32_t i = 0; i < 64; i++) sum += number(base + i);
      return sum;
    }
    ForEachIn(word, index, [&](uint32_t slot) { sum += number(slot); });
    return sum;
  }

  template <typename Test>
  static int FirstIn(uint64_t word, size_t index, uint32_t from, uint32_t to, Test& test) {
    const uint32_t base = static_cast<uint32_t>(index * 64);
    if (word == ~uint64_t{0}) {
      for (uint32_t slot = base + from; slot < base + to; slot++) {
        if (test(slot)) return static_cast<int>(slot);
      }
      return -1;
    }
    for (word &= ~uint64_t{0} << from; word != 0; word &= word - 1) {
      const uint32_t slot = base + static_cast<uint32_t>(__builtin_ctzll(word));
      if (slot >= base + to) return -1;
      if (test(slot)) return static_cast<int>(slot);
    }
    return -1;
  }

  int FirstFrom(uint32_t start) const {
    for (size_t i = start / 64; i < used_; i++) {
      uint64_t word = words_[i];
      if (i == start / 64) word &= ~uint64_t{0} << (start % 64);
      if (word != 0) return static_cast<int>(i * 64) + __builtin_ctzll(word);
    }
    return -1;
  }

  uint64_t words_[kMaxSlots / 64] = {};
  size_t used_ = 0;  // words that may hold a bit
};

}  // namespace rondo

#endif  // RONDO_ENGINE_SLOT_SET_H_
