// What the engine's tests share: an engine whose events can be waited for, listeners and clients of
// 127.0.0.1 made without the code under test.
#ifndef RONDO_TEST_ENGINE_BENCH_H_
#define RONDO_TEST_ENGINE_BENCH_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "support.h"
#include "worker_thread.h"

namespace support {

constexpr int kTimeoutSeconds = 20;

struct Door {
  UniqueFd fd;
  int port = 0;
};

inline sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline Door OpenDoor() {
  Door door;
  door.fd = NewSocket();
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  sockaddr* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(door.fd.get(), any, size) != 0 || listen(door.fd.get(), 4096) != 0) return door;
  getsockname(door.fd.get(), any, &size);
  door.port = ntohs(address.sin_port);
  return door;
}

// A client's end, connected; blocking, but for no longer than a test may take.
inline UniqueFd Connect(int port) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit = {kTimeoutSeconds, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  const sockaddr_in address = Loopback(port);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fd.Reset();
  }
  return fd;
}

// What a client gets: a slot's number, or one of these.
constexpr int kClosed = -1;   // the end, or a reset, and no byte before it
constexpr int kHangs = -2;    // nothing at all
constexpr int kRefused = -3;  // it could not even connect

inline int Answer(const UniqueFd& client) {
  if (!client) return kRefused;
  char byte = 0;
  const ssize_t result = recv(client.get(), &byte, 1, 0);
  if (result == 1) return byte;
  return result < 0 && errno == EAGAIN ? kHangs : kClosed;
}

inline int Ask(int port) { return Answer(Connect(port)); }

// Whether the client has been answered, or let go, by now.
inline bool IsAnswered(const UniqueFd& client) {
  char byte;
  return recv(client.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0;
}

// Several clients, each asking again and again, until so many have asked in all or Stop().
class Crowd {
 public:
  Crowd(int port, int count, int clients = 4) : left_(count), asking_(clients) {
    for (int i = 0; i < clients; i++) {
      threads_.emplace_back([this, port] {
        while (!is_stopped_ && left_.fetch_sub(1) > 0) Note(Ask(port));
        asking_--;
      });
    }
  }
  ~Crowd() { Stop(); }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void Wait() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  void Stop() {
    is_stopped_ = true;
    Wait();
  }
  // The same, where nobody accepts any more: what is in the backlog, and comes into it, is let go.
  void StopAndEmpty(const UniqueFd& door) {
    is_stopped_ = true;
    while (asking_ > 0) {
      UniqueFd(accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC)).Reset();
      usleep(100);
    }
    Wait();
  }

  std::atomic<int> served{0};
  std::atomic<int> closed{0};
  std::atomic<int> hung{0};
  std::atomic<int> refused{0};

 private:
  void Note(int answer) {
    if (answer >= 0) served++;
    if (answer == kClosed) closed++;
    if (answer == kHangs) hung++;
    if (answer == kRefused) refused++;
  }

  std::atomic<int> left_;
  std::atomic<int> asking_;
  std::atomic<bool> is_stopped_{false};
  std::vector<std::thread> threads_;
};

// True as soon as `condition()` is; false if it is not in time.
template <typename Condition>
bool Until(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kTimeoutSeconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    usleep(500);
  }
  return true;
}

struct BenchOptions {
  uint32_t window = 2;
  uint64_t take_back_ms = 0;
  const char* policy = "round-robin";
};

class EngineBench {
 public:
  explicit EngineBench(BenchOptions options = {})
      : engine({rondo::Policy::Find(options.policy), options.window, options.take_back_ms},
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
    Door door = OpenDoor();
    if (keep != nullptr) keep->Reset(fcntl(door.fd.get(), F_DUPFD_CLOEXEC, 0));
    listeners_.push_back(static_cast<char>(id));
    engine.AddListener(id, std::move(door.fd));
    engine.SetState(listeners_);
    return door.port;
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

  const rondo::ListenerCounters& listener(uint16_t id) { return engine.shared().listeners[id]; }
  const rondo::SlotCounters& slot(uint16_t id) { return engine.shared().slots[id]; }
  rondo::BoardRow* row(uint16_t id) { return engine.shared().board.row(id); }

  int start_result;

 private:
  void Wake() {
    std::lock_guard<std::mutex> lock(mutex_);
    is_awake_ = true;
    changed_.notify_all();
  }

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
