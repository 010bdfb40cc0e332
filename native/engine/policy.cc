#include "engine/policy.h"

#include <string.h>

namespace rondo {

namespace {

// The first slot after the last one, round the circle.
size_t PickRoundRobin(const Candidate* candidates, size_t count, int last) {
  for (size_t i = 0; i < count; i++) {
    if (candidates[i].slot > last) return i;
  }
  return 0;
}

// The slot with the fewest connections; among equals the next in turn, so that idle workers
// share evenly.
size_t PickLeastConnections(const Candidate* candidates, size_t count, int last) {
  const size_t start = PickRoundRobin(candidates, count, last);
  const auto load = [](const Candidate& c) { return uint64_t{c.pending} + c.active; };
  size_t best = start;
  for (size_t i = 1; i < count; i++) {
    const size_t at = (start + i) % count;
    if (load(candidates[at]) < load(candidates[best])) best = at;
  }
  return best;
}

constexpr Policy kPolicies[] = {
    {"round-robin", false, PickRoundRobin},
    {"least-connections", true, PickLeastConnections},
};

}  // namespace

const Policy* Policy::Find(const char* name) {
  for (const Policy& policy : kPolicies) {
    if (strcmp(policy.name, name) == 0) return &policy;
  }
  return nullptr;
}

}  // namespace rondo
