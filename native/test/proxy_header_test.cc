// links: channel/about.cc engine/look/proxy_header.cc
// The PROXY protocol's header, versions 1 and 2, as it is read: what is right and what is not, and
// the same torn at each place.
#include "engine/look/proxy_header.h"

#include <stdint.h>
#include <string.h>

#include <string>
#include <vector>

#include "channel/about.h"
#include "engine/look/crc32c.h"
#include "tap.h"

namespace {

using rondo::EncodeAbout;
using rondo::HeaderFault;
using rondo::kMaxAbout;
using rondo::kMaxProxyHeader;
using rondo::kMaxProxyLine;
using rondo::ParsedHeader;
using rondo::ParseProxyHeader;
using rondo::ProxyCommand;
using rondo::ProxyTransport;
using rondo::Seen;
using rondo::SourceOf;
using tap::is;
using tap::ok;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
const std::string kV4("\x0a\0\0\1\xc0\xa8\0\2\x30\x39\x01\xbb", 12);

ParsedHeader Parse(const std::string& bytes) {
  // Exactly so large, so that a sanitizer sees what is read beyond it.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  return ParseProxyHeader(exact.data(), exact.size());
}

// What goes to a worker of that header, while its bytes are there.
std::string About(const std::string& bytes) {
  return EncodeAbout(ParseProxyHeader(bytes.data(), bytes.size()).header);
}

std::string Number(size_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}

std::string Binary(int version_and_command, int family, const std::string& body) {
  return kSignature + static_cast<char>(version_and_command) + static_cast<char>(family) +
         Number(body.size()) + body;
}

std::string Tlv(int type, const std::string& value) {
  return static_cast<char>(type) + Number(value.size()) + value;
}

std::string Path(const std::string& path) { return path + std::string(108 - path.size(), '\0'); }

// Whether it is right as a whole, and never decided before the last byte has come.
void IsRight(const std::string& header, const std::string& name) {
  int decided = 0;
  for (size_t i = 0; i < header.size(); i++) {
    decided += Parse(header.substr(0, i)).seen != Seen::kMore;
  }
  is(decided, 0, name + ": torn anywhere, more is waited for");
  const ParsedHeader whole = Parse(header);
  ok(whole.seen == Seen::kDone, name + ": whole, it is right");
  is(static_cast<long long>(whole.length), static_cast<long long>(header.size()),
     name + ": and so long");
  const ParsedHeader more = Parse(header + "GET / HTTP/1.1\r\n\r\n");
  is(static_cast<long long>(more.length), static_cast<long long>(header.size()),
     name + ": what follows is none of it");
}

void IsBad(const std::string& bytes, HeaderFault fault, const std::string& name) {
  const ParsedHeader parsed = Parse(bytes);
  ok(parsed.seen == Seen::kBad && parsed.fault == fault, name);
  // What is wrong does not become right by what comes before the end.
  int done = 0;
  for (size_t i = 0; i < bytes.size(); i++) done += Parse(bytes.substr(0, i)).seen == Seen::kDone;
  is(done, 0, name + ", at no place it is taken");
}

void TestLines() {
  const std::string v4 = "PROXY TCP4 10.0.0.1 192.168.0.2 12345 443\r\n";
  IsRight(v4, "TCP4");
  const ParsedHeader parsed = Parse(v4);
  is(parsed.header.version, 1, "version 1");
  ok(parsed.header.command == ProxyCommand::kProxy, "a command there is none but this");
  is(parsed.header.family, 4, "IPv4");
  ok(parsed.header.transport == ProxyTransport::kStream, "a stream");
  is(parsed.header.source, std::string("\x0a\0\0\1", 4), "the source");
  is(parsed.header.destination, std::string("\xc0\xa8\0\2", 4), "the destination");
  is(parsed.header.source_port, 12345, "its port");
  is(parsed.header.destination_port, 443, "and that one's");

  IsRight("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", "TCP6");
  const ParsedHeader v6 = Parse("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n");
  is(v6.header.family, 6, "IPv6");
  is(v6.header.source, std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16), "in full");
  IsRight("PROXY TCP4 0.0.0.0 255.255.255.255 0 0\r\n", "the least and the most");

