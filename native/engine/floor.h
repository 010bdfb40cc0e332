// What the table of workers, their control frames and the reclaiming of their connections tell the
// dispatch: the one direction in which they know it.
#ifndef RONDO_ENGINE_FLOOR_H_
#define RONDO_ENGINE_FLOOR_H_

#include <stdint.h>

#include "channel/frames.h"

namespace rondo {

class Worker;

// How a connection that was dealt to a worker is the primary's again.
enum class CameBack {
  kUnsent,    // its frame could not be sent
  kTaken,     // read back from the channel before the worker read it
  kReturned,  // sent back by the worker, which received it
};

class Floor {
 public:
  // Takes ownership of the connection, which is dealt again.
  virtual void OnCameBack(Connection connection, const Worker& worker, CameBack how) = 0;
  // The worker has served it, and gives it back idle.
  virtual void OnReleased(Released released, const Worker& worker) = 0;
  // So many of the listener's were lost on the way back, for want of fds.
  virtual void OnLost(uint16_t listener, const Worker& worker) = 0;
  // `worker.serving` has changed.
  virtual void OnServing(const Worker& worker) = 0;
  // A session is that worker's, or over.
  virtual void OnClaim(const Worker& worker, const Claim& claim, bool is_over) = 0;
  // It is no worker of its slot any more; what it has not received comes back after this.
  virtual void OnLeave(const Worker& worker) = 0;
  // The socket family of a listener's connections; 0 if there is no such listener, and -1 if it may
  // be any.
  virtual int DomainOfListener(uint16_t listener) = 0;
  // Room was made, a connection came back, or something is to be tried again.
  virtual void OnChange() = 0;

 protected:
  ~Floor() = default;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_FLOOR_H_
