// The frames that a worker has for its primary, in order: what the channel has no room for waits
// here, and with it the connections that go back.
#ifndef RONDO_RECEIVER_OUTBOX_H_
#define RONDO_RECEIVER_OUTBOX_H_

#include <stdint.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "channel/frames.h"

namespace rondo {

class Outbox {
 public:
  // `channel` is borrowed.
  explicit Outbox(int channel) : channel_(channel) {}

  // A frame that is its type alone, or kHello.
  void Add(FrameType type) { frames_.push_back({type, {}, {}}); }
  void AddServing(const std::vector<uint16_t>& listeners) {
    frames_.push_back({FrameType::kServing, listeners, {}});
  }
  // kClaim or kUnclaim.
  void AddClaim(FrameType type, ClaimKind kind, std::string key) {
    Outgoing outgoing = {type, {}, {}};
    outgoing.kind = kind;
    outgoing.key = std::move(key);
    frames_.push_back(std::move(outgoing));
  }
  // Announced, so that the engine can make sure it has an fd left before it reads.
  void AddReturned(Connection connection) {
    frames_.push_back({FrameType::kRefused, {}, {}});
    frames_.push_back({FrameType::kReturned, {}, std::move(connection)});
  }

  void AddReleased(Connection connection, uint32_t idle_ms) {
    frames_.push_back({FrameType::kRefused, {}, {}});
    frames_.push_back({FrameType::kReleased, {}, std::move(connection), idle_ms});
  }

  bool IsEmpty() const { return frames_.empty(); }

  // Sends what it can. False: something is left that may be sent later.
  bool Flush();

  // Forgets all frames, and gives the connections that were not sent, each final.
  std::vector<Connection> TakeUnsent();

 private:
  struct Outgoing {
    FrameType type;
    std::vector<uint16_t> listeners;
    Connection connection;
    uint32_t idle_ms = 0;
    ClaimKind kind = ClaimKind::kSession;
    std::string key = {};
  };

  int Send(const Outgoing& outgoing);
  void Keep(Outgoing* outgoing);

  const int channel_;
  std::deque<Outgoing> frames_;
  std::vector<Connection> unsent_;  // the channel took them no more
};

}  // namespace rondo

#endif  // RONDO_RECEIVER_OUTBOX_H_
