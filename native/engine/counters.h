// What the engine counts, readable from any thread at any time. Written by the engine's thread
// only, but for what is reset for the next listener. Those of a process outlive it; see ledger.h.
#ifndef RONDO_ENGINE_COUNTERS_H_
#define RONDO_ENGINE_COUNTERS_H_

#include <stddef.h>
#include <stdint.h>

#include <atomic>
#include <initializer_list>

#include "channel/buckets.h"
#include "engine/look/header_fault.h"

namespace rondo {

using Counter = std::atomic<uint64_t>;

inline void Count(Counter* counter, uint64_t amount = 1) {
  counter->fetch_add(amount, std::memory_order_relaxed);
}

// How often each errno was seen. A code beyond the first sixteen counts as the last of them.
class ErrorCounters {
 public:
  static constexpr size_t kCodes = 16;

  void Count(int code) {
    for (Entry& entry : entries_) {
      const int known = entry.code.load(std::memory_order_relaxed);
      if (known == 0) entry.code.store(code, std::memory_order_relaxed);
      if (known == 0 || known == code || &entry == &entries_[kCodes - 1]) {
        rondo::Count(&entry.count);
        return;
      }
    }
  }
  void Reset() {
    for (Entry& entry : entries_) {
      entry.code.store(0, std::memory_order_relaxed);
      entry.count.store(0, std::memory_order_relaxed);
    }
  }
  int code(size_t i) const { return entries_[i].code.load(std::memory_order_relaxed); }
  uint64_t count(size_t i) const { return entries_[i].count.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    std::atomic<int> code{0};
    Counter count{0};
  };
  Entry entries_[kCodes];
};

// How long connections waited in the primary before they were handed off. There is one writer, so
// that nothing has to be locked for it.
struct QueueTimes {
  Counter counts[kTimeBuckets] = {};
  Counter sum_ns{0};

  void Note(uint64_t waited_ns) {
    Add(&counts[BucketOf(waited_ns)], 1);
    Add(&sum_ns, waited_ns);
  }
  // Of those that did not wait.
  void NoteNone(uint64_t count) { Add(&counts[0], count); }

 private:
  static void Add(Counter* counter, uint64_t amount) {
    counter->store(counter->load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
};

// Sessions that stay with one worker each, of one listener.
struct SessionCounters {
  Counter held{0};     // at the moment
  Counter created{0};  // that nobody had
  Counter moved{0};    // to another worker, for theirs was gone or had no room
  Counter evicted{0};  // forgotten for new ones, there being as many as may be
  Counter expired{0};  // forgotten because nobody had used them for so long
  Counter ended{0};    // by their worker

  void Reset() {
    for (Counter* const counter : {&held, &created, &moved, &evicted, &expired, &ended}) {
      counter->store(0, std::memory_order_relaxed);
    }
  }
};

struct ListenerCounters {
  Counter accepted{0};
  Counter redealt{0};      // dealt again, after a refusal or after being taken back
  Counter closed{0};       // closed by the engine because no worker would take it
  Counter turned_away{0};  // reset: a limit was reached, or it had waited for too long
  Counter routed_on{0};    // had come here, and went on to another listener
  Counter routed_here{0};  // had come to another listener, and came from there
  ErrorCounters accept_errors;
  Counter header_faults[kHeaderFaults] = {};  // closed for want of a right PROXY header
  SessionCounters sessions;

  // For the next listener of the same id.
  void Reset() {
    accepted.store(0, std::memory_order_relaxed);
    redealt.store(0, std::memory_order_relaxed);
    closed.store(0, std::memory_order_relaxed);
    turned_away.store(0, std::memory_order_relaxed);
    routed_on.store(0, std::memory_order_relaxed);
    routed_here.store(0, std::memory_order_relaxed);
    sessions.Reset();
    accept_errors.Reset();
    for (Counter& faults : header_faults) faults.store(0, std::memory_order_relaxed);
  }
};

// Connections that workers have given back between two requests.
struct IdleCounters {
  Counter held{0};       // at the moment
  Counter moved{0};      // dealt again, with what had arrived
  Counter ended{0};      // by their clients
  Counter timed_out{0};  // closed: nothing had arrived for so long as they might be idle
  Counter closed{0};     // closed with their listener, or with the engine
  // Of an upgrade. What comes so was accepted by the other primary, and is counted there as that.
  Counter passed_on{0};   // to the primary that has the listeners now
  Counter taken_over{0};  // from the one that had them before
};

// Of one process. What it counts itself on its page is here as far as the engine has seen and
// believed it.
struct ProcessCounters {
  Counter handed{0};
  Counter received{0};
  Counter ended{0};
  Counter reclaimed{0};  // read back from the channel before the worker read them
  Counter refused{0};
  Counter released{0};    // given back between two requests
  Counter unfinished{0};  // served by it when it died
  Counter lost{0};        // by this process, which had no fd for what came back
  Counter cpu_ns{0};      // when it died; 0: not seen
  ErrorCounters handoff_errors;
  std::atomic<bool> has_left{false};  // it gets nothing any more
  std::atomic<bool> is_gone{false};   // and has died
};

struct EngineCounters {
  Counter accepted{0};    // over all listeners there have been
  Counter starved_ns{0};  // time in which a connection waited and no slot had room
  Counter waiting{0};     // connections that are parked
  Counter looking{0};     // connections of which the first bytes have not come
  QueueTimes queue_times;
  IdleCounters idle;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_COUNTERS_H_