  IsRight("PROXY UNKNOWN\r\n", "UNKNOWN");
  is(Parse("PROXY UNKNOWN\r\n").header.family, 0, "which has no address");
  const std::string longest =
      "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535 and whatever else there may be ";
  IsRight(longest + std::string(kMaxProxyLine - 2 - longest.size(), 'x') + "\r\n", "107 bytes");
}

void TestWrongLines() {
  const HeaderFault malformed = HeaderFault::kMalformed;
  for (const char* line : {
           "PROXY \r\n",
           "PROXY TCP\r\n",
           "PROXY TCP5 10.0.0.1 10.0.0.2 1 2\r\n",
           "PROXY tcp4 10.0.0.1 10.0.0.2 1 2\r\n",
           "PROXY UNKNOWNS\r\n",
           "PROXY TCP4\r\n",
           "PROXY TCP4 10.0.0.1\r\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 1\r\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 1 2 \r\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 1 2 3\r\n",
           "PROXY  TCP4 10.0.0.1 10.0.0.2 1 2\r\n",
           "PROXY TCP4  10.0.0.1 10.0.0.2 1 2\r\n",
           "PROXY TCP4 10.0.0.1\t10.0.0.2 1 2\r\n",
           "PROXY TCP4 10.0.0.256 10.0.0.2 1 2\r\n",
           "PROXY TCP4 10.0.0 10.0.0.2 1 2\r\n",
           "PROXY TCP4 010.0.0.1 10.0.0.2 1 2\r\n",
           "PROXY TCP4 0xa.0.0.1 10.0.0.2 1 2\r\n",
           "PROXY TCP4 ::1 ::1 1 2\r\n",
           "PROXY TCP6 10.0.0.1 10.0.0.2 1 2\r\n",
           "PROXY TCP6 ::1%lo ::1 1 2\r\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 65536 2\r\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 -1 2\r\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 +1 2\r\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 01 2\r\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 1 2a\r\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 1 123456\r\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\n",
           "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r \n",
       }) {
    IsBad(line, malformed, std::string(line, strcspn(line, "\r\n")));
  }
  IsBad(std::string("PROXY TCP4 10.0.0.1\0 10.0.0.2 1 2\r\n", 35), malformed, "a NUL");
  const std::string start = "PROXY UNKNOWN ";
  IsBad(start + std::string(kMaxProxyLine - 1 - start.size(), 'x') + "\r\n", HeaderFault::kTooLong,
        "108 bytes");
  IsBad(start + std::string(kMaxProxyLine - start.size(), 'x'), HeaderFault::kTooLong,
        "no end within 107 bytes");
}

void TestMissing() {
  ok(Parse("").seen == Seen::kMore, "of nothing, more is waited for");
  for (const char* bytes : {"G", "GET / HTTP/1.1\r\n\r\n", "P0", "PROXX ", "PROXY\r\n", "proxy ",
                            "\x16\x03\x01", "\r\n\r\n\r\n", " PROXY TCP4", "\r\r"}) {
    IsBad(bytes, HeaderFault::kMissing, "no header: " + std::string(bytes, strcspn(bytes, "\r\n")));
  }
  IsBad(std::string("\0", 1), HeaderFault::kMissing, "nor is a NUL");
}

