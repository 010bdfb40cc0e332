// What the engine's tests share: an engine whose events can be waited for, and whose listeners and
// slots take one call.
#ifndef RONDO_TEST_ENGINE_BENCH_H_
#define RONDO_TEST_ENGINE_BENCH_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "clients.h"
#include "engine/engine.h"
#include "support.h"
#include "worker_thread.h"

namespace support {

struct BenchOptions {
  rondo::Window window = {2, 0};
  uint64_t take_back_ms = 0;
  const char* policy = "round-robin";
  uint32_t max_connections = 0;
  uint64_t pick_timeout_ms = 50;

  rondo::DispatchOptions dispatch() const {
    return {window, take_back_ms, max_connections, pick_timeout_ms};
  }
};

class EngineBench {
 public:
  explicit EngineBench(BenchOptions options = {})
      : policy_(options.policy),
        engine(options.dispatch(),
               {this, [](void* data) { static_cast<EngineBench*>(data)->Wake(); }}) {
    start_result = engine.Start();
  }

  // A new channel for the slot; gives the worker's end of it.
  UniqueFd OpenSlot(uint16_t id, uint32_t generation = 1) {
    rondo::FdPair channel;
    rondo::OpenSocketPair(&channel);
    UniqueFd worker_end(fcntl(channel.second.get(), F_DUPFD_CLOEXEC, 0));
    engine.AddSlot(id, generation, std::move(channel));
    return worker_end;
  }

  // A worker in that slot, which serves what the state says.
  std::unique_ptr<WorkerThread> AddWorker(uint16_t id, Conduct conduct = Conduct::kServe,
                                          uint32_t generation = 1) {
    auto worker = std::make_unique<WorkerThread>(OpenSlot(id, generation), conduct);
    WaitFor(rondo::EventType::kServing, id);
    return worker;
  }

  // A listener of that id, which every worker is told of. `keep` gets a duplicate of its fd.
  int AddListener(uint16_t id, UniqueFd* keep = nullptr) {
    rondo::ListenerOptions options;
    options.policy.name = policy_;
    return AddListener(id, options, keep);
  }
  int AddListener(uint16_t id, const rondo::ListenerOptions& options, UniqueFd* keep = nullptr) {
    Door door = OpenDoor();
    if (keep != nullptr) keep->Reset(fcntl(door.fd.get(), F_DUPFD_CLOEXEC, 0));
    engine.ConfigureListener(id, options);
    AddListener(id, std::move(door.fd));
    return door.port;
  }
  void AddListener(uint16_t id, UniqueFd fd) {
    listeners_.push_back(static_cast<char>(id));
    engine.AddListener(id, std::move(fd));
    engine.SetState(listeners_);
  }

  void RemoveListener(uint16_t id) {
    listeners_.erase(listeners_.find(static_cast<char>(id)), 1);
    engine.RemoveListener(id);
    engine.SetState(listeners_);
  }

  // Waits for that event of that slot or listener, and takes it and all before it. False if it does
  // not come in time.
  bool WaitFor(rondo::EventType type, uint32_t id = 0, rondo::Event* out = nullptr) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kTimeoutSeconds);
    for (;;) {
      while (!events_.empty()) {
        const rondo::Event event = events_.front();
        events_.pop_front();
        seen_.push_back(event.type);
        if (event.type != type || event.id != id) continue;
        if (out != nullptr) *out = event;
        return true;
      }
      std::unique_lock<std::mutex> lock(mutex_);
      if (!changed_.wait_until(lock, end, [this] { return is_awake_; })) return false;
      is_awake_ = false;
      lock.unlock();
      for (const rondo::Event& event : engine.TakeEvents()) events_.push_back(event);
    }
  }

  // How many events of that type were among those taken so far.
  int Seen(rondo::EventType type) const {
    return static_cast<int>(std::count(seen_.begin(), seen_.end(), type));
  }

  // Waits until the engine's thread has done all it was asked to.
  void Settle() {
    engine.RemoveListener(rondo::kMaxListeners - 1);
    WaitFor(rondo::EventType::kListenerClosed, rondo::kMaxListeners - 1);
  }

  const rondo::ListenerCounters& listener(uint16_t id) { return engine.shared().listeners[id]; }
  // Of the slot's present process, as all that follow.
  const rondo::ProcessCounters& slot(uint16_t id) { return *engine.ledger().counters(id); }
  long long waiting() { return static_cast<long long>(engine.shared().engine.waiting); }
  const rondo::WorkerPage& page(uint16_t id) { return *engine.ledger().scoreboard(id)->worker; }
  uint32_t pending(uint16_t id) {
    return engine.ledger().scoreboard(id)->engine->handed - page(id).received;
  }
  uint32_t open(uint16_t id) {
    return page(id).received - static_cast<uint32_t>(slot(id).refused) - page(id).ended;
  }

  int start_result;

 private:
  void Wake() {
    std::lock_guard<std::mutex> lock(mutex_);
    is_awake_ = true;
    changed_.notify_all();
  }

  const char* const policy_;
  std::string listeners_;
  std::vector<rondo::EventType> seen_;
  std::deque<rondo::Event> events_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_awake_ = false;

 public:
  rondo::Engine engine;  // the last, so the first to go: it may still wake this
};

}  // namespace support

#endif  // RONDO_TEST_ENGINE_BENCH_H_
