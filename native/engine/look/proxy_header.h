// The PROXY protocol's header, versions 1 and 2, as haproxy's proxy-protocol.txt defines it. Reads
// bytes that are given to it, and nothing else. What the text leaves to the receiver:
//
//   - a header of version 2 is at most kMaxProxyHeader bytes long
//   - UNKNOWN, UNSPEC and LOCAL say nothing of the addresses, so the connection's own are right
//   - a datagram's family is taken like a stream's
//   - a CRC32c, if there is one, is right
#ifndef RONDO_ENGINE_LOOK_PROXY_HEADER_H_
#define RONDO_ENGINE_LOOK_PROXY_HEADER_H_

#include <stddef.h>

#include "channel/about.h"
#include "engine/look/header_fault.h"
#include "engine/look/looker.h"

namespace rondo {

constexpr size_t kMaxProxyLine = 107;  // version 1, with its CRLF
constexpr size_t kMaxProxyHeader = 4096;

struct ParsedHeader {
  Seen seen = Seen::kMore;
  HeaderFault fault = HeaderFault::kMissing;  // for kBad
  size_t length = 0;                          // for kDone: so many bytes are the header
  ProxyHeader header;                         // for kDone
};

// `bytes`: all that has come. Decides as soon as it can.
ParsedHeader ParseProxyHeader(const char* bytes, size_t length);

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_PROXY_HEADER_H_
