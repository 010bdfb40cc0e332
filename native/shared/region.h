// The region as one process, or one thread of it, has it: an open file description of its own, on
// which its lock is (cells.h), and the mapping of what all use.
//
// The file is a memfd: nobody can find it by a name, and it is gone with the last process that has
// it open. It is sparse: memory is taken as it is written. Its size is sealed, so nobody's mapping
// can lose its pages.
#ifndef RONDO_SHARED_REGION_H_
#define RONDO_SHARED_REGION_H_

#include <stddef.h>
#include <stdint.h>

#include "base/unique_fd.h"
#include "shared/layout.h"
#include "shared/siphash.h"

namespace rondo::shared {

// Which region it is: 128 random bits.
struct Token {
  uint64_t words[2] = {0, 0};
};

// A part of the region in this process's memory. Move-only; unmapped by the destructor.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  // 0 or -errno. `offset` must be one of a page.
  int Map(int fd, uint64_t offset, size_t size);

  size_t size() const { return size_; }

  // `count` things from `offset` on, which the caller knows to be within.
  template <typename Thing>
  Thing* At(uint64_t offset) const {
    return reinterpret_cast<Thing*>(static_cast<char*>(memory_) + offset);
  }

 private:
  void* memory_ = nullptr;
  size_t size_ = 0;
};

class Region {
 public:
  // Makes a new one. `fd` keeps it; to use it, Open() it. 0 or -errno (-ENOSYS anywhere but on
  // Linux; -EFBIG if RLIMIT_FSIZE is too small).
  static int Create(UniqueFd* fd, Token* token);

  // Opens what `path` leads to, a link in /proc/<pid>/fd. 0 or -errno: -ESRCH if that is another
  // file or the token of another region, -EPROTO if it has another layout; *version says which.
  int Open(const char* path, const Token& token, uint64_t* version);

  int fd() const { return fd_.get(); }
  Header* header() const { return mapping_.At<Header>(0); }
  uint64_t size() const { return size_; }
  const HashKey& hash_key() const { return hash_key_; }

  // Something in what all have mapped.
  template <typename Thing>
  Thing* At(uint64_t offset) const {
    return mapping_.At<Thing>(offset);
  }

 private:
  UniqueFd fd_;
  Mapping mapping_;
  uint64_t size_ = 0;
  HashKey hash_key_;
};

}  // namespace rondo::shared

#endif  // RONDO_SHARED_REGION_H_
