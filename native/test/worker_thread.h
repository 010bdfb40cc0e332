// A worker for the C++ tests: a thread with a loop and a real Receiver in it, which serves, holds
// or refuses what it gets. Its state text is the list of listeners, a byte each, and it serves all.
#ifndef RONDO_TEST_WORKER_THREAD_H_
#define RONDO_TEST_WORKER_THREAD_H_

#include <sys/socket.h>
#include <uv.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "receiver/receiver.h"

namespace support {

// libuv opens a pipe with its first loop and keeps it: before fds are counted, not between.
inline void WarmUpLibuv() {
  uv_loop_t loop;
  uv_loop_init(&loop);
  uv_loop_close(&loop);
}

enum class Conduct {
  kServe,   // writes its slot's number, a byte, and closes
  kHold,    // keeps the connection open until LetGo()
  kRefuse,  // sends every connection back
};

class WorkerThread final : public rondo::Receiver::Owner {
 public:
  explicit WorkerThread(rondo::UniqueFd channel, Conduct conduct = Conduct::kServe)
      : conduct_(conduct) {
    uv_loop_init(&loop_);
    uv_async_init(&loop_, &async_, [](uv_async_t* async) {
      static_cast<WorkerThread*>(async->data)->RunCommands();
    });
    async_.data = this;
    receiver_ = std::make_unique<rondo::Receiver>(&loop_, std::move(channel), this);
    open_result = receiver_->Open();
    thread_ = std::thread([this] {
      uv_run(&loop_, UV_RUN_DEFAULT);
      receiver_.reset();
      uv_run(&loop_, UV_RUN_DEFAULT);
    });
  }
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  // Ends as a process does: what it holds is closed, what it has not received stays in the channel.
  ~WorkerThread() {
    Run([this] {
      receiver_->Close();
      held_.clear();
      uv_close(reinterpret_cast<uv_handle_t*>(&async_), nullptr);
    });
    thread_.join();
    uv_loop_close(&loop_);
  }

  // Each of these is done when it returns.
  void Serve(std::vector<uint16_t> listeners) {
    Run([&] { receiver_->SetServing(listeners); });
  }
  void Behave(Conduct conduct) {
    Run([&] { conduct_ = conduct; });
  }
  void Beat(uint64_t interval_ms) {
    Run([&] { receiver_->Beat(interval_ms); });
  }
  void Tell(rondo::FrameType type, rondo::ClaimKind kind, const std::string& key) {
    Run([&] { receiver_->Tell(type, kind, key); });
  }
  void LetGo() {
    Run([&] {
      for (const rondo::Connection& connection : held_) {
        receiver_->CountEnded(connection.listener);
      }
      held_.clear();
    });
  }
  // The loop stands still when it returns, until Go().
  void Stop() {
    std::unique_lock<std::mutex> lock(mutex_);
    is_stopped_ = true;
    commands_.push_back([this] {
      std::unique_lock<std::mutex> inner(mutex_);
      is_still_ = true;
      changed_.notify_all();
      changed_.wait(inner, [this] { return !is_stopped_; });
      is_still_ = false;
    });
    uv_async_send(&async_);
    changed_.wait(lock, [this] { return is_still_; });
  }
  void Go() {
    std::unique_lock<std::mutex> lock(mutex_);
    is_stopped_ = false;
    changed_.notify_all();
  }

  int open_result;
  std::atomic<int> received{0};
  std::atomic<int> finals{0};
  std::atomic<int> largest_batch{0};
  std::atomic<int> version{-1};
  std::atomic<int> slot{-1};
  std::atomic<bool> has_ended{false};
  std::atomic<int> end_error{0};

 private:
  void Run(const std::function<void()>& command) {
    std::unique_lock<std::mutex> lock(mutex_);
    bool is_done = false;
    commands_.push_back([&] {
      command();
      std::unique_lock<std::mutex> inner(mutex_);
      is_done = true;
      changed_.notify_all();
    });
    uv_async_send(&async_);
    changed_.wait(lock, [&] { return is_done; });
  }

  void RunCommands() {
    std::vector<std::function<void()>> commands;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      commands.swap(commands_);
    }
    for (const auto& command : commands) command();
  }

  void OnConnections(std::vector<rondo::Connection>* batch) override {
    const int count = static_cast<int>(batch->size());
    if (count > largest_batch) largest_batch = count;
    for (rondo::Connection& connection : *batch) {
      if (connection.is_final) finals++;
      if (conduct_ == Conduct::kRefuse) {
        // After the channel's end it closes.
        if (!receiver_->Refuse(&connection, false)) receiver_->CountEnded(connection.listener);
      } else if (conduct_ == Conduct::kHold) {
        held_.push_back(std::move(connection));
      } else {
        const char byte = static_cast<char>(slot.load());
        send(connection.fd.get(), &byte, 1, MSG_NOSIGNAL);
        connection.fd.Reset();
        receiver_->CountEnded(connection.listener);
      }
    }
    received += count;
  }

  void OnWelcome(const rondo::Welcome& welcome) override {
    slot = static_cast<int>(welcome.slot);
    version = static_cast<int>(welcome.version);
  }

  void OnState(const char* state, size_t length) override {
    std::vector<uint16_t> listeners;
    for (size_t i = 0; i < length; i++) listeners.push_back(static_cast<uint8_t>(state[i]));
    receiver_->SetServing(listeners);
  }

  void OnRelieve(uint32_t) override {}

  void OnEnd(int error) override {
    end_error = error;
    has_ended = true;
  }

  uv_loop_t loop_;
  uv_async_t async_;
  Conduct conduct_;
  std::unique_ptr<rondo::Receiver> receiver_;
  std::vector<rondo::Connection> held_;
  std::thread thread_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::function<void()>> commands_;
  bool is_stopped_ = false;
  bool is_still_ = false;
};

}  // namespace support

#endif  // RONDO_TEST_WORKER_THREAD_H_
