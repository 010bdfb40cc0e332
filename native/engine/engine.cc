#include "engine/engine.h"

#include <errno.h>

#include <utility>

#include "base/clock.h"
#include "base/process.h"

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

// The engine's thread never waits, so longer than this only a machine without a CPU for it takes.
constexpr uint64_t kLongestWaitNs = 2 * kSecond;

}  // namespace

// Opened once on the engine's thread, awaited on the owner's; each of them keeps it.
class Engine::Latch {
 public:
  Latch() {
    uv_mutex_init(&mutex_);
    uv_cond_init(&opened_);
  }
  ~Latch() {
    uv_cond_destroy(&opened_);
    uv_mutex_destroy(&mutex_);
  }
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;

  void Open() {
    Lock lock(&mutex_);
    is_open_ = true;
    uv_cond_signal(&opened_);
  }

  // False: not within that time.
  bool WaitFor(uint64_t timeout_ns) {
    const uint64_t end_ns = NowNs() + timeout_ns;
    Lock lock(&mutex_);
    for (uint64_t now_ns = NowNs(); !is_open_ && now_ns < end_ns; now_ns = NowNs()) {
      uv_cond_timedwait(&opened_, &mutex_, end_ns - now_ns);
    }
    return is_open_;
  }

 private:
  uv_mutex_t mutex_;
  uv_cond_t opened_;
  bool is_open_ = false;
};

Engine::Engine(const DispatchOptions& options, Owner owner) : options_(options), owner_(owner) {
  uv_mutex_init(&mutex_);
}

Engine::~Engine() {
  Stop();
  Join();
  dispatch_.reset();
  uv_mutex_destroy(&mutex_);
}

