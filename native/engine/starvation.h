// For how long connections wait and no worker has room: counts the time, and reports when for a
// while none could be handed off at all. src/dispatcher/ipc/starvation.ts is the same for the ipc
// transport.
#ifndef RONDO_ENGINE_STARVATION_H_
#define RONDO_ENGINE_STARVATION_H_

#include <stdint.h>

#include "engine/counters.h"
#include "engine/events.h"

namespace rondo {

class Starvation {
 public:
  Starvation(EngineCounters* counters, EventSink* events) : counters_(counters), events_(events) {}

  // After each dealing: whether something is left.
  void Note(bool is_starved, uint64_t now_ns);
  void NoteHandOff() { standing_since_ns_ = 0; }
  void Tick(uint64_t now_ns);

 private:
  void Report();

  EngineCounters* const counters_;
  EventSink* const events_;
  // Since when something waits without room; 0: nothing does.
  uint64_t since_ns_ = 0;
  // Since when not a single connection could be handed off though something waits.
  uint64_t standing_since_ns_ = 0;
  bool is_reported_ = false;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_STARVATION_H_
