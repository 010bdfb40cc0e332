// Connections between two requests that a worker has given back: each is only a descriptor here. It
// is dealt again when something arrives, and closed when its client is gone or its time is over.
// What arrives is not read, so that the next worker reads it all.
//
//   held --readable--> the owner's, to be dealt       --client gone, time over, listener closed-->
//   closed
//
// What is closed is counted before: whoever sees the one finds the other.
#ifndef RONDO_ENGINE_IDLE_H_
#define RONDO_ENGINE_IDLE_H_

#include <stddef.h>
#include <stdint.h>

#include <array>
#include <list>
#include <map>

#include "base/loop.h"
#include "channel/frames.h"
#include "engine/counters.h"

namespace rondo {

class Idle {
 public:
  class Owner {
   public:
    // Something has arrived.
    virtual void OnRequest(Connection connection) = 0;

   protected:
    ~Owner() = default;
  };

  Idle(Loop* loop, IdleCounters* counters, Owner* owner)
      : loop_(loop), counters_(counters), owner_(owner) {}

  int Open();  // 0 or -errno
  // Closes all.
  void Close();

  // Takes the connection, until `until_ns`; 0: for as long as its client likes. False: it is the
  // caller's still, for nothing can watch it.
  bool Hold(Connection* connection, uint64_t until_ns, uint64_t now_ns);
  void CloseListener(uint16_t listener);
  size_t CountOf(uint16_t listener) const { return count_of_[listener]; }
  size_t size() const { return held_.size(); }
  // Takes one of them out, whichever; false if there is none. For another primary.
  bool TakeOne(Released* out, uint64_t now_ns);

 private:
  struct Held;
  using List = std::list<Held>;
  using Times = std::multimap<uint64_t, List::iterator>;
  struct Held {
    Idle* idle = nullptr;
    Connection connection;
    Watch watch;  // after the connection: closed before it
    List::iterator self;
    Times::iterator time;  // times_.end(): no limit
  };

  void OnReadable(Held* held);
  void OnTime();
  Connection Remove(Held* held);
  void SetTimer(uint64_t now_ns);

  Loop* const loop_;
  IdleCounters* const counters_;
  Owner* const owner_;
  Timer timer_;
  List held_;
  Times times_;
  std::array<uint32_t, kMaxListeners> count_of_ = {};
};

}  // namespace rondo

#endif  // RONDO_ENGINE_IDLE_H_
