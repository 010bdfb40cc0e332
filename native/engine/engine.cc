#include "engine/engine.h"

#include <errno.h>

#include <utility>

namespace rondo {

namespace {

class Lock {
 public:
  explicit Lock(uv_mutex_t* mutex) : mutex_(mutex) { uv_mutex_lock(mutex_); }
  ~Lock() { uv_mutex_unlock(mutex_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  uv_mutex_t* const mutex_;
};

}  // namespace

Engine::Engine(const DealerOptions& options, Owner owner) : options_(options), owner_(owner) {
  uv_mutex_init(&mutex_);
}

Engine::~Engine() {
  Stop();
  Join();
  uv_mutex_destroy(&mutex_);
}

int Engine::Start() {
  UniqueFd board_fd;
  int result = shared_.board.Create(&board_fd);
  if (result < 0) return result;
  result = uv_loop_init(&loop_);
  if (result < 0) return result;
  dealer_ = std::make_unique<Dealer>(&loop_, options_, std::move(board_fd), &shared_, this);
  // The async handle is opened before the thread starts, so that Post() always has one.
  result = dealer_->Open();
  if (result == 0) {
    result = commands_waiting_.Open(this, [this](uv_async_t* async) {
      return uv_async_init(&loop_, async, [](uv_async_t* handle) {
        static_cast<Engine*>(handle->data)->RunCommands();
      });
    });
  }
  if (result == 0) {
    // libuv's thread, not pthread_create: that would need glibc 2.34 at run time.
    result = uv_thread_create(
        &thread_, [](void* engine) { static_cast<Engine*>(engine)->Run(); }, this);
  }
  if (result < 0) {
    dealer_->Close();
    commands_waiting_.Close();
    uv_run(&loop_, UV_RUN_DEFAULT);
    dealer_.reset();
    uv_loop_close(&loop_);
    return result;
  }
  is_started_ = true;
  return 0;
}

// ---- commands ----

// What is to be done on the engine's thread, with what it owns: std::function could hold no fd.
template <typename Function>
class Engine::Task final : public Engine::Command {
 public:
  explicit Task(Function function) : function_(std::move(function)) {}
  void Run() override { function_(); }

 private:
  Function function_;
};

template <typename Function>
void Engine::Post(Function function) {
  if (!is_started_ || is_stopping_) return;
  auto command = std::make_unique<Task<Function>>(std::move(function));
  // The signal is sent under the lock: after Stop()'s command the thread closes the handle, and it
  // cannot see that command before the lock is free.
  Lock lock(&mutex_);
  commands_.push_back(std::move(command));
  uv_async_send(commands_waiting_.get());
}

void Engine::Configure(const DealerOptions& options) {
  Post([this, options] { dealer_->Configure(options); });
}

void Engine::AddListener(uint16_t id, UniqueFd fd) {
  Post([this, id, fd = std::move(fd)]() mutable { dealer_->AddListener(id, std::move(fd)); });
}

void Engine::RemoveListener(uint16_t id) {
  Post([this, id] { dealer_->RemoveListener(id); });
}

void Engine::AddSlot(uint16_t id, uint32_t generation, FdPair channel) {
  if (!shared_.board) return;
  // Here rather than on the engine's thread: figures that are read after this call are of the new
  // process.
  shared_.slots[id].former_heartbeat.store(
      shared_.board.row(id)->heartbeat.load(std::memory_order_relaxed), std::memory_order_relaxed);
  Post([this, id, generation, channel = std::move(channel)]() mutable {
    dealer_->roster()->Add(id, generation, std::move(channel));
  });
}

void Engine::WatchProcess(uint16_t id, uint32_t generation, UniqueFd pidfd) {
  Post([this, id, generation, pidfd = std::move(pidfd)]() mutable {
    dealer_->roster()->WatchProcess(id, generation, std::move(pidfd));
  });
}

void Engine::RemoveSlot(uint16_t id, uint32_t generation, GoneReason reason) {
  Post([this, id, generation, reason] { dealer_->roster()->Remove(id, generation, reason); });
}

void Engine::SetState(std::string state) {
  Post([this, state = std::move(state)]() mutable {
    dealer_->roster()->SetState(std::move(state));
  });
}

void Engine::Pause() {
  Post([this] { dealer_->Pause(); });
}

void Engine::Resume() {
  Post([this] { dealer_->Resume(); });
}

void Engine::Stop() {
  Post([this] {
    // With its handles closed, the loop has nothing left to run for.
    dealer_->Close();
    commands_waiting_.Close();
  });
  is_stopping_ = true;
}

void Engine::Join() {
  if (!is_started_) return;
  uv_thread_join(&thread_);
  is_started_ = false;
}

std::vector<Event> Engine::TakeEvents() {
  Lock lock(&mutex_);
  return std::exchange(events_, {});
}

// ---- on the engine's thread ----

void Engine::Emit(const Event& event) {
  bool was_empty;
  {
    Lock lock(&mutex_);
    was_empty = events_.empty();
    events_.push_back(event);
  }
  if (was_empty) owner_.wake(owner_.data);
}

void Engine::Run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
  dealer_.reset();
  uv_loop_close(&loop_);
  Emit({EventType::kStopped});
}

void Engine::RunCommands() {
  std::vector<std::unique_ptr<Command>> commands;
  {
    Lock lock(&mutex_);
    commands.swap(commands_);
  }
  for (const auto& command : commands) command->Run();
}

}  // namespace rondo
