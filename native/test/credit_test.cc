// links: engine receiver channel base uv
// The handshake of the window: a real worker in one thread hands off to a real
// receiver in another as fast as that takes. When no room is left it asks for credit and waits; a
// wake-up that got lost would leave it waiting for ever.
#include <poll.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "engine/worker.h"
#include "support.h"
#include "tap.h"
#include "worker_thread.h"

namespace {

using rondo::Connection;
using rondo::FdPair;
using rondo::Frame;
using rondo::FrameType;
using rondo::kMaxFrame;
using rondo::NowNs;
using rondo::ProcessCounters;
using rondo::ReadResult;
using rondo::Scoreboard;
using rondo::UniqueFd;
using rondo::Worker;
using rondo::WorkerSets;
using support::WorkerThread;
using tap::is;
using tap::ok;

constexpr int kTimeoutMs = 20000;

// The engine's part, for one worker: no more than it needs.
class Dealer {
 public:
  explicit Dealer(uint32_t window) {
    auto scoreboard = std::make_shared<Scoreboard>();
    scoreboard->Create();
    const int pages[2] = {scoreboard->engine_fd.get(), scoreboard->worker_fd.get()};
    FdPair channel;
    rondo::OpenSocketPair(&channel);
    UniqueFd worker_end(dup(channel.second.get()));
    worker_ = std::make_unique<Worker>(0, 1, std::move(channel), scoreboard,
                                       std::make_shared<ProcessCounters>(), &queue_times_, &sets_);
    worker_->SetWindow({window, 0});
    thread_ = std::make_unique<WorkerThread>(std::move(worker_end));
    if (!WaitFor(FrameType::kHello)) return;
    worker_->Greet();
    rondo::SendWelcome(worker_->primary_end(), {rondo::kProtocolVersion, 0, window}, pages);
    if (WaitFor(FrameType::kMapped)) worker_->Map();
  }

  // False if a credit was waited for in vain.
  bool Deal(int count, const UniqueFd& any) {
    std::vector<Connection> unsent;
    while (count > 0) {
      while (HasRoom() && count > 0) {
        Connection connection;
        connection.fd.Reset(dup(any.get()));
        worker_->Add(std::move(connection), NowNs());
        count--;
      }
      worker_->HandOff(&unsent);
      count += static_cast<int>(unsent.size());
      unsent.clear();
      // So that the question meets the worker's answer at every point of its way.
      SpinUpTo(16000);
      if (count == 0 || LookForRoom()) continue;
      // One that was asked has not answered yet.
      if (!sets_.asked.Has(0)) {
        worker_->AskForCredit();
        if (LookForRoom()) continue;
      }
      waits_++;
      if (!WaitFor(FrameType::kCredit)) return false;
      worker_->NoteCredit(NowNs());
    }
    return true;
  }

  int waits() const { return waits_; }
  int received() const { return thread_->received; }
  int largest_batch() const { return thread_->largest_batch; }
  bool is_mapped() const { return worker_->IsReady(); }

 private:
  bool HasRoom() const { return sets_.room.Has(0); }
  bool LookForRoom() {
    worker_->Refresh(NowNs());
    return HasRoom();
  }

  void SpinUpTo(unsigned most_ns) {
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::nanoseconds(random_() % most_ns);
    while (std::chrono::steady_clock::now() < end) continue;
  }

  bool WaitFor(FrameType type) {
    for (;;) {
      pollfd fd = {worker_->primary_end(), POLLIN, 0};
      if (poll(&fd, 1, kTimeoutMs) != 1) return false;
      Frame frame;
      int error = 0;
      const ReadResult result =
          ReadFrameWithoutFds(worker_->primary_end(), buffer_.get(), &frame, &error);
      if (result != ReadResult::kFrame) return false;
      if (frame.type == type) return true;
    }
  }

  rondo::QueueTimes queue_times_;
  WorkerSets sets_;
  const std::unique_ptr<char[]> buffer_{new char[kMaxFrame]};
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<WorkerThread> thread_;
  int waits_ = 0;
  std::mt19937 random_{20241103};
};

void TestWindow(uint32_t window, int count) {
  const std::string name = "window " + std::to_string(window) + ": ";
  const UniqueFd any = support::NewSocket();
  Dealer dealer(window);
  if (!ok(dealer.is_mapped(), name + "(the worker has the scoreboard)")) return;
  if (!ok(dealer.Deal(count, any), name + "no wake-up is lost")) return;
  for (int i = 0; i < kTimeoutMs && dealer.received() < count; i++) usleep(1000);
  is(dealer.received(), count, name + "all is received, once");
  ok(dealer.is_mapped(), name + "the scoreboard was right all the time");
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
