// The table of workers: who is there, who comes, who goes. A worker that goes is heard out and what
// it has not received is taken back; if this process lacks the fds for that, it stays among the
// leaving until it has them. Runs on the engine's thread.
#ifndef RONDO_ENGINE_WORKERS_H_
#define RONDO_ENGINE_WORKERS_H_

#include <memory>
#include <vector>

#include "engine/control.h"
#include "engine/events.h"
#include "engine/floor.h"
#include "engine/worker.h"

namespace rondo {

class Workers {
 public:
  Workers(Loop* loop, Shared* shared, EventSink* events, Floor* floor, Control* control);

  void Join(uint16_t id, uint32_t generation, FdPair channel,
            std::shared_ptr<Scoreboard> scoreboard, std::shared_ptr<ProcessCounters> counters);
  // Lets the engine see the worker's death itself, so that nothing waits for the JS thread.
  void WatchProcess(uint16_t id, uint32_t generation, UniqueFd pidfd, pid_t pid);
  // Does nothing if that generation is gone already.
  void Remove(uint16_t id, uint32_t generation, GoneReason reason);
  // Nothing more is dealt to it, and what it has not received goes to others. It is still heard: it
  // may give back what it has.
  void Drain(uint16_t id, uint32_t generation);
  // Removes the workers that were found broken; true if there were any.
  bool RemoveBroken();
  void Clear();

  void SetWindow(Window window);
  // Every worker is told of a new state or window.
  void OweAll(Worker::Owed what);
  // Asks the worker to give back so many idle connections. One whose channel is full is not asked.
  void Relieve(uint16_t id, uint32_t generation, uint32_t count);
  // For the slot's present worker and those after it. `max_connections` 0: no limit.
  void ConfigureSlot(uint16_t id, uint32_t weight, uint32_t max_connections);

  // Tries again what failed for want of room or fds. `is_slow`: the things that need not be tried
  // each time.
  void Retry(bool is_slow);
  bool NeedsRetry() const;

  Worker* At(uint32_t id) const { return workers_[id].get(); }
  const SlotSet& present() const { return present_; }
  const WorkerSets& sets() const { return sets_; }
  const uint32_t* weights() const { return weights_.data(); }
  template <typename Call>
  void ForEach(Call call) const {
    present_.ForEach([&](uint32_t id) { call(workers_[id].get()); });
  }

 private:
  struct Leaving {
    std::unique_ptr<Worker> worker;
    Event event;
    bool is_heard;     // what it has sent back has been read
    uint64_t pending;  // when it left
  };

  // What a callback of the loop needs to find its worker.
  struct Link {
    Workers* workers;
    Worker* worker;
  };

  Worker* Find(uint16_t id, uint32_t generation) const;
  void Retire(Worker* worker, GoneReason reason, int error);
  void FinishLeaving();
  static void OnChannel(void* link);
  static void OnProcess(void* link);

  Loop* const loop_;
  Shared* const shared_;
  EventSink* const events_;
  Floor* const floor_;
  Control* const control_;
  WorkerSets sets_;
  SlotSet present_;
  Window window_;
  std::vector<uint32_t> weights_;
  std::vector<uint32_t> max_connections_;
  std::vector<Link> links_;                       // by slot
  std::vector<std::unique_ptr<Worker>> workers_;  // by slot
  std::vector<Leaving> leaving_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_WORKERS_H_
