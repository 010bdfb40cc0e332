// Connections for another primary, which has this one's listeners by now: an upgrade, as the old
// process sees it. Idle ones are held as ever (idle.h) until they are taken; here are those that
// somebody waits to be served. Each has one owner: this, whoever has taken it, or the other
// primary.
#ifndef RONDO_ENGINE_HAND_OVER_H_
#define RONDO_ENGINE_HAND_OVER_H_

#include <stdint.h>

#include <deque>
#include <utility>
#include <vector>

#include "channel/frames.h"
#include "engine/counters.h"

namespace rondo {

// A connection on its way between two primaries.
struct Passed {
  Released released;
  // It waits to be served: it is dealt at once, and not when something arrives.
  bool is_due = false;
};

class HandOver {
 public:
  explicit HandOver(IdleCounters* counters) : counters_(counters) {}

  // From now on. There is no way back.
  void Begin() { has_begun_ = true; }
  bool HasBegun() const { return has_begun_; }
  void Push(Connection connection) {
    Passed passed;
    passed.released.connection = std::move(connection);
    passed.is_due = true;
    due_.push_back(std::move(passed));
  }
  // Moves up to `most` to the end of `out`, the oldest first.
  void Take(size_t most, std::vector<Passed>* out) {
    while (out->size() < most && !due_.empty()) {
      out->push_back(std::move(due_.front()));
      due_.pop_front();
    }
  }
  // Closes all.
  void Close() {
    Count(&counters_->closed, due_.size());
    due_.clear();
  }

 private:
  IdleCounters* const counters_;
  std::deque<Passed> due_;
  bool has_begun_ = false;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_HAND_OVER_H_
