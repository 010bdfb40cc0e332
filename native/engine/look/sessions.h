// Which worker a session of a listener belongs to: a key of 64 bits, which is a hash of what the
// client shows, leads to a slot and its generation. The engine's thread alone uses it.
//
// Bounded: when `most` are known, the one that has been used least recently is forgotten for a new
// one; and so is one that nobody has used for `idle_ms`, at the time it is asked for or it is the
// oldest. The memory for all of them is reserved at once and used as they come, so that none is
// copied while connections wait.
#ifndef RONDO_ENGINE_LOOK_SESSIONS_H_
#define RONDO_ENGINE_LOOK_SESSIONS_H_

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <memory>

#include "engine/counters.h"

namespace rondo {

struct SessionOwner {
  uint16_t slot = 0;
  uint32_t generation = 0;
};

class Sessions {
 public:
  static constexpr uint32_t kMost = 1 << 24;

  // `counters` outlives it.
  Sessions(uint32_t most, uint64_t idle_ms, SessionCounters* counters);

  // False: there is no such session, or no memory. Counts as a use of it.
  bool Find(uint64_t key, uint64_t now_ms, SessionOwner* out);
  // From now on it is that worker's, whoever had it.
  void Put(uint64_t key, SessionOwner owner, uint64_t now_ms);
  // Only if it is that worker's.
  void Remove(uint64_t key, SessionOwner owner);
  uint32_t size() const { return size_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Entry {
    uint64_t key;
    uint64_t used_ms;
    uint32_t generation;
    uint32_t next;   // in its chain, or of those that are free
    uint32_t older;  // by use
    uint32_t newer;
    uint16_t slot;
  };
  struct Free {
    void operator()(void* memory) const { free(memory); }
  };

  uint32_t* ChainOf(uint64_t key) { return &chains_[key & mask_]; }
  uint32_t IndexOf(uint64_t key);
  void Use(uint32_t index, uint64_t now_ms);
  void Link(uint32_t index);
  void Unlink(uint32_t index);
  void Drop(uint32_t index, Counter* reason);
  void Show() { counters_->held.store(size_, std::memory_order_relaxed); }
  static bool IsOf(const Entry& entry, SessionOwner owner) {
    return entry.slot == owner.slot && entry.generation == owner.generation;
  }
  bool IsOver(const Entry& entry, uint64_t now_ms) const {
    return idle_ms_ > 0 && now_ms >= entry.used_ms && now_ms - entry.used_ms >= idle_ms_;
  }

  const uint32_t most_;
  const uint64_t idle_ms_;
  SessionCounters* const counters_;
  uint32_t mask_ = 0;
  uint32_t size_ = 0;
  uint32_t touched_ = 0;  // entries that have ever been used
  uint32_t free_ = kNone;
  uint32_t oldest_ = kNone;
  uint32_t newest_ = kNone;
  // From calloc(), which gives a large block unused pages: none is real before it is written.
  std::unique_ptr<Entry[], Free> entries_;
  std::unique_ptr<uint32_t[], Free> chains_;  // an index and one; 0: empty
};

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_SESSIONS_H_