int Engine::Start() {
  int result = loop_.Open(this, [](void* engine) { static_cast<Engine*>(engine)->RunCommands(); });
  if (result < 0) return result;
  dispatch_ = std::make_unique<Dispatch>(&loop_, &shared_, this, &picks_);
  result = dispatch_->Open(options_);
  if (result == 0) {
    // libuv's thread, not pthread_create: that would need glibc 2.34 at run time.
    result = uv_thread_create(
        &thread_, [](void* engine) { static_cast<Engine*>(engine)->Run(); }, this);
  }
  is_started_ = result == 0;
  return result;
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
bool Engine::Post(Function function) {
  if (!is_started_ || is_stopping_) return false;
  auto command = std::make_unique<Task<Function>>(std::move(function));
  bool was_empty;
  {
    Lock lock(&mutex_);
    was_empty = commands_.empty();
    commands_.push_back(std::move(command));
  }
  if (was_empty) loop_.Wake();
  return true;
}

void Engine::Configure(const DispatchOptions& options) {
  Post([this, options] { dispatch_->Configure(options); });
}

void Engine::ConfigureListener(uint16_t id, const ListenerOptions& options) {
  const auto is_in_force = std::make_shared<Latch>();
  const bool is_posted = Post([this, id, options, is_in_force] {
    dispatch_->ConfigureListener(id, options);
    // Before the dealing, for which nobody has to wait.
    is_in_force->Open();
    dispatch_->Deal();
  });
  if (is_posted) is_in_force->WaitFor(kLongestWaitNs);
}

void Engine::AddListener(uint16_t id, UniqueFd fd) {
  Post([this, id, fd = std::move(fd)]() mutable { dispatch_->AddListener(id, std::move(fd)); });
}

void Engine::ReplaceListener(uint16_t id, UniqueFd fd) {
  Post([this, id, fd = std::move(fd)]() mutable { dispatch_->ReplaceListener(id, std::move(fd)); });
}

void Engine::RemoveListener(uint16_t id) {
  const auto closed = std::make_shared<Latch>();
  const bool is_posted = Post([this, id, closed] {
    dispatch_->CloseListener(id);
    // Before the dealing, for which nobody has to wait.
    closed->Open();
    dispatch_->Deal();
  });
  if (is_posted) closed->WaitFor(kLongestWaitNs);
}

int Engine::DupListener(uint16_t id, UniqueFd* out) {
  // Of both threads: the one that lets go of it last closes an fd that nobody has taken.
  struct Answer {
    Latch is_given;
    UniqueFd fd;
    int error = 0;
  };
  const auto answer = std::make_shared<Answer>();
  const bool is_posted = Post([this, id, answer] {
    answer->error = dispatch_->DupListener(id, &answer->fd);
    answer->is_given.Open();
  });
  if (!is_posted) return -ECANCELED;
  if (!answer->is_given.WaitFor(kLongestWaitNs)) return -ETIMEDOUT;
  if (answer->error == 0) *out = std::move(answer->fd);
  return answer->error;
}

void Engine::BeginHandOver() {
  Post([this] { dispatch_->BeginHandOver(); });
}

std::vector<Passed> Engine::TakePassed(size_t most) {
  const auto taken = std::make_shared<Latch>();
  const bool is_posted = Post([this, most, taken] {
    std::vector<Passed> passed = dispatch_->TakePassed(most);
    {
      Lock lock(&mutex_);
      for (Passed& one : passed) passed_.push_back(std::move(one));
    }
    taken->Open();
  });
  if (is_posted) taken->WaitFor(kLongestWaitNs);
  Lock lock(&mutex_);
  return std::exchange(passed_, {});
}

void Engine::TakeOver(Passed passed) {
  Post([this, passed = std::move(passed)]() mutable { dispatch_->TakeOver(std::move(passed)); });
}

void Engine::ConfigureSlot(uint16_t id, uint32_t weight, uint32_t max_connections) {
  Post([=] { dispatch_->ConfigureSlot(id, weight, max_connections); });
}

int Engine::AddSlot(uint16_t id, uint32_t generation, FdPair channel) {
  if (!is_started_ || is_stopping_) return -ECANCELED;
  // Here rather than on the engine's thread: figures that are read after this call are of the new
  // process.
  auto scoreboard = std::make_shared<Scoreboard>();
  const int result = scoreboard->Create();
  if (result < 0) return result;
  auto counters = ledger_.Begin(id, generation, scoreboard);
  Post([this, id, generation, channel = std::move(channel), scoreboard = std::move(scoreboard),
        counters = std::move(counters)]() mutable {
    dispatch_->workers()->Join(id, generation, std::move(channel), std::move(scoreboard),
                               std::move(counters));
  });
  return 0;
}

void Engine::WatchProcess(uint16_t id, uint32_t generation, UniqueFd pidfd, pid_t pid) {
  ledger_.Watch(id, generation, pid);
  Post([this, id, generation, pidfd = std::move(pidfd), pid]() mutable {
    dispatch_->workers()->WatchProcess(id, generation, std::move(pidfd), pid);
  });
}

void Engine::DrainSlot(uint16_t id, uint32_t generation) {
  Post([this, id, generation] { dispatch_->workers()->Drain(id, generation); });
}

void Engine::RemoveSlot(uint16_t id, uint32_t generation, GoneReason reason) {
  Post([this, id, generation, reason] { dispatch_->workers()->Remove(id, generation, reason); });
}

void Engine::Relieve(uint16_t id, uint32_t generation, uint32_t count) {
  Post([=] { dispatch_->workers()->Relieve(id, generation, count); });
}

void Engine::SetState(std::string state) {
  Post([this, state = std::move(state)]() mutable { dispatch_->SetState(std::move(state)); });
}

void Engine::AnswerPicks(std::vector<PickAnswer> answers) {
  Post([this, answers = std::move(answers)] { dispatch_->AnswerPicks(answers); });
}

void Engine::Pause() {
  Post([this] { dispatch_->Pause(); });
}

void Engine::Resume() {
  Post([this] { dispatch_->Resume(); });
}

void Engine::PauseListener(uint16_t id) {
  Post([this, id] { dispatch_->PauseListener(id); });
}

void Engine::ResumeListener(uint16_t id) {
  Post([this, id] { dispatch_->ResumeListener(id); });
}

void Engine::Stop() {
  Post([this] {
    dispatch_->Close();
    loop_.Stop();
  });
  is_stopping_ = true;
}

void Engine::Join() {
  if (!is_started_) return;
  uv_thread_join(&thread_);
  is_started_ = false;
  // Its watches go before the loop.
  dispatch_.reset();
  loop_.Close();
}

std::vector<Event> Engine::TakeEvents() {
  Lock lock(&mutex_);
  latest_.clear();
  return std::exchange(events_, {});
}

// ---- on the engine's thread ----

namespace {

// While the owner's loop is blocked nobody takes events; a worker that says much, or a shortage
// that stays, must not fill the memory. Of these the last one tells all, and the counts add up.
bool IsToldOnce(EventType type) {
  switch (type) {
    case EventType::kServing:
    case EventType::kTakenBack:
    case EventType::kAcceptError:
    case EventType::kHandOffError:
    case EventType::kPick:
    case EventType::kPickTimedOut:
    case EventType::kRouteTimedOut:
    case EventType::kHeaderFault:
    case EventType::kPassing:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Engine::Emit(const Event& event) {
  bool was_empty;
  {
    Lock lock(&mutex_);
    was_empty = events_.empty();
    const auto key = std::make_tuple(event.type, event.id, event.generation);
    const auto latest = IsToldOnce(event.type) ? latest_.find(key) : latest_.end();
    if (latest != latest_.end()) {
      Event* const known = &events_[latest->second];
      const uint64_t before = event.type == EventType::kServing ? 0 : known->count;
      *known = event;
      known->count += before;
      return;
    }
    if (IsToldOnce(event.type)) latest_[key] = events_.size();
    events_.push_back(event);
  }
  if (was_empty) owner_.wake(owner_.data);
}

void Engine::Run() {
  WantToRunSoon();
  loop_.Run();
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
