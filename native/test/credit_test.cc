// links: engine receiver channel base uv
// The handshake of the window: a real slot in one thread deals to real
// receivers in others as fast as they take. When no room is left it asks for credit and waits; a
// wake-up that got lost would leave it waiting for ever.
#include <poll.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/worker.h"
#include "support.h"
#include "tap.h"
#include "worker_thread.h"

namespace {

using rondo::BoardMapping;
using rondo::Connection;
using rondo::FdPair;
using rondo::Frame;
using rondo::FrameType;
using rondo::kMaxFrame;
using rondo::ReadResult;
using rondo::Slot;
using rondo::SlotCounters;
using rondo::UniqueFd;
using support::WorkerThread;
using tap::is;
using tap::ok;

constexpr int kTimeoutMs = 10000;

// The engine's part, for one slot: no more than it needs.
class Dealer {
 public:
  explicit Dealer(uint32_t window) : window_(window) {
    UniqueFd board_fd;
    board_.Create(&board_fd);
    FdPair channel;
    rondo::OpenSocketPair(&channel);
    UniqueFd worker_end(dup(channel.second.get()));
    slot_ = std::make_unique<Slot>(0, 1, std::move(channel), board_.row(0), &counters_);
    worker_ = std::make_unique<WorkerThread>(std::move(worker_end));
    rondo::SendWelcome(slot_->primary_end(), {rondo::kProtocolVersion, 0, window}, board_fd.get());
    while (worker_->slot < 0) std::this_thread::yield();
  }

  // False if a credit was waited for in vain.
  bool Deal(int count, const UniqueFd& any) {
    std::deque<Connection> undelivered;
    while (count > 0) {
      while (slot_->HasRoom(window_) && count > 0) {
        Connection connection;
        connection.fd.Reset(dup(any.get()));
        slot_->Add(std::move(connection));
        count--;
      }
      slot_->HandOff(&undelivered);
      count += static_cast<int>(undelivered.size());
      undelivered.clear();
      // So that the question meets the worker's answer at every point of its way.
      SpinUpTo(16000);
      if (count == 0 || slot_->HasRoom(window_)) continue;
      slot_->AskForCredit();
      if (slot_->HasRoom(window_)) continue;
      waits_++;
      if (!WaitForCredit()) return false;
    }
    return true;
  }

  int waits() const { return waits_; }
  int received() const { return worker_->received; }
  int largest_batch() const { return worker_->largest_batch; }
  bool is_broken() const { return slot_->is_broken(); }

 private:
  void SpinUpTo(unsigned most_ns) {
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::nanoseconds(random_() % most_ns);
    while (std::chrono::steady_clock::now() < end) continue;
  }

  bool WaitForCredit() {
    for (;;) {
      pollfd fd = {slot_->primary_end(), POLLIN, 0};
      if (poll(&fd, 1, kTimeoutMs) != 1) return false;
      Frame frame;
      int error = 0;
      const ReadResult result =
          ReadFrameWithoutFds(slot_->primary_end(), buffer_.get(), &frame, &error);
      if (result != ReadResult::kFrame) return false;
      if (frame.type != FrameType::kCredit) continue;
      slot_->is_blocked = false;
      return true;
    }
  }

  const uint32_t window_;
  BoardMapping board_;
  SlotCounters counters_;
  const std::unique_ptr<char[]> buffer_{new char[kMaxFrame]};
  std::unique_ptr<Slot> slot_;
  std::unique_ptr<WorkerThread> worker_;
  int waits_ = 0;
  std::mt19937 random_{20241103};
};

void TestWindow(uint32_t window, int count) {
  const std::string name = "window " + std::to_string(window) + ": ";
  const UniqueFd any = support::NewSocket();
  Dealer dealer(window);
  if (!ok(dealer.Deal(count, any), name + "no wake-up is lost")) return;
  for (int i = 0; i < kTimeoutMs && dealer.received() < count; i++) usleep(1000);
  is(dealer.received(), count, name + "all is received, once");
  ok(!dealer.is_broken(), name + "the board was right all the time");
  ok(dealer.waits() > 0, name + "it had to wait at times");
  ok(dealer.largest_batch() <= static_cast<int>(rondo::Receiver::kLargestBatch),
     name + "no batch was larger than the largest");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = support::CountOpenFds();
  TestWindow(1, 80000);
  TestWindow(2, 80000);
  TestWindow(32, 20000);
  is(support::CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
