// The kernel's queue of a listener, as far as it can be seen: how long it is, how long it may
// become, and for how long its head has waited. The kernel keeps no such time, but it keeps the
// order: a sample says by when so many connections had come.
#ifndef RONDO_ENGINE_BACKLOG_H_
#define RONDO_ENGINE_BACKLOG_H_

#include <stddef.h>
#include <stdint.h>

#include <deque>

namespace rondo {

struct BacklogLength {
  uint32_t length;
  uint32_t most;  // 0: unknown, and so is the length; a Unix socket, or not Linux
};

BacklogLength MeasureBacklog(int listener);

class BacklogAge {
 public:
  // `accepted`: how many connections of the listener have been accepted in all. To be called every
  // few milliseconds while connections wait.
  void Note(uint64_t accepted, uint32_t length, uint64_t now_ns);
  // For how long the next connection has waited at least; 0 if nothing is known.
  uint64_t HeadAgeNs(uint64_t accepted, uint64_t now_ns) const;
  void Clear() { samples_.clear(); }

 private:
  struct Sample {
    uint64_t come;  // connections that had come by then, those accepted included
    uint64_t at_ns;
  };
  std::deque<Sample> samples_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_BACKLOG_H_
