// What the primary itself knows of connections that workers have sent back: who has refused each,
// and how often it came with the word that its worker may have it again. A connection is known by
// what the kernel says of its socket, so no worker can make one circle by what it writes.
//
// Bounded: the last some thousands are known. One that is forgotten may be asked of anybody again.
#ifndef RONDO_ENGINE_RETURNS_H_
#define RONDO_ENGINE_RETURNS_H_

#include <stdint.h>

#include <unordered_map>
#include <vector>

namespace rondo {

class Returns {
 public:
  struct Record {
    std::vector<uint16_t> refused_by;  // slots, in order, when it was handed off last
    uint32_t again = 0;                // returns by which its worker may have it again
  };

  // Borrows `fd`. Empty for a connection that is new; null where the kernel does not tell them
  // apart. Valid until the next call.
  Record* Of(int fd);

 private:
  using Records = std::unordered_map<uint64_t, Record>;

  Records late_;
  Records former_;  // those before them
};

}  // namespace rondo

#endif  // RONDO_ENGINE_RETURNS_H_
