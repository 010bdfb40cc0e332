#include "receiver/outbox.h"

#include "base/errors.h"

namespace rondo {

bool Outbox::Flush() {
  while (!frames_.empty()) {
    const int result = Send(frames_.front());
    if (IsWouldBlock(-result) || IsShortage(-result)) return false;
    // Any other error means that the primary is gone; reading will say so.
    if (result < 0) Keep(&frames_.front());
    frames_.pop_front();
  }
  return true;
}

std::vector<Connection> Outbox::TakeUnsent() {
  for (Outgoing& outgoing : frames_) Keep(&outgoing);
  frames_.clear();
  return std::exchange(unsent_, {});
}

void Outbox::Keep(Outgoing* outgoing) {
  if (outgoing->type != FrameType::kReturned && outgoing->type != FrameType::kReleased) return;
  outgoing->connection.is_final = true;
  unsent_.push_back(std::move(outgoing->connection));
}

int Outbox::Send(const Outgoing& outgoing) {
  switch (outgoing.type) {
    case FrameType::kHello:
      return SendHello(channel_);
    case FrameType::kServing:
      return SendServing(channel_, outgoing.listeners.data(), outgoing.listeners.size());
    case FrameType::kReturned:
      return SendReturned(channel_, outgoing.connection);
    case FrameType::kReleased:
      return SendReleased(channel_, outgoing.connection, outgoing.idle_ms);
    case FrameType::kClaim:
    case FrameType::kUnclaim:
      return SendClaim(channel_, outgoing.type, {outgoing.kind, outgoing.key});
    default:
      return SendSignal(channel_, outgoing.type);
  }
}

}  // namespace rondo
