#include "engine/look/tls_hello.h"

#include <string.h>

#include <algorithm>

namespace rondo {

namespace {

constexpr uint8_t kHandshakeRecord = 22;
constexpr uint8_t kClientHello = 1;
constexpr size_t kRecordHeader = 5;
constexpr size_t kMessageHeader = 4;
// RFC 8446, 5.1: a record of plain text.
constexpr size_t kLongestRecord = 1 << 14;
// A hello of any client has some hundred bytes, and with keys that withstand quantum computers less
// than 2000. One that claims more than this is something else.
constexpr size_t kLongestHello = 1 << 16;

constexpr uint16_t kServerName = 0;
constexpr uint16_t kSessionTicket = 35;
constexpr uint16_t kPreSharedKey = 41;
constexpr uint16_t kSupportedVersions = 43;
constexpr uint8_t kHostName = 0;
constexpr uint16_t kTls13 = 0x0304;

uint8_t ByteAt(std::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

}  // namespace

// Reads from the front, and is done for good with the first number that is not whole.
class TlsHello::Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  bool IsEmpty() const { return bytes_.empty(); }
  bool Number(size_t size, uint32_t* out) {
    if (bytes_.size() < size) return Fail();
    *out = 0;
    for (size_t i = 0; i < size; i++) *out = *out << 8 | ByteAt(bytes_, i);
    bytes_.remove_prefix(size);
    return true;
  }
  bool Skip(size_t size) {
    if (bytes_.size() < size) return Fail();
    bytes_.remove_prefix(size);
    return true;
  }
  // So many bytes as the number of `size` bytes in front of them says.
  bool Vector(size_t size, std::string_view* out) {
    uint32_t length = 0;
    if (!Number(size, &length) || bytes_.size() < length) return Fail();
    *out = bytes_.substr(0, length);
    bytes_.remove_prefix(length);
    return true;
  }
  std::string_view rest() const { return bytes_; }

 private:
  bool Fail() {
    bytes_ = {};
    return false;
  }

  std::string_view bytes_;
};

Reading TlsHello::Read(std::string_view bytes) {
  server_name_ = session_id_ = ticket_ = {};
  offers_tls13_ = false;
  const bool is_bounded = bytes.size() >= kMostHelloBytes;
  bytes = bytes.substr(0, kMostHelloBytes);
  size_t length = 0;  // of what is in hello_
  size_t wanted = kMessageHeader;
  bool is_whole = false;
  for (size_t at = 0; !is_whole;) {
    const std::string_view rest = bytes.substr(std::min(at, bytes.size()));
    if (rest.size() >= 1 && ByteAt(rest, 0) != kHandshakeRecord) return Reading::kNotThis;
    if (rest.size() >= 2 && ByteAt(rest, 1) != 3) return Reading::kNotThis;
    if (rest.size() < kRecordHeader) break;
    const size_t size = static_cast<size_t>(ByteAt(rest, 3)) << 8 | ByteAt(rest, 4);
    if (size == 0 || size > kLongestRecord) return Reading::kNotThis;
    const std::string_view part = rest.substr(kRecordHeader, size);
    memcpy(hello_ + length, part.data(), part.size());
    length += part.size();
    if (length >= 1 && static_cast<uint8_t>(hello_[0]) != kClientHello) return Reading::kNotThis;
    if (length >= kMessageHeader) {
      const std::string_view head(hello_, kMessageHeader);
      const size_t body = static_cast<size_t>(ByteAt(head, 1)) << 16 |
                          static_cast<size_t>(ByteAt(head, 2)) << 8 | ByteAt(head, 3);
      if (body > kLongestHello) return Reading::kNotThis;
      wanted = kMessageHeader + body;
    }
    is_whole = length >= kMessageHeader && length >= wanted;
    if (part.size() < size) break;
    at += kRecordHeader + size;
  }
  if (!is_whole && !is_bounded) return Reading::kMore;
  if (length <= kMessageHeader) return Reading::kComplete;

  Cursor cursor(std::string_view(hello_, std::min(length, wanted)).substr(kMessageHeader));
  std::string_view ciphers;
  std::string_view compressions;
  // Version and random.
  if (!cursor.Skip(2 + 32) || !cursor.Vector(1, &session_id_) || !cursor.Vector(2, &ciphers) ||
      !cursor.Vector(1, &compressions)) {
    session_id_ = {};
    return is_bounded && !is_whole ? Reading::kComplete : Reading::kNotThis;
  }
  uint32_t extensions = 0;
  // None in a very old hello. If their end is beyond the bound, those that are whole are read.
  if (!cursor.Number(2, &extensions)) return Reading::kComplete;
  if (extensions < cursor.rest().size()) cursor = Cursor(cursor.rest().substr(0, extensions));
  while (!cursor.IsEmpty()) {
    uint32_t type = 0;
    std::string_view body;
    if (!cursor.Number(2, &type) || !cursor.Vector(2, &body)) break;
    ReadExtension(static_cast<uint16_t>(type), Cursor(body));
  }
  return Reading::kComplete;
}

void TlsHello::ReadExtension(uint16_t type, Cursor body) {
  std::string_view list;
  switch (type) {
    case kServerName:
      if (!body.Vector(2, &list)) return;
      for (Cursor names(list); !names.IsEmpty();) {
        uint32_t kind = 0;
        std::string_view name;
        if (!names.Number(1, &kind) || !names.Vector(2, &name)) return;
        if (kind == kHostName && server_name_.empty()) server_name_ = name;
      }
      return;
    case kSessionTicket:
      // Of a session of TLS 1.2; empty: the client would like to have one.
      if (ticket_.empty()) ticket_ = body.rest();
      return;
    case kPreSharedKey: {
      std::string_view identity;
      if (body.Vector(2, &list) && Cursor(list).Vector(2, &identity)) ticket_ = identity;
      return;
    }
    case kSupportedVersions:
      if (!body.Vector(1, &list)) return;
      for (Cursor versions(list); !versions.IsEmpty();) {
        uint32_t version = 0;
        if (!versions.Number(2, &version)) return;
        offers_tls13_ = offers_tls13_ || version == kTls13;
      }
      return;
    default:
      return;
  }
}

}  // namespace rondo
