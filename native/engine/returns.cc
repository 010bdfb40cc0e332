#include "engine/returns.h"

#include <stddef.h>

#include <utility>

#include "base/socket.h"

namespace rondo {

namespace {

// More than are on their way to workers and back at once.
constexpr size_t kMostLate = 8192;

}  // namespace

Returns::Record* Returns::Of(int fd) {
  const uint64_t identity = IdentityOf(fd);
  if (identity == 0) return nullptr;
  if (late_.size() >= kMostLate) former_ = std::exchange(late_, {});
  const auto known = former_.find(identity);
  if (known != former_.end()) late_.insert(former_.extract(known));
  return &late_[identity];
}

}  // namespace rondo
