// The engine: a thread with a loop of its own, so that nothing the primary's JS does can delay a
// connection. This is its shell: commands go in, events come out, both through queues; dealer.h
// is what runs inside. Every function is called from one thread, the owner's.
#ifndef RONDO_ENGINE_ENGINE_H_
#define RONDO_ENGINE_ENGINE_H_

#include <uv.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/dispatch.h"
#include "engine/events.h"

namespace rondo {

class Engine final : public EventSink {
 public:
  // `wake(data)` runs on the engine's thread when events have come and the queue was empty.
  struct Owner {
    void* data;
    void (*wake)(void* data);
  };

  explicit Engine(const DealerOptions& options, Owner owner);
  ~Engine();  // stops the thread and waits for it
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  int Start();  // 0 or -errno; once

  // Each takes effect soon, in the order of the calls; after Stop() it does nothing but close
  // the fds it was given.
  void Configure(const DealerOptions& options);
  void AddListener(uint16_t id, UniqueFd fd);
  void RemoveListener(uint16_t id);
  void AddSlot(uint16_t id, uint32_t generation, FdPair channel);
  void WatchProcess(uint16_t id, uint32_t generation, UniqueFd pidfd);
  void RemoveSlot(uint16_t id, uint32_t generation, GoneReason reason);
  void SetState(std::string state);
  void Pause();
  void Resume();
  void Stop();  // kStopped is the last event
  void Join();  // waits for the thread after Stop(); short, for the thread never waits

  std::vector<Event> TakeEvents();
  const Shared& shared() const { return shared_; }
  Shared& shared() { return shared_; }

 private:
  struct Command {
    virtual ~Command() = default;
    virtual void Run() = 0;
  };
  template <typename Function>
  class Task;
  // Has `function` run on the engine's thread, soon, or destroys it.
  template <typename Function>
  void Post(Function function);

  // On the engine's thread.
  void Emit(const Event& event) override;
  void Run();
  void RunCommands();

  const DealerOptions options_;
  const Owner owner_;
  Shared shared_;
  uv_loop_t loop_;
  UvHandle<uv_async_t> commands_waiting_;
  std::unique_ptr<Dealer> dealer_;
  uv_thread_t thread_;
  bool is_started_ = false;  // the owner's thread only
  bool is_stopping_ = false;

  uv_mutex_t mutex_;  // guards the two queues
  std::vector<std::unique_ptr<Command>> commands_;
  std::vector<Event> events_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_ENGINE_H_
