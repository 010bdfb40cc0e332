// The engine: a thread with a loop of its own, so that nothing the primary's JS does can delay a
// connection. This is its shell: commands go in, events come out, both through queues; dispatch.h
// is what runs inside. Every function is called from one thread, the owner's.
#ifndef RONDO_ENGINE_ENGINE_H_
#define RONDO_ENGINE_ENGINE_H_

#include <uv.h>

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/loop.h"
#include "engine/dispatch.h"
#include "engine/events.h"
#include "engine/ledger.h"
#include "engine/picks.h"

namespace rondo {

class Engine final : public EventSink {
 public:
  // `wake(data)` runs on the engine's thread when events have come and the queue was empty.
  struct Owner {
    void* data;
    void (*wake)(void* data);
  };

  Engine(const DispatchOptions& options, Owner owner);
  ~Engine();  // stops the thread and waits for it
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  int Start();  // 0 or -errno; once

  // Each takes effect soon, unless it says more, in the order of the calls; after Stop() it does
  // nothing but close the fds it was given.
  void Configure(const DispatchOptions& options);
  // In force when this returns: no connection that comes later is dealt by the former ones.
  void ConfigureListener(uint16_t id, const ListenerOptions& options);
  void AddListener(uint16_t id, UniqueFd fd);
  // The listener goes on with that socket; what has come to the former one is dealt.
  void ReplaceListener(uint16_t id, UniqueFd fd);
  // The socket is closed when this returns, so that its address can be bound at once.
  void RemoveListener(uint16_t id);
  // Gives `out` another fd of the listener's socket, for another process. 0, or -errno and nothing:
  // -EBADF if it is closed. Waits for the engine's thread, -ETIMEDOUT after long.
  int DupListener(uint16_t id, UniqueFd* out);
  void ConfigureSlot(uint16_t id, uint32_t weight, uint32_t max_connections);
  // 0, or -errno if there is no memory or fd for its scoreboard, or -ECANCELED after Stop(); then
  // nothing has happened.
  int AddSlot(uint16_t id, uint32_t generation, FdPair channel);
  // `pidfd` may be empty, where the kernel has none.
  void WatchProcess(uint16_t id, uint32_t generation, UniqueFd pidfd, pid_t pid);
  // The process gets nothing more, and may give back what it has.
  void DrainSlot(uint16_t id, uint32_t generation);
  void RemoveSlot(uint16_t id, uint32_t generation, GoneReason reason);
  // See Workers::Relieve.
  void Relieve(uint16_t id, uint32_t generation, uint32_t count);
  void SetState(std::string state);
  void Pause();
  void Resume();
  void PauseListener(uint16_t id);
  void ResumeListener(uint16_t id);
  // See Dispatch::BeginHandOver.
  void BeginHandOver();
  // Waits for the engine's thread. What that has not given after long comes with the next call.
  std::vector<Passed> TakePassed(size_t most);
  void TakeOver(Passed passed);
  void Stop();  // kStopped is the last event
  void Join();  // waits for the thread after Stop(); short, for the thread never waits

  std::vector<Event> TakeEvents();
  std::vector<PickRequest> TakePicks() { return picks_.Take(); }
  void AnswerPicks(std::vector<PickAnswer> answers);

  const Shared& shared() const { return shared_; }
  Shared& shared() { return shared_; }
  Ledger& ledger() { return ledger_; }
  uint64_t wake_ups() const { return loop_.wake_ups(); }

 private:
  struct Command {
    virtual ~Command() = default;
    virtual void Run() = 0;
  };
  template <typename Function>
  class Task;
  class Latch;
  // Has `function` run on the engine's thread, soon. False: it is destroyed instead.
  template <typename Function>
  bool Post(Function function);

  // On the engine's thread.
  void Emit(const Event& event) override;
  void Run();
  void RunCommands();

  const DispatchOptions options_;
  const Owner owner_;
  Shared shared_;
  Picks picks_;
  Loop loop_;
  std::unique_ptr<Dispatch> dispatch_;
  // The owner's thread only.
  Ledger ledger_;
  uv_thread_t thread_;
  bool is_started_ = false;  // the owner's thread only
  bool is_stopping_ = false;

  uv_mutex_t mutex_;  // guards the queues
  std::vector<std::unique_ptr<Command>> commands_;
  std::vector<Event> events_;
  std::vector<Passed> passed_;  // taken out for the owner
  // Where in events_ the one of that type, id and generation is, of types that are told once
  // however often they come.
  std::map<std::tuple<EventType, uint32_t, uint32_t>, size_t> latest_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_ENGINE_H_
