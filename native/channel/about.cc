#include "channel/about.h"

namespace rondo {

namespace {

constexpr char kLayout = 1;
constexpr size_t kFixed = 14;
constexpr size_t kTlvHead = 3;

void AppendNumber(uint16_t number, std::string* out) {
  out->push_back(static_cast<char>(number >> 8));
  out->push_back(static_cast<char>(number & 0xff));
}

uint16_t NumberAt(const std::string_view& bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 |
                               static_cast<uint8_t>(bytes[at + 1]));
}

}  // namespace

std::string EncodeAbout(const ProxyHeader& header) {
  std::string about;
  about.reserve(kFixed + header.source.size() + header.destination.size() + header.tlvs.size());
  about.push_back(kLayout);
  about.push_back(static_cast<char>(header.version));
  about.push_back(static_cast<char>(header.command));
  about.push_back(static_cast<char>(header.family));
  about.push_back(static_cast<char>(header.transport));
  about.push_back(0);
  AppendNumber(header.source_port, &about);
  AppendNumber(header.destination_port, &about);
  AppendNumber(static_cast<uint16_t>(header.source.size()), &about);
  AppendNumber(static_cast<uint16_t>(header.destination.size()), &about);
  about += header.source;
  about += header.destination;
  std::string_view left = header.tlvs;
  while (left.size() >= kTlvHead) {
    const size_t length = kTlvHead + NumberAt(left, 1);
    if (length > left.size() || about.size() + length > kMaxAbout) {
      about[5] = 1;
    } else {
      about.append(left.data(), length);
    }
    left.remove_prefix(length > left.size() ? left.size() : length);
  }
  return about;
}

AboutSource SourceOf(const std::string& about) {
  AboutSource source;
  if (about.size() < kFixed || about[0] != kLayout) return source;
  const uint8_t family = static_cast<uint8_t>(about[3]);
  const size_t length = NumberAt(about, 10);
  const bool is_ip = (family == 4 && length == 4) || (family == 6 && length == 16);
  if (!is_ip || about.size() < kFixed + length) return source;
  source.family = family;
  source.port = NumberAt(about, 6);
  source.address = about.data() + kFixed;
  return source;
}

}  // namespace rondo
