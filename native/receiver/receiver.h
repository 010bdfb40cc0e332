// The worker's end of a channel, on the worker's own loop: takes the scoreboard, reads batches of
// connections and counts them, sends back what its server refuses. Knows nothing of servers.
#ifndef RONDO_RECEIVER_RECEIVER_H_
#define RONDO_RECEIVER_RECEIVER_H_

#include <uv.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/uv_handle.h"
#include "channel/frames.h"
#include "channel/scoreboard.h"
#include "receiver/counts.h"
#include "receiver/figures.h"
#include "receiver/outbox.h"

namespace rondo {

class Receiver {
 public:
  static constexpr size_t kLargestBatch = 2 * kMaxBatch;

  // May call Close() from within any of these, may run the loop there, and must not destroy the
  // receiver.
  class Owner {
   public:
    // Called once per batch of at most kLargestBatch. Each fd is the owner's from here on, to
    // serve, to close, or to give back by Refuse() before OnConnections returns. What is served or
    // closed is to be counted when it is over, see CountEnded(). While the owner runs the loop it
    // is called with the same vector again, in which there may be more by then, and which is empty
    // when that call has returned.
    virtual void OnConnections(std::vector<Connection>* batch) = 0;
    // The scoreboard is there; or the primary speaks another version, and nothing else will come.
    virtual void OnWelcome(const Welcome& welcome) = 0;
    virtual void OnState(const char* state, size_t length) = 0;
    // The primary asks for so many idle connections: see Release().
    virtual void OnRelieve(uint32_t count) = 0;
    // The primary has closed the channel or is gone (`error` 0), or the channel is unusable.
    // Nothing comes after it.
    virtual void OnEnd(int error) = 0;

   protected:
    ~Owner() = default;
  };

  // Whether the fd, which is borrowed, can be a channel: 0, or -errno as Open().
  static int Check(int fd);

  Receiver(uv_loop_t* loop, UniqueFd channel, Owner* owner);
  ~Receiver() { Close(); }

  // Says hello and starts to read. 0 or -errno: -ENOTSOCK or -EINVAL if the fd is no channel.
  int Open();
  // Closes the channel, and what waits to be sent back. Twice does nothing.
  void Close();

  // Tells the primary which listeners this worker serves from now on.
  void SetServing(const std::vector<uint16_t>& listeners);
  // Sends the connection back, and takes ownership of its fd. `may_return`: it may be dealt to this
  // worker again. False after the end: it is the caller's still. If the channel ends before it is
  // sent, it is delivered once more, as final.
  bool Refuse(Connection* connection, bool may_return);

  // Gives a connection that was delivered, has been served and is idle to the primary, and takes
  // ownership of its fd; it is not to be counted as ended. `idle_ms`: closed if nothing arrives for
  // so long; 0: no limit. False if there is no primary: it is the caller's still. If the channel
  // ends before it is sent, it is delivered once more, as final.
  bool Release(Connection* connection, uint32_t idle_ms);
  // Whether something waits for room in the channel, such as a connection that goes back: it ends
  // with the process.
  bool HasUnsent() const { return !outbox_.IsEmpty(); }
  // A session is this worker's, or no longer (`type` kClaim or kUnclaim): said before whatever is
  // sent to a client after it, unless the channel has no room just now. 0 or -errno: -EINVAL for a
  // key that is empty or longer than kMaxClaim, -EPIPE after the end.
  int Tell(FrameType type, ClaimKind kind, std::string key);

  // A connection of that listener that was delivered, and not refused, is over.
  void CountEnded(uint16_t listener) { counts_.CountEnded(listener); }
  // The page of this process, where JavaScript counts the same itself; null before OnWelcome().
  // Stays mapped for as long as anybody has it.
  const std::shared_ptr<PageMapping<WorkerPage>>& page() const { return counts_.page(); }

  // See Figures.
  void Beat(uint64_t interval_ms) { figures_.Beat(interval_ms); }

  // Whether the open channel keeps the loop running.
  void Ref();
  void Unref();

 private:
  //   kGreeting -> kMapped -> kEnded   hello is said; the scoreboard is there, connections may come
  //      ^  |                          (kEnded follows each of them)
  //      |  v
  //     kShort                         no fd or memory for the scoreboard: hello is said again soon
  enum class State { kGreeting, kShort, kMapped, kEnded };

  int StartReading();
  void Read();
  bool ReadFrame();
  bool TakeConnections(Frame* frame);
  void CountLost(const Frame& frame);
  void HandleInTurn(Frame* frame);
  void HandleControl(const Frame& frame);
  void HandleWelcome(const Frame& frame);
  void CountReceived(size_t count);
  void Deliver();
  void End(int error);

  void Send(FrameType type);
  void Flush();
  void GreetLater();
  void RetrySoon();
  void Retry();

  uv_loop_t* const loop_;
  UniqueFd channel_;
  Owner* const owner_;
  State state_ = State::kGreeting;
  UvHandle<uv_poll_t> poll_;
  UvHandle<uv_timer_t> retry_;
  Counts counts_;
  Figures figures_;
  Outbox outbox_;
  uint32_t window_ = 1;
  std::vector<Connection> batch_;  // received in this turn, not yet delivered
  // What follows them, when they are delivered.
  struct HeldFrame {
    Frame frame;
    std::string body;
  };
  std::optional<HeldFrame> held_;
  const std::unique_ptr<char[]> buffer_;
};

}  // namespace rondo

#endif  // RONDO_RECEIVER_RECEIVER_H_
