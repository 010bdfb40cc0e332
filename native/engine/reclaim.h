// Reading back what a worker was handed and has not received, because it is dead, stopped, busy or
// stuck: the rules, and how it is done. The primary holds a duplicate of the worker's end of the
// channel, and reads it as the worker would.
#ifndef RONDO_ENGINE_RECLAIM_H_
#define RONDO_ENGINE_RECLAIM_H_

#include <stdint.h>

#include "engine/events.h"
#include "engine/floor.h"
#include "engine/worker.h"
#include "engine/workers.h"

namespace rondo {

// Gives all that waits in the channel to the floor, and counts it in `*count`. Control frames among
// it are owed again. False if this process lacks the fds to go on; the rest stays where it is.
bool ReadBack(Worker* worker, Floor* floor, char* buffer, uint64_t* count);

class Reclaim {
 public:
  Reclaim(Workers* workers, Floor* floor, EventSink* events, char* buffer)
      : workers_(workers), floor_(floor), events_(events), buffer_(buffer) {}

  // 0: nothing is taken from a living worker.
  void SetTakeBack(uint64_t take_back_ms) { take_back_ns_ = take_back_ms * 1'000'000; }

  // Every few milliseconds while something is pending: takes what waits for a worker that does not
  // receive, and of which another could make use. Such a worker is handed no more until it answers.
  void Look(uint64_t now_ns);
  // Whether there may be something that another worker could have.
  bool MayTake() const;

 private:
  bool ShouldTake(Worker* worker, uint64_t now_ns);
  bool IsAnotherFree(const Worker& worker, uint64_t now_ns) const;
  // What another must be, to have what is taken.
  enum class Other { kNotStuck, kKeepsUp, kQuick };
  bool CanAnotherTake(const Worker& worker, Other wanted) const;
  void ReportIfStuck(Worker* worker, uint64_t now_ns);

  Workers* const workers_;
  Floor* const floor_;
  EventSink* const events_;
  char* const buffer_;
  uint64_t take_back_ns_ = 0;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_RECLAIM_H_
