// The worker's end of a channel, on the worker's own loop: reads batches of connections, counts
// them on the board, sends back what its server refuses. Knows nothing of servers.
#ifndef RONDO_RECEIVER_RECEIVER_H_
#define RONDO_RECEIVER_RECEIVER_H_

#include <uv.h>

#include <deque>
#include <memory>
#include <vector>

#include "base/uv_handle.h"
#include "channel/frames.h"
#include "channel/scoreboard.h"

namespace rondo {

class Receiver {
 public:
  static constexpr size_t kLargestBatch = 2 * kMaxBatch;

  class Owner {
   public:
    // Called once per batch of at most kLargestBatch. Each fd is the owner's from here on, to
    // serve, to close, or to give back by Refuse(index) before OnConnections returns.
    virtual void OnConnections(std::vector<Connection>* batch) = 0;
    virtual void OnWelcome(const Welcome& welcome) = 0;
    virtual void OnState(const char* state, size_t length) = 0;
    // The primary has closed the channel or is gone (`error` 0), or the channel is unusable.
    // Nothing comes after it.
    virtual void OnEnd(int error) = 0;

   protected:
    ~Owner() = default;
  };

  Receiver(uv_loop_t* loop, UniqueFd channel, Owner* owner);

  // Says hello and starts to read. 0 or -errno: -ENOTSOCK or -EINVAL if the fd is no channel.
  int Open();
  void Close();

  // Tells the primary which listeners this worker serves from now on.
  void SetServing(const std::vector<uint16_t>& listeners);
  // Sends the connection back, and takes ownership of its fd. `may_return`: it may be dealt to this
  // worker again. False after the end: it is the caller's still. If the channel ends before it is
  // sent, it is delivered once more, as final.
  bool Refuse(Connection* connection, bool may_return);
  // A connection that was delivered is over.
  void Release();
  uint32_t active() const { return active_; }

  // Shows on the board every `interval_ms` that the loop turns, as soon as there is a board; 0: no
  // longer. By a timer of this loop, so a loop that is stuck and a process that is stopped show
  // nothing. Keeps nothing running.
  void Beat(uint64_t interval_ms);

  // Whether the open channel keeps the loop running.
  void Ref();
  void Unref();

 private:
  struct Outgoing {
    FrameType type;
    std::vector<uint16_t> listeners;
    Connection connection;
  };

  int StartReading();
  void Read();
  bool ReadFrame();
  bool HandleControl(const Frame& frame);
  uint32_t Announced() const;
  void CountReceived(uint32_t count);
  void Deliver();
  void End(int error);

  void SendCredit();
  void Flush();
  int Send(const Outgoing& outgoing);
  void Keep(Outgoing* outgoing);
  void RetrySoon();
  void SetActive(uint32_t active);
  void ShowBeat(uint32_t heartbeat);

  uv_loop_t* const loop_;
  const UniqueFd channel_;
  Owner* const owner_;
  UvHandle<uv_poll_t> poll_;
  UvHandle<uv_timer_t> retry_;
  UvHandle<uv_timer_t> beat_;
  BoardMapping board_;
  BoardRow* row_ = nullptr;
  uint32_t window_ = 1;
  uint32_t answered_wake_ = 0;
  uint32_t active_ = 0;
  uint64_t beat_interval_ms_ = 0;
  bool is_ended_ = false;
  std::vector<Connection> batch_;       // received in this turn, not yet delivered
  std::vector<Connection> unreturned_;  // the channel took them no more
  std::deque<Outgoing> outgoing_;       // in order; what the channel had no room for yet
  const std::unique_ptr<char[]> buffer_;
};

}  // namespace rondo

#endif  // RONDO_RECEIVER_RECEIVER_H_
