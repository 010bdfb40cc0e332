// The checksum of RFC 3309, as a PROXY header may have one. A byte at a time: headers are short.
#ifndef RONDO_ENGINE_LOOK_CRC32C_H_
#define RONDO_ENGINE_LOOK_CRC32C_H_

#include <stdint.h>

#include <string_view>

namespace rondo {

inline uint32_t Crc32c(std::string_view bytes) {
  constexpr uint32_t kPolynomial = 0x82f63b78;  // Castagnoli's, reversed
  uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
  }
  return ~crc;
}

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_CRC32C_H_
