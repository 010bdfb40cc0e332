#include "engine.h"

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

void Engine::AddListener(uint16_t id, UniqueFd fd) {
  Command command = {Command::Type::kAddListener};
  command.id = id;
  command.fd = std::move(fd);
  Post(std::move(command));
}

void Engine::RemoveListener(uint16_t id) {
  Command command = {Command::Type::kRemoveListener};
  command.id = id;
  Post(std::move(command));
}

void Engine::AddSlot(uint16_t id, uint32_t generation, FdPair channel) {
  Command command = {Command::Type::kAddSlot};
  command.id = id;
  command.generation = generation;
  command.channel = std::move(channel);
  Post(std::move(command));
}

void Engine::WatchProcess(uint16_t id, uint32_t generation, UniqueFd pidfd) {
  Command command = {Command::Type::kWatchProcess};
  command.id = id;
  command.generation = generation;
  command.fd = std::move(pidfd);
  Post(std::move(command));
}

void Engine::RemoveSlot(uint16_t id, uint32_t generation, GoneReason reason) {
  Command command = {Command::Type::kRemoveSlot};
  command.id = id;
  command.generation = generation;
  command.reason = reason;
  Post(std::move(command));
}

void Engine::SetState(std::string state) {
  Command command = {Command::Type::kSetState};
  command.state = std::move(state);
  Post(std::move(command));
}

void Engine::Pause() { Post({Command::Type::kPause}); }

void Engine::Resume() { Post({Command::Type::kResume}); }

void Engine::Stop() {
  Post({Command::Type::kStop});
  is_stopping_ = true;
}

void Engine::Join() {
  if (!is_started_) return;
  uv_thread_join(&thread_);
  is_started_ = false;
}

void Engine::Post(Command command) {
  if (!is_started_ || is_stopping_) return;
  // The signal is sent under the lock: after kStop the thread closes the handle, and it cannot
  // see that command before the lock is free.
  Lock lock(&mutex_);
  commands_.push_back(std::move(command));
  uv_async_send(commands_waiting_.get());
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
  std::vector<Command> commands;
  {
    Lock lock(&mutex_);
    commands.swap(commands_);
  }
  for (Command& command : commands) RunCommand(&command);
}

void Engine::RunCommand(Command* command) {
  switch (command->type) {
    case Command::Type::kAddListener:
      return dealer_->AddListener(command->id, std::move(command->fd));
    case Command::Type::kRemoveListener:
      return dealer_->RemoveListener(command->id);
    case Command::Type::kAddSlot:
      return dealer_->roster()->Add(command->id, command->generation, std::move(command->channel));
    case Command::Type::kWatchProcess:
      return dealer_->roster()->WatchProcess(command->id, command->generation,
                                             std::move(command->fd));
    case Command::Type::kRemoveSlot:
      return dealer_->roster()->Remove(command->id, command->generation, command->reason);
    case Command::Type::kSetState:
      return dealer_->roster()->SetState(std::move(command->state));
    case Command::Type::kPause:
      return dealer_->Pause();
    case Command::Type::kResume:
      return dealer_->Resume();
    case Command::Type::kStop:
      // With its handles closed, the loop has nothing left to run for.
      dealer_->Close();
      return commands_waiting_.Close();
  }
}

}  // namespace rondo
