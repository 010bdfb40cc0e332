// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012). Keys come from strangers,
// such as clients' addresses: with a random key of the region nobody can choose keys that fall into
// one bucket, and two keys with the same 128 bits do not occur.
#ifndef RONDO_SHARED_SIPHASH_H_
#define RONDO_SHARED_SIPHASH_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace rondo::shared {

struct HashKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
};

struct Hash {
  uint64_t lo = 0;
  uint64_t hi = 0;
};

namespace siphash {

struct State {
  uint64_t v0, v1, v2, v3;

  static uint64_t Rotate(uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }

  void Round() {
    v0 += v1;
    v1 = Rotate(v1, 13) ^ v0;
    v0 = Rotate(v0, 32);
    v2 += v3;
    v3 = Rotate(v3, 16) ^ v2;
    v0 += v3;
    v3 = Rotate(v3, 21) ^ v0;
    v2 += v1;
    v1 = Rotate(v1, 17) ^ v2;
    v2 = Rotate(v2, 32);
  }

  void Rounds(int count) {
    for (int i = 0; i < count; i++) Round();
  }

  void Absorb(uint64_t word) {
    v3 ^= word;
    Rounds(2);
    v0 ^= word;
  }
};

}  // namespace siphash

// The machine's byte order is taken for the little-endian one of the paper: other machines give
// other hashes, which never leave them.
inline Hash SipHash128(const HashKey& key, const void* data, size_t length) {
  siphash::State state = {key.k0 ^ 0x736f6d6570736575u, key.k1 ^ 0x646f72616e646f6du ^ 0xee,
                          key.k0 ^ 0x6c7967656e657261u, key.k1 ^ 0x7465646279746573u};
  const char* at = static_cast<const char*>(data);
  uint64_t word = 0;
  for (size_t left = length; left >= 8; left -= 8, at += 8) {
    memcpy(&word, at, 8);
    state.Absorb(word);
  }
  word = 0;
  memcpy(&word, at, length & 7);
  state.Absorb(word | static_cast<uint64_t>(length) << 56);
  Hash hash;
  state.v2 ^= 0xee;
  state.Rounds(4);
  hash.lo = state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
  state.v1 ^= 0xdd;
  state.Rounds(4);
  hash.hi = state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
  return hash;
}

}  // namespace rondo::shared

#endif  // RONDO_SHARED_SIPHASH_H_
