// The frames that are no connections: what workers say, and what they are told. Runs on the
// engine's thread; reads a bounded number of frames per worker and turn of the loop.
#ifndef RONDO_ENGINE_CONTROL_H_
#define RONDO_ENGINE_CONTROL_H_

#include <memory>
#include <string>

#include "engine/events.h"
#include "engine/floor.h"
#include "engine/worker.h"

namespace rondo {

class Control {
 public:
  Control(Floor* floor, EventSink* events)
      : floor_(floor), events_(events), buffer_(new char[kMaxFrame]) {}

  // What a worker is told from now on. Owed to those that know an older one; send it with SendOwed.
  void SetState(std::string state) { state_ = std::move(state); }
  void SetLargestWindow(uint32_t largest_window) { largest_window_ = largest_window; }
  uint32_t largest_window() const { return largest_window_; }

  // Reads what the worker has sent, which may break it.
  void Read(Worker* worker);
  // Sends what the worker is owed; what finds no room stays owed.
  void SendOwed(Worker* worker);
  // Reads what a worker that is leaving has sent back. False: an fd is lacking, and there may be
  // more.
  bool HearOut(Worker* worker);

  char* buffer() { return buffer_.get(); }

 private:
  void Handle(Worker* worker, const Frame& frame);
  bool ReadReturned(Worker* worker);
  void TakeReturned(Worker* worker, Connection connection);
  void TakeReleased(Worker* worker, Released released);
  void NoteLost(Worker* worker, const Frame& frame);
  bool MayGiveBack(const Worker& worker, uint16_t listener) const;
  bool IsItsOwn(const Worker& worker, const Connection& connection) const;

  Floor* const floor_;
  EventSink* const events_;
  std::string state_;
  uint32_t largest_window_ = 1;
  const std::unique_ptr<char[]> buffer_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_CONTROL_H_
