// A worker played by hand for the C++ tests, which can do what none should.
#ifndef RONDO_TEST_RAW_WORKER_H_
#define RONDO_TEST_RAW_WORKER_H_

#include <poll.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "channel/frames.h"
#include "channel/scoreboard.h"
#include "clients.h"

namespace support {

inline std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text += static_cast<char>(byte);
  return text;
}

class RawWorker {
 public:
  explicit RawWorker(UniqueFd channel) : channel_(std::move(channel)) {}

  int channel() const { return channel_.get(); }
  rondo::WorkerPage* page() { return worker_page_.get(); }
  const rondo::EnginePage* engine_page() { return engine_page_.get(); }
  uint32_t window() const { return window_; }
  const std::string& state() const { return state_; }
  std::vector<rondo::Connection>& connections() { return connections_; }

  // Reads one frame and keeps what it says; its type, or 0 if none comes within `wait_ms`.
  int Read(int wait_ms = 1000 * kTimeoutSeconds) {
    pollfd fd = {channel_.get(), POLLIN, 0};
    if (poll(&fd, 1, wait_ms) != 1) return 0;
    rondo::Frame frame;
    int error = 0;
    const auto result = ReadFrame(channel_.get(), buffer_.get(), &frame, &error);
    if (result != rondo::ReadResult::kFrame) return 0;
    if (frame.type == rondo::FrameType::kWelcome) TakeWelcome(frame);
    if (frame.type == rondo::FrameType::kState) state_.assign(frame.body, frame.length);
    if (frame.type == rondo::FrameType::kConnections) ParseConnections(&frame, &connections_);
    return static_cast<int>(frame.type);
  }

  bool ReadUntil(rondo::FrameType type) {
    for (int read = -1; read != 0;) {
      read = Read();
      if (read == static_cast<int>(type)) return true;
    }
    return false;
  }

  // Reads one connection at least, and counts what it has received.
  bool Receive() {
    const size_t before = connections_.size();
    const bool has_read = ReadUntil(rondo::FrameType::kConnections);
    page()->received += static_cast<uint32_t>(connections_.size() - before);
    return has_read;
  }

  void Send(const std::string& frame, const std::vector<int>& fds = {}) {
    rondo::SendFds(channel_.get(), fds.data(), fds.size(), frame.data(), frame.size());
  }
  void Send(rondo::FrameType type) { rondo::SendSignal(channel_.get(), type); }

  // Says hello, and takes the scoreboard without saying so.
  void Greet() {
    rondo::SendHello(channel_.get());
    ReadUntil(rondo::FrameType::kState);
  }
  // The same, says so, and serves those listeners.
  void Serve(const std::vector<uint16_t>& listeners) {
    Greet();
    Send(rondo::FrameType::kMapped);
    rondo::SendServing(channel_.get(), listeners.data(), listeners.size());
  }

  // Sends the first it has received back, as its own refusal, that many times. `may_return`: not as
  // a refusal, it may have it again.
  void GiveBack(int times = 1, bool may_return = false) {
    connections_[0].is_final = may_return;
    for (int i = 0; i < times; i++) {
      Send(rondo::FrameType::kRefused);
      rondo::SendReturned(channel_.get(), connections_[0]);
    }
  }

  // Gives the first it has received to the primary, as served and idle, and closes its own fd.
  void Release(uint32_t idle_ms = 0) {
    Send(rondo::FrameType::kRefused);
    rondo::SendReleased(channel_.get(), connections_[0], idle_ms);
    connections_.erase(connections_.begin());
  }

 private:
  void TakeWelcome(const rondo::Frame& frame) {
    rondo::Welcome welcome;
    if (!ParseWelcome(frame, &welcome)) return;
    window_ = welcome.window;
    if (worker_page_) return;
    engine_page_.Map(frame.fds[0].get(), false);
    worker_page_.Map(frame.fds[1].get(), true);
  }

  const UniqueFd channel_;
  const std::unique_ptr<char[]> buffer_{new char[rondo::kMaxFrame]};
  rondo::PageMapping<rondo::EnginePage> engine_page_;
  rondo::PageMapping<rondo::WorkerPage> worker_page_;
  uint32_t window_ = 0;
  std::string state_;
  std::vector<rondo::Connection> connections_;
};

}  // namespace support

#endif  // RONDO_TEST_RAW_WORKER_H_
