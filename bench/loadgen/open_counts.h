// How evenly are connections spread that come and go? Each counts for the worker that answered on
// it, from connect() to close(), as this side sees it: a worker is not known before its reply, so
// all of it is computed at the end. At every change the gap is taken between the worker with the
// most open connections and the one with the fewest. A worker that answered on none is not known
// here.
#ifndef RONDO_BENCH_LOADGEN_OPEN_COUNTS_H_
#define RONDO_BENCH_LOADGEN_OPEN_COUNTS_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "connection.h"
#include "tally.h"

namespace loadgen {

struct OpenChange {
  int64_t at_ns = 0;
  Served* server = nullptr;
  int by = 0;
};

inline std::vector<OpenChange> ChangesOf(const std::vector<Connection>& connections) {
  std::vector<OpenChange> changes;
  changes.reserve(2 * connections.size());
  for (const Connection& connection : connections) {
    if (connection.server == nullptr) continue;
    changes.push_back({connection.connecting_ns, connection.server, 1});
    if (connection.closed_ns > 0) changes.push_back({connection.closed_ns, connection.server, -1});
  }
  std::sort(changes.begin(), changes.end(),
            [](const OpenChange& a, const OpenChange& b) { return a.at_ns < b.at_ns; });
  return changes;
}

// Fills `open` of each worker, `worst_gap` and `most_open`.
inline void CountOpen(const std::vector<Connection>& connections, Tally* tally) {
  for (const OpenChange& change : ChangesOf(connections)) {
    change.server->open += change.by;
    int64_t fewest = INT64_MAX;
    int64_t most = 0;
    for (const auto& [worker, served] : tally->served) {
      fewest = std::min(fewest, served.open);
      most = std::max(most, served.open);
    }
    tally->worst_gap = std::max(tally->worst_gap, most - fewest);
    tally->most_open = std::max(tally->most_open, most);
  }
}

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_OPEN_COUNTS_H_
