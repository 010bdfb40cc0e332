// A region, and what a process has of it, for the tests of native/shared: threads and children as
// the processes of a program. One that is destroyed, or killed, gives up its cell and does nothing
// else: what it was doing stays as it is.
#ifndef RONDO_TEST_SHARED_PROCESS_H_
#define RONDO_TEST_SHARED_PROCESS_H_

#include <stdint.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "shared/cells.h"
#include "shared/limiter.h"
#include "shared/map.h"
#include "shared/names.h"
#include "shared/region.h"

namespace shared_test {

using rondo::UniqueFd;
using rondo::shared::Cells;
using rondo::shared::Definition;
using rondo::shared::Found;
using rondo::shared::LimitRule;
using rondo::shared::MapSizes;
using rondo::shared::Region;
using rondo::shared::Token;

struct Memory {
  UniqueFd fd;
  Token token;
  int error = Region::Create(&fd, &token);

  std::string Path() const {
    return "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd.get());
  }
  const pid_t pid = getpid();
};

struct Process {
  Region region;
  Cells cells;
  int error = 0;

  explicit Process(const Memory& memory, int32_t seat = -1) {
    uint64_t version = 0;
    error = region.Open(memory.Path().c_str(), memory.token, &version);
    if (error == 0) error = cells.Claim(&region, getpid(), seat);
  }

  std::unique_ptr<rondo::shared::Limiter> OpenLimiter(const std::string& name,
                                                      const LimitRule& rule, uint64_t entries,
                                                      bool denies = false) {
    Found found;
    auto limiter = std::make_unique<rondo::shared::Limiter>();
    const Definition wanted = rondo::shared::Limiter::Define(name, rule.algorithm, entries);
    error = FindOrMake(region, wanted, &found);
    if (error == 0) error = limiter->Open(region, cells.index(), found, rule, denies);
    return limiter;
  }

  std::unique_ptr<rondo::shared::Map> OpenMap(const std::string& name, const MapSizes& sizes,
                                              bool evicts = false) {
    Found found;
    auto map = std::make_unique<rondo::shared::Map>();
    error = FindOrMake(region, rondo::shared::Map::Define(name, sizes), &found);
    if (error == 0) error = map->Open(region, cells.index(), found, evicts);
    return map;
  }
};

// Whether each blob is in exactly one bucket, or the spare of exactly one cell. Only when no
// process is in the middle of a change, and those who were killed have been followed by others.
inline bool HasAllBlobs(const rondo::shared::Table& table) {
  std::vector<uint64_t> found;
  for (uint64_t i = 0; i < table.shape().buckets; i++) found.push_back(table.BlobIn(i));
  for (uint32_t i = 0; i < rondo::shared::kCells; i++) found.push_back(table.SpareOf(i));
  std::sort(found.begin(), found.end());
  for (uint64_t i = 0; i < found.size(); i++) {
    if (found[i] != i) return false;
  }
  return found.size() == table.shape().blobs();
}

}  // namespace shared_test

#endif  // RONDO_TEST_SHARED_PROCESS_H_
