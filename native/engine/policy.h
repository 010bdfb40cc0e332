// Which slot gets the next connection. A policy is one small function; add yours to kPolicies in
// policy.cc, to src/primary/policies.ts, and a vector to test/fixtures/policy-vectors.json.
#ifndef RONDO_ENGINE_POLICY_H_
#define RONDO_ENGINE_POLICY_H_

#include <stddef.h>
#include <stdint.h>

namespace rondo {

// A slot that has room and serves the connection's listener. Lists are in order of slot numbers.
struct Candidate {
  uint16_t slot;
  uint32_t pending;  // handed, not yet received
  uint32_t active;   // being served, as the worker says
};

struct Policy {
  // Null for a name that is none of the policies'.
  static const Policy* Find(const char* name);

  const char* name;
  bool reads_load;  // whether it looks at pending and active, which then are read anew
  // The index of the chosen candidate. `count` > 0; `last` is the slot picked before, or -1.
  size_t (*pick)(const Candidate* candidates, size_t count, int last);
};

}  // namespace rondo

#endif  // RONDO_ENGINE_POLICY_H_
