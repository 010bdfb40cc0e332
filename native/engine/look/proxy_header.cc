#include "engine/look/proxy_header.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "engine/look/crc32c.h"

namespace rondo {

namespace {

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kBinaryHead = 16;
constexpr size_t kTlvHead = 3;
constexpr uint8_t kCrc32c = 0x03;
constexpr size_t kUnixPath = 108;

ParsedHeader Bad(HeaderFault fault) {
  ParsedHeader parsed;
  parsed.seen = Seen::kBad;
  parsed.fault = fault;
  return parsed;
}

bool IsPrefix(std::string_view bytes, std::string_view of) {
  const size_t length = std::min(bytes.size(), of.size());
  return bytes.substr(0, length) == of.substr(0, length);
}

// ---- version 1 ----

// The next field of a line whose fields one space parts. False: there is none.
bool TakeField(std::string_view* line, std::string_view* out) {
  if (line->data() == nullptr) return false;
  const size_t end = line->find(' ');
  *out = line->substr(0, end);
  *line = end == std::string_view::npos ? std::string_view() : line->substr(end + 1);
  return true;
}

bool ParseAddress(std::string_view text, uint8_t family, std::string* out) {
  const std::string terminated(text);
  // inet_pton() would end at a NUL.
  if (terminated.size() != strlen(terminated.c_str())) return false;
  out->resize(family == 4 ? 4 : 16);
  return inet_pton(family == 4 ? AF_INET : AF_INET6, terminated.c_str(), out->data()) == 1;
}

bool ParsePort(std::string_view text, uint16_t* out) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return false;
  uint32_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return false;
    number = number * 10 + static_cast<uint32_t>(digit - '0');
  }
  *out = static_cast<uint16_t>(number);
  return number <= UINT16_MAX;
}

// `line`: between "PROXY " and the CRLF.
bool ParseLine(std::string_view line, ProxyHeader* out) {
  out->version = 1;
  out->command = ProxyCommand::kProxy;
  std::string_view family;
  std::string_view source;
  std::string_view destination;
  std::string_view source_port;
  std::string_view destination_port;
  TakeField(&line, &family);
  // Whatever comes behind it is to be ignored.
  if (family == "UNKNOWN") return true;
  if (family != "TCP4" && family != "TCP6") return false;
  out->family = family == "TCP4" ? 4 : 6;
  out->transport = ProxyTransport::kStream;
  return TakeField(&line, &source) && TakeField(&line, &destination) &&
         TakeField(&line, &source_port) && TakeField(&line, &destination_port) &&
         line.data() == nullptr && ParseAddress(source, out->family, &out->source) &&
         ParseAddress(destination, out->family, &out->destination) &&
         ParsePort(source_port, &out->source_port) &&
         ParsePort(destination_port, &out->destination_port);
}

ParsedHeader ParseText(std::string_view bytes) {
  const std::string_view most = bytes.substr(0, kMaxProxyLine);
  const size_t end = most.find_first_of("\r\n", kLineStart.size());
  const bool is_cut = bytes.size() >= kMaxProxyLine;
  if (end == std::string_view::npos || (most[end] == '\r' && end + 1 == most.size())) {
    return is_cut ? Bad(HeaderFault::kTooLong) : ParsedHeader();
  }
  if (most[end] != '\r' || most[end + 1] != '\n') return Bad(HeaderFault::kMalformed);
  ParsedHeader parsed;
  const std::string_view line = most.substr(kLineStart.size(), end - kLineStart.size());
  if (!ParseLine(line, &parsed.header)) return Bad(HeaderFault::kMalformed);
  parsed.seen = Seen::kDone;
  parsed.length = end + 2;
  return parsed;
}

// ---- version 2 ----

uint16_t NumberAt(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 |
                               static_cast<uint8_t>(bytes[at + 1]));
}