void TestBinary() {
  const std::string header = Binary(0x21, 0x11, kV4);
  IsRight(header, "IPv4, stream");
  const ParsedHeader parsed = Parse(header);
  is(parsed.header.version, 2, "version 2");
  is(parsed.header.family, 4, "its family");
  is(parsed.header.source, std::string("\x0a\0\0\1", 4), "its source");
  is(parsed.header.source_port, 12345, "its port");
  is(parsed.header.destination_port, 443, "its other port");
  IsRight(Binary(0x21, 0x12, kV4), "IPv4, datagram");
  ok(Parse(Binary(0x21, 0x12, kV4)).header.transport == ProxyTransport::kDatagram, "and says so");

  const std::string v6 = std::string(15, '\0') + '\1' + std::string(15, '\0') + '\2';
  IsRight(Binary(0x21, 0x21, v6 + Number(1) + Number(2)), "IPv6, stream");
  const ParsedHeader parsed6 = Parse(Binary(0x21, 0x21, v6 + Number(1) + Number(2)));
  is(parsed6.header.source, v6.substr(0, 16), "its source");
  is(parsed6.header.destination, v6.substr(16), "its destination");

  const std::string paths = Path("/run/a.sock") + Path(std::string("\0b", 2));
  IsRight(Binary(0x21, 0x31, paths), "Unix, stream");
  const ParsedHeader unix_ = Parse(Binary(0x21, 0x31, paths));
  is(unix_.header.family, 1, "a Unix socket");
  is(unix_.header.source, "/run/a.sock", "a path ends at its NUL");
  is(unix_.header.destination, std::string("\0b", 2), "an abstract name begins with one");
  IsRight(Binary(0x21, 0x31, std::string(216, '\0')), "Unix, without a name");
  is(Parse(Binary(0x21, 0x31, std::string(216, 'x'))).header.source, std::string(108, 'x'),
     "the longest path has none");

  IsRight(Binary(0x20, 0x00, ""), "LOCAL");
  IsRight(Binary(0x20, 0x11, kV4), "LOCAL, with an address");
  is(Parse(Binary(0x20, 0x11, kV4)).header.family, 0, "which is ignored");
  IsRight(Binary(0x20, 0xff, "anything"), "LOCAL, with what is no family");
  IsRight(Binary(0x21, 0x00, ""), "UNSPEC");
  IsRight(Binary(0x21, 0x00, "anything"), "UNSPEC, with what is unknown here");
  IsRight(Binary(0x21, 0x00, Tlv(5, "id")), "UNSPEC, with a TLV");
  is(About(Binary(0x21, 0x00, Tlv(5, "id"))).substr(14), Tlv(5, "id"), "which is kept");
}

void TestWrongBinary() {
  const HeaderFault malformed = HeaderFault::kMalformed;
  IsBad(kSignature + '\x11', malformed, "version 1 with a signature of 2");
  IsBad(kSignature + '\x31', malformed, "version 3");
  IsBad(kSignature + '\x22', malformed, "a command that is unknown");
  for (const int family : {0x01, 0x02, 0x10, 0x13, 0x20, 0x30, 0x33, 0x41, 0xff}) {
    IsBad(Binary(0x21, family, std::string(300, '\0')), malformed,
          "family and protocol " + std::to_string(family));
  }
  IsBad(Binary(0x21, 0x11, kV4.substr(1)), malformed, "too short for IPv4");
  IsBad(Binary(0x21, 0x21, std::string(35, '\0')), malformed, "too short for IPv6");
  IsBad(Binary(0x21, 0x31, std::string(215, '\0')), malformed, "too short for Unix");
  IsBad(Binary(0x21, 0x11, kV4 + "\1"), malformed, "a TLV without a length");
  IsBad(Binary(0x21, 0x11, kV4 + std::string("\1\0\2x", 4)), malformed, "a TLV beyond the end");
  const std::string most = kV4 + Tlv(0xee, std::string(kMaxProxyHeader - 16 - 12 - 3, 'x'));
  IsRight(Binary(0x21, 0x11, most), "4096 bytes");
  IsBad(Binary(0x21, 0x11, most + Tlv(4, "")), HeaderFault::kTooLong, "more");
  IsBad(Binary(0x21, 0x11, "").substr(0, 14) + "\xff\xff", HeaderFault::kTooLong,
        "a length of 64 KB, before they come");
}

void TestChecksum() {
  is(static_cast<long long>(rondo::Crc32c("123456789")), 0xe3069283ll,
     "CRC32c of the usual digits");
  const std::string without = Binary(0x21, 0x11, kV4 + Tlv(3, std::string(4, '\0')) + Tlv(4, "x"));
  const uint32_t crc = rondo::Crc32c(without);
  const std::string sum = Number(crc >> 16) + Number(crc & 0xffff);
  const std::string header = Binary(0x21, 0x11, kV4 + Tlv(3, sum) + Tlv(4, "x"));
  IsRight(header, "a checksum");
  std::string flipped = header;
  flipped[17] = static_cast<char>(flipped[17] ^ 1);
  IsBad(flipped, HeaderFault::kMalformed, "an address that is not of its checksum");
  IsBad(Binary(0x21, 0x11, kV4 + Tlv(3, "abc")), HeaderFault::kMalformed, "a short checksum");
}

