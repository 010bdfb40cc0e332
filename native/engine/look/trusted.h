// The sources from which a PROXY header is believed: networks of IPv4 and IPv6, and Unix sockets.
#ifndef RONDO_ENGINE_LOOK_TRUSTED_H_
#define RONDO_ENGINE_LOOK_TRUSTED_H_

#include <stdint.h>

#include <string>
#include <vector>

namespace rondo {

enum class Trust { kYes, kNo, kGone };

class Trusted {
 public:
  // `10.0.0.0/8`, `::1`, or `unix` for every Unix socket. False for what is none of them; bits
  // beyond the prefix are ignored.
  bool Add(const std::string& source);
  // Whether the other end of the connection `fd`, which is borrowed, is one of them. An IPv4
  // address that is mapped into IPv6 is the IPv4 address. kGone: nobody is there any more.
  Trust Of(int fd) const;
  bool HasAddress(uint8_t family, const uint8_t* address) const;

 private:
  struct Network {
    uint8_t family;  // 4 or 6
    uint8_t address[16];
    uint32_t prefix;  // bits
  };
  std::vector<Network> networks_;
  bool has_unix_ = false;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_TRUSTED_H_
