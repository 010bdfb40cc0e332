// Connections that are accepted and held in the primary, and what each waits for. Nothing here
// picks or sends: dispatch_parked.cc goes through the list, and the rules are these:
//
//   anyone  dealt before anything new: refused, taken back, or not sent
//   slot    the one worker that its policy or its session names
//   pick    the program's function, which names its worker
//   route   the program's function, which names its listener
//   look    it comes back with its next request: looked at (look/looking.h), and dealt as a new one
//
//   pick --answered--> slot --until_ns--> anyone --its session is somebody's--> slot
//   pick --until_ns, or no worker named--> anyone
//   route --answered, or until_ns--> dealt again, with its listener
//
// Dispatch::Advance() is where that is done.
//
// Bounded: when kMostParked connections of one listener are here, no more of it are accepted until
// half of them are gone. Those that move were accepted long ago and do not count: they would keep
// new clients out. Nor do those that wait for one worker: they would keep out the others' clients.
// Of these kMostForSlot wait for each worker.
//
// Apart from these there is each listener's overflow: what its backlog has no place for
// (overload.h). It is the front of that backlog still, so it is dealt in the listener's turn and
// within its limits, and is among nothing that is counted here.
#ifndef RONDO_ENGINE_PARKED_H_
#define RONDO_ENGINE_PARKED_H_

#include <stddef.h>
#include <stdint.h>

#include <array>
#include <deque>
#include <list>
#include <optional>
#include <vector>

#include "channel/frames.h"
#include "engine/counters.h"
#include "engine/policy.h"

namespace rondo {

enum class WaitsFor { kAnyone, kSlot, kPick, kRoute, kLook };

struct ParkedConnection {
  Connection connection;
  uint64_t since_ns = 0;
  WaitsFor waits_for = WaitsFor::kAnyone;
  int slot = -1;              // for kSlot
  uint64_t until_ns = 0;      // for all but kAnyone and kLook
  uint32_t ticket = 0;        // for kPick and kRoute
  std::optional<int> answer;  // to these: a slot or a listener, or -1
  bool was_dealt = false;     // to some worker, before it came here
};

class Parked {
 public:
  // `waiting` shows how many there are.
  explicit Parked(Counter* waiting) : waiting_(waiting) {}

  void Push(ParkedConnection parked);
  size_t size() const { return list_.size(); }
  size_t CountOf(uint16_t listener) const { return count_of_[listener]; }
  // Nor is there any overflow.
  bool IsEmpty() const { return list_.empty() && overflow_total_ == 0; }
  // Whether so many of the listener's wait that no more are to be accepted.
  bool IsCrowded(uint16_t listener);
  // Whether so many wait for that slot that no more may.
  bool IsCrowdedFor(int slot) const;

  // Calls `visit(parked)` for each, the oldest first; those for which it returns true are removed,
  // and are the visitor's. It must not push.
  template <typename Visit>
  void RemoveIf(Visit visit) {
    size_t kept = 0;
    for (size_t i = 0; i < list_.size(); i++) {
      const Place before = PlaceOf(list_[i]);
      const bool is_removed = visit(&list_[i]);
      Weigh(before, -1);
      if (is_removed) continue;
      // It may wait for something else now.
      Weigh(PlaceOf(list_[i]), 1);
      if (kept++ != i) list_[kept - 1] = std::move(list_[i]);
    }
    list_.resize(kept);
    Show();
  }
  template <typename Visit>
  void ForEach(Visit visit) {
    for (ParkedConnection& parked : list_) visit(&parked);
  }
  // Lets workers that have refused connections be asked again, a few connections at a time: they
  // may have a place by now, and are not asked by what is accepted.
  void OfferAgain();

  void PushOverflow(Connection connection);
  // The one that has waited the longest. False: there is none.
  bool TakeOverflow(uint16_t listener, Connection* out);
  size_t OverflowOf(uint16_t listener) const { return overflow_[listener].size(); }
  // Since when the next one of TakeOverflow() has waited, of which there is one.
  uint64_t OverflowSinceNs(uint16_t listener) const {
    return overflow_[listener].front().accepted_ns;
  }

 private:
  // What a connection is counted by.
  struct Place {
    uint16_t listener;
    bool is_moved;
    int slot;  // the one it waits for, or -1
  };
  static Place PlaceOf(const ParkedConnection& parked) {
    const int slot = parked.waits_for == WaitsFor::kSlot ? parked.slot : -1;
    return {parked.connection.listener, parked.connection.is_moved, slot};
  }
  void Weigh(const Place& place, int32_t change) {
    if (place.is_moved) return;
    count_of_[place.listener] += change;
    if (place.slot < 0) return;
    named_of_[place.listener] += change;
    count_for_[static_cast<size_t>(place.slot)] += change;
  }
  void Show() { waiting_->store(list_.size() + overflow_total_, std::memory_order_relaxed); }

  std::deque<ParkedConnection> list_;
  std::array<std::list<Connection>, kMaxListeners> overflow_;
  size_t overflow_total_ = 0;
  std::array<uint32_t, kMaxListeners> count_of_ = {};
  std::array<uint32_t, kMaxListeners> named_of_ = {};  // of these, those that wait for one worker
  std::array<uint32_t, kMaxSlots> count_for_ = {};     // of these, by slot
  std::array<bool, kMaxListeners> is_crowded_ = {};
  Counter* const waiting_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_PARKED_H_
