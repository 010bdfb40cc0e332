// The slots and what their workers say: who serves which listener, who sends a connection back,
// who is gone, who does not answer. Whatever comes back goes to the dealer's waiting connections.
// Runs on the engine's thread.
#ifndef RONDO_ENGINE_WORKERS_H_
#define RONDO_ENGINE_WORKERS_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/events.h"
#include "engine/worker.h"

namespace rondo {

class Roster {
 public:
  // `on_change(data)` runs when a slot may have room again or a connection came back.
  struct Listener {
    void* data;
    void (*on_change)(void* data);
  };

  Roster(uv_loop_t* loop, UniqueFd board_fd, uint32_t largest_window, Shared* shared,
         EventSink* events, std::deque<Connection>* waiting, Listener listener);

  void Add(uint16_t id, uint32_t generation, FdPair channel);
  // Lets the engine see the worker's death itself, so that nothing waits for the JS thread.
  void WatchProcess(uint16_t id, uint32_t generation, UniqueFd pidfd);
  // Does nothing if that generation is gone already.
  void Remove(uint16_t id, uint32_t generation, GoneReason reason);
  void SetState(std::string state);
  // The workers are told, for they read about a window at a time.
  void SetLargestWindow(uint32_t largest_window);
  void Clear();

  // In order of slot numbers, those that are leaving excepted.
  const std::vector<std::unique_ptr<Slot>>& slots() const { return slots_; }

  // Removes the slots that were found broken; true if there were any.
  bool RemoveBroken();
  // Every 2 ms or so while MayRelieve(): takes back what waits for workers that receive nothing, so
  // far as others have nothing to do. Such a worker is handed no more until it answers. True if
  // anything was taken.
  bool Relieve(uint64_t now_ms);
  // Whether there may be something that another worker could have.
  bool MayRelieve() const;

  // Once every kTickMs while NeedsTick(): tries again what failed for want of something, and
  // takes back what a worker has not received for `take_back_ms`, whatever others have to do.
  void Tick(uint64_t now_ms, uint64_t take_back_ms);
  bool NeedsTick() const;

 private:
  void ReadChannel(Slot* slot);
  void HandleFrame(Slot* slot, const Frame& frame);
  bool ReadReturned(Slot* slot);
  bool HearOut(Slot* slot);
  void TakeReturned(Slot* slot, Connection connection);
  void SendControl(Slot* slot);
  void SendControlToAll(bool Slot::*needed);
  void StartReading(Slot* slot);
  void Retire(Slot* slot, GoneReason reason, int error);
  bool TakeBack(Slot* slot, uint64_t* count);
  void FinishLeaving();
  bool IsAnotherFree(const Slot* slot, uint64_t now_ns) const;
  uint64_t TakeFrom(Slot* slot, uint64_t now_ms);
  void TakeBackIfStuck(Slot* slot, uint64_t now_ms, uint64_t take_back_ms);
  void ReportStuck(Slot* slot);
  Slot* Find(uint16_t id, uint32_t generation);
  void Changed() { listener_.on_change(listener_.data); }

  static void OnChannel(uv_poll_t* poll, int status, int events);
  static void OnProcess(uv_poll_t* poll, int status, int events);

  struct Leaving {
    std::unique_ptr<Slot> slot;
    Event event;
    bool is_heard;     // what its worker has sent back has been read
    uint64_t pending;  // when it left
  };

  uv_loop_t* const loop_;
  const UniqueFd board_fd_;
  uint32_t largest_window_;
  Shared* const shared_;
  EventSink* const events_;
  std::deque<Connection>* const waiting_;
  const Listener listener_;
  std::vector<std::unique_ptr<Slot>> slots_;
  // Gone, but this process lacked the fds to take all their connections back.
  std::vector<Leaving> leaving_;
  std::string state_;
  const std::unique_ptr<char[]> buffer_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_WORKERS_H_
