// Which slot gets the next connection. A policy is a small object with its own state per listener:
// a class in policy.cc and a line in kPolicies there, the same in src/dispatcher/policies/ for the
// ipc transport, and vectors in test/fixtures/policy-vectors.json that both must satisfy.
#ifndef RONDO_ENGINE_POLICY_H_
#define RONDO_ENGINE_POLICY_H_

#include <stddef.h>
#include <stdint.h>

#include <memory>
#include <string>

#include "engine/peer.h"
#include "engine/slot_set.h"

namespace rondo {

// What a policy sees. The arrays are indexed by slot number, for one listener.
struct Field {
  const SlotSet* serving = nullptr;   // slots that serve the listener
  const SlotSet* eligible = nullptr;  // of those, the ones that can take the connection; not empty,
                                      // but for a policy that waits for its slot
  const SlotSet* lowest = nullptr;    // of `serving`, some whose count is the least, or null
  const int64_t* count = nullptr;     // connections dealt; see Turn
  const uint32_t* open = nullptr;     // pending and open
  const uint32_t* weight = nullptr;
  const uint32_t* delay_us = nullptr;  // how late the worker's loop is of late
  int last = -1;                       // the slot picked before
  const Peer* peer = nullptr;          // for policies that need it
  bool may_wait = false;               // the connection can wait for a slot that is not eligible
};

// Numbers that the policy does not use are 0.
struct PolicyOptions {
  std::string name = "round-robin";
  uint32_t seed = 0;
  uint32_t bound_permille = 0;
  uint32_t wait_ms = 0;
  uint32_t ipv6_prefix = 64;
};

// By which number the rule of dealing keeps slots even; see Turn.
enum class Measure {
  kNone,      // the policy alone decides
  kCount,     // connections dealt
  kOpen,      // connections dealt and not ended
  kWeighted,  // connections dealt, by weight
};

class Policy {
 public:
  // Null for a name that is none of the policies'.
  static std::unique_ptr<Policy> Make(const PolicyOptions& options);

  virtual ~Policy() = default;
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  // A slot of `eligible`; or, if the field may wait, of `serving`. Changes nothing.
  virtual int Pick(const Field& field) const = 0;
  // What Pick() said was done.
  void NotePick() { NotePicks(1); }
  // The same, as if that often.
  virtual void NotePicks(uint32_t) {}

  const Measure measure;
  const bool reads_load;  // looks at `open` or `delay_us`, which then are read anew
  const bool needs_peer;
  const bool asks_program;  // the program picks; Pick() is what is done if it does not answer

 protected:
  struct Traits {
    Measure measure = Measure::kNone;
    bool reads_load = false;
    bool needs_peer = false;
    bool asks_program = false;
  };
  explicit Policy(Traits traits)
      : measure(traits.measure),
        reads_load(traits.reads_load),
        needs_peer(traits.needs_peer),
        asks_program(traits.asks_program) {}
};

}  // namespace rondo

#endif  // RONDO_ENGINE_POLICY_H_