// A path ends at the first NUL; an abstract name begins with one, and ends where only NULs follow.
std::string PathOf(std::string_view field) {
  if (field[0] != '\0') return std::string(field.substr(0, field.find('\0')));
  const size_t last = field.find_last_not_of('\0');
  return std::string(field.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

// How many bytes of addresses there are; 0 also for what has no address, -1 for what is no family.
int AddressLength(uint8_t family_and_transport) {
  switch (family_and_transport) {
    case 0x00:
      return 0;
    case 0x11:
    case 0x12:
      return 12;
    case 0x21:
    case 0x22:
      return 36;
    case 0x31:
    case 0x32:
      return 2 * kUnixPath;
    default:
      return -1;
  }
}

void TakeAddresses(uint8_t family_and_transport, std::string_view addresses, ProxyHeader* out) {
  if (addresses.empty()) return;
  out->transport =
      (family_and_transport & 0xf) == 1 ? ProxyTransport::kStream : ProxyTransport::kDatagram;
  if (family_and_transport >> 4 == 3) {
    out->family = 1;
    out->source = PathOf(addresses.substr(0, kUnixPath));
    out->destination = PathOf(addresses.substr(kUnixPath));
    return;
  }
  const size_t size = family_and_transport >> 4 == 1 ? 4 : 16;
  out->family = size == 4 ? 4 : 6;
  out->source = addresses.substr(0, size);
  out->destination = addresses.substr(size, size);
  out->source_port = NumberAt(addresses, 2 * size);
  out->destination_port = NumberAt(addresses, 2 * size + 2);
}

// Whether each is whole, and the checksum, if there is one, that of `all`.
bool AreTlvsRight(std::string_view all, std::string_view tlvs) {
  while (!tlvs.empty()) {
    if (tlvs.size() < kTlvHead) return false;
    const size_t length = NumberAt(tlvs, 1);
    if (tlvs.size() < kTlvHead + length) return false;
    const std::string_view value = tlvs.substr(kTlvHead, length);
    if (static_cast<uint8_t>(tlvs[0]) == kCrc32c) {
      if (length != sizeof(uint32_t)) return false;
      const uint32_t said = static_cast<uint32_t>(NumberAt(value, 0)) << 16 | NumberAt(value, 2);
      // As it is without it: with zeroes there.
      std::string copy(all);
      memset(copy.data() + (value.data() - all.data()), 0, length);
      if (Crc32c(copy) != said) return false;
    }
    tlvs.remove_prefix(kTlvHead + length);
  }
  return true;
}

ParsedHeader ParseBinary(std::string_view bytes) {
  if (bytes.size() <= kSignature.size()) return ParsedHeader();
  const uint8_t version_and_command = static_cast<uint8_t>(bytes[12]);
  if (version_and_command != 0x20 && version_and_command != 0x21) {
    return Bad(HeaderFault::kMalformed);
  }
  if (bytes.size() < kBinaryHead) return ParsedHeader();
  const size_t length = kBinaryHead + NumberAt(bytes, 14);
  if (length > kMaxProxyHeader) return Bad(HeaderFault::kTooLong);
  const uint8_t family = static_cast<uint8_t>(bytes[13]);
  const bool is_local = version_and_command == 0x20;
  const int address_length = is_local ? 0 : AddressLength(family);
  if (address_length < 0 || length < kBinaryHead + static_cast<size_t>(address_length)) {
    return Bad(HeaderFault::kMalformed);
  }
  if (bytes.size() < length) return ParsedHeader();
  ParsedHeader parsed;
  parsed.seen = Seen::kDone;
  parsed.length = length;
  parsed.header.version = 2;
  // Of the proxy itself: what else is in it is to be ignored.
  if (is_local) return parsed;
  parsed.header.command = ProxyCommand::kProxy;
  const std::string_view all = bytes.substr(0, length);
  TakeAddresses(family, all.substr(kBinaryHead, static_cast<size_t>(address_length)),
                &parsed.header);
  const std::string_view tlvs = all.substr(kBinaryHead + static_cast<size_t>(address_length));
  if (AreTlvsRight(all, tlvs)) {
    parsed.header.tlvs = tlvs;
  } else if (family != 0) {
    return Bad(HeaderFault::kMalformed);
  }
  // Without a family, what follows may be addresses of one that is not known here.
  return parsed;
}

}  // namespace

ParsedHeader ParseProxyHeader(const char* bytes, size_t length) {
  const std::string_view all(bytes, length);
  if (!all.empty() && IsPrefix(all, kSignature)) return ParseBinary(all);
  if (!IsPrefix(all, kLineStart)) return Bad(HeaderFault::kMissing);
  return all.size() < kLineStart.size() ? ParsedHeader() : ParseText(all);
}

}  // namespace rondo