void TestAbout() {
  const std::string tlvs = Tlv(1, "h2") + Tlv(2, "example.org") + Tlv(5, "");
  const std::string about = About(Binary(0x21, 0x11, kV4 + tlvs));
  is(about, std::string("\1\2\1\4\1\0\x30\x39\x01\xbb\0\4\0\4\x0a\0\0\1\xc0\xa8\0\2", 22) + tlvs,
     "what goes to the worker");
  is(SourceOf(about).family, 4, "the source of it");
  is(SourceOf(about).port, 12345, "and its port");
  is(std::string(SourceOf(about).address, 4), std::string("\x0a\0\0\1", 4), "and its address");
  int found = 0;
  for (size_t i = 0; i < 18; i++) found += SourceOf(about.substr(0, i)).family != 0;
  is(found, 0, "of what is cut there is none");
  is(SourceOf(About("PROXY UNKNOWN\r\n")).family, 0, "of UNKNOWN neither");
  is(SourceOf(About(Binary(0x21, 0x31, Path("/a") + Path("/b")))).family, 0, "nor of a path");
  is(SourceOf("").family, 0, "nor of nothing");
  // 22 bytes, then TLVs of 203.
  std::string many;
  for (int i = 0; i < 6; i++) many += Tlv(0xe0 + i, std::string(200, static_cast<char>('a' + i)));
  const std::string cut = About(Binary(0x21, 0x11, kV4 + many + Tlv(5, "x")));
  is(cut.substr(22), many.substr(0, 4 * 203) + Tlv(5, "x"), "the TLVs that fit, each whole");
  is(cut[5], 1, "and that some did not");
  ok(cut.size() <= kMaxAbout, "within 1 KB");
  const std::string paths = std::string(216, 'x');
  ok(About(Binary(0x21, 0x31, paths + many)).size() <= kMaxAbout, "with the longest paths, too");
}

// Headers with a byte or two that are not theirs: whatever they are then, no more is read than
// there is, and what is taken is within the limits.
void TestMutations() {
  const std::vector<std::string> seeds = {
      "PROXY TCP4 10.0.0.1 192.168.0.2 12345 443\r\n",
      "PROXY TCP6 2001:db8::1 ::1 1 65535\r\n",
      "PROXY UNKNOWN\r\n",
      Binary(0x21, 0x11, kV4 + Tlv(1, "h2") + Tlv(0x20, std::string(5, '\0') + Tlv(0x21, "1.3"))),
      Binary(0x21, 0x31, Path("/a") + Path("/b") + Tlv(3, "1234")),
      Binary(0x20, 0x00, ""),
  };
  uint32_t random = 1;
  const auto next = [&random](uint32_t below) {
    random = random * 1664525 + 1013904223;
    return (random >> 8) % below;
  };
  int outside = 0;
  int cases[3] = {};
  for (int i = 0; i < 200'000; i++) {
    std::string bytes = seeds[next(static_cast<uint32_t>(seeds.size()))];
    for (uint32_t flips = next(3); flips > 0; flips--) {
      const uint32_t at = next(static_cast<uint32_t>(bytes.size()));
      switch (next(4)) {
        case 0:
          bytes[at] = static_cast<char>(next(256));
          break;
        case 1:
          bytes.erase(at, 1 + next(4));
          break;
        case 2:
          bytes.insert(at, 1 + next(200), static_cast<char>(next(256)));
          break;
        default:
          bytes.resize(at);
      }
      if (bytes.empty()) break;
    }
    const std::vector<char> exact(bytes.begin(), bytes.end());
    const ParsedHeader parsed = ParseProxyHeader(exact.data(), exact.size());
    cases[static_cast<int>(parsed.seen)]++;
    if (parsed.seen != Seen::kDone) continue;
    const size_t most = parsed.header.version == 1 ? kMaxProxyLine : kMaxProxyHeader;
    outside += parsed.length > bytes.size() || parsed.length > most ||
               EncodeAbout(parsed.header).size() > kMaxAbout;
  }
  is(outside, 0, "200,000 headers with faults: no length beyond the limits");
  ok(cases[0] > 1000 && cases[1] > 1000 && cases[2] > 1000, "of each outcome there were many");
}

}  // namespace

int main() {
  TestLines();
  TestWrongLines();
  TestMissing();
  TestBinary();
  TestWrongBinary();
  TestChecksum();
  TestAbout();
  TestMutations();
  return tap::done();
}
