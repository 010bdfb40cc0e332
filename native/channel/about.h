// Connection::about: what a PROXY header has said of a connection, as it goes from the engine to
// the worker that serves it. Numbers of two bytes are big-endian. src/worker/about.ts reads the
// same.
//
//   0  this layout's version     1  the header's version, 1 or 2     2  ProxyCommand
//   3  family: 0 none, 4, 6, or 1 for a Unix socket                  4  ProxyTransport
//   5  1: some of the header's TLVs had no room here
//   6  source port     8  destination port     10  bytes of source     12  bytes of destination
//   14 source, destination: 4 or 16 bytes, or a path without the NULs at its end; then the TLVs,
//      each as it came: type (1 byte), length (2), value
#ifndef RONDO_CHANNEL_ABOUT_H_
#define RONDO_CHANNEL_ABOUT_H_

#include <stddef.h>
#include <stdint.h>

#include <string>
#include <string_view>

#include "channel/frames.h"

namespace rondo {

enum class ProxyCommand : uint8_t { kLocal = 0, kProxy = 1 };
enum class ProxyTransport : uint8_t { kNone = 0, kStream = 1, kDatagram = 2 };

// A header as parsed; the views point into what was parsed.
struct ProxyHeader {
  uint8_t version = 0;
  ProxyCommand command = ProxyCommand::kLocal;
  uint8_t family = 0;
  ProxyTransport transport = ProxyTransport::kNone;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  std::string source;
  std::string destination;
  std::string_view tlvs;  // each of them whole
};

// At most kMaxAbout bytes (frames.h): the TLVs that fit, in their order.
std::string EncodeAbout(const ProxyHeader& header);

// The client's address: `family` 4 or 6 with so many bytes at `address`; 0 where it says nothing
// of a network's address, or is no such text.
struct AboutSource {
  uint8_t family = 0;
  uint16_t port = 0;
  const char* address = nullptr;
};
AboutSource SourceOf(const std::string& about);

}  // namespace rondo

#endif  // RONDO_CHANNEL_ABOUT_H_
