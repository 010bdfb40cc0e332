// links: engine/look/tls_hello.cc
// What is read of a ClientHello: recorded ones, such as are put together here, each place where the
// bytes can be torn or spread over records, and mutations.
#include "engine/look/tls_hello.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "client_hellos.h"
#include "tap.h"

namespace {

using rondo::kMostHelloBytes;
using rondo::Reading;
using rondo::TlsHello;
using tap::is;
using tap::ok;

std::string Text(std::string_view text) { return std::string(text); }

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string Number(size_t size, size_t value) {
  std::string bytes;
  for (size_t i = size; i > 0; i--) bytes += static_cast<char>(value >> 8 * (i - 1));
  return bytes;
}

std::string Vector(size_t size, const std::string& body) {
  return Number(size, body.size()) + body;
}

std::string Extension(uint16_t type, const std::string& body) {
  return Number(2, type) + Vector(2, body);
}

std::string Message(const std::string& session_id, const std::string& extensions) {
  const std::string body = "\x03\x03" + std::string(32, 'r') + Vector(1, session_id) +
                           Vector(2, "\x13\x01") + Vector(1, std::string(1, '\0')) +
                           Vector(2, extensions);
  return "\x01" + Vector(3, body);
}

// In records of at most `size` bytes each.
std::string Records(const std::string& message, size_t size) {
  std::string bytes;
  for (size_t at = 0; at < message.size(); at += size) {
    bytes += "\x16\x03\x01" + Vector(2, message.substr(at, size));
  }
  return bytes;
}

std::string NameExtension(const std::string& name) {
  return Extension(0, Vector(2, std::string(1, '\0') + Vector(2, name)));
}

void TestRecorded() {
  const struct {
    const char* name;
    const char* hex;
    size_t ids;  // bytes of the session id
    bool is_resumed;
    bool is_tls13;
  } kCases[] = {
      {"TLS 1.3", hellos::kTls13, 32, false, true},
      {"TLS 1.3, resumed", hellos::kTls13Resumed, 32, true, true},
      {"TLS 1.2", hellos::kTls12, 0, false, false},
      {"TLS 1.2, resumed", hellos::kTls12Resumed, 32, true, false},
  };
  for (const auto& one : kCases) {
    const std::string bytes = FromHex(one.hex);
    const auto hello = std::make_unique<TlsHello>();
    ok(hello->Read(bytes) == Reading::kComplete, std::string(one.name) + ": complete");
    is(Text(hello->server_name()), "api.example.com", std::string(one.name) + ": server name");
    is(static_cast<long long>(hello->session_id().size()), static_cast<long long>(one.ids),
       std::string(one.name) + ": session id");
    const std::string ticket = one.is_resumed ? FromHex(hellos::kTicketName) : "";
    is(Text(hello->ticket().substr(0, 16)), ticket, std::string(one.name) + ": ticket");
    ok(hello->offers_tls13() == one.is_tls13, std::string(one.name) + ": version");
  }
}

void TestTorn() {
  for (const char* const hex : {hellos::kTls13, hellos::kTls13Resumed, hellos::kTls12Resumed}) {
    const std::string bytes = FromHex(hex);
    int wrong = 0;
    for (size_t size = 0; size < bytes.size(); size++) {
      const auto hello = std::make_unique<TlsHello>();
      const std::string torn = bytes.substr(0, size);
      if (hello->Read(torn) != Reading::kMore || !hello->server_name().empty()) wrong++;
    }
    is(wrong, 0, "torn anywhere there is more to come");
    const auto hello = std::make_unique<TlsHello>();
    ok(hello->Read(bytes + "what follows") == Reading::kComplete,
       "and what follows it is not read");
  }
}

void TestSpread() {
  const std::string message =
      Message("session", NameExtension("spread.example.com") +
                             Extension(41, Vector(2, Vector(2, "identity") + "age.") + "binders"));
  for (const size_t size : {1, 2, 3, 4, 5, 7, 64, 10000}) {
    const auto hello = std::make_unique<TlsHello>();
    const std::string bytes = Records(message, size);
    ok(hello->Read(bytes) == Reading::kComplete && hello->server_name() == "spread.example.com" &&
           hello->session_id() == "session" && hello->ticket() == "identity",
       "records of " + std::to_string(size) + " bytes");
    int wrong = 0;
    for (size_t torn = 0; torn < bytes.size(); torn++) {
      if (hello->Read(bytes.substr(0, torn)) != Reading::kMore) wrong++;
    }
    is(wrong, 0, "each torn anywhere");
  }
}

void TestForms() {
  const auto hello = std::make_unique<TlsHello>();
  // Without extensions at all.
  const std::string body = "\x03\x01" + std::string(32, 'r') + Vector(1, "id") +
                           Vector(2, "\x13\x01") + Vector(1, std::string(1, '\0'));
  ok(hello->Read(Records("\x01" + Vector(3, body), 1000)) == Reading::kComplete &&
         hello->session_id() == "id",
     "a hello without extensions");
  const std::string two = Extension(
      0, Vector(2, "\x07" + Vector(2, "other") + std::string(1, '\0') + Vector(2, "host")));
  ok(hello->Read(Records(Message("", two), 1000)) == Reading::kComplete &&
         hello->server_name() == "host",
     "a name of another kind is passed over");
  ok(hello->Read(Records(Message("", Extension(35, "")), 1000)) == Reading::kComplete &&
         hello->ticket().empty(),
     "an empty ticket is none");
}

void TestNotTls() {
  const auto hello = std::make_unique<TlsHello>();
  const std::string kOthers[] = {
      "GET / HTTP/1.1\r\n",
      "\x16\x02",
      "\x15\x03\x01",
      std::string("\x16\x03\x01\x00\x00", 5),
      std::string("\x16\x03\x01\x00\x04\x02\x00\x00\x10", 9),
      "\x16\x03\x01\xff\xff",
      std::string("\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9),
      Records("\x01" + Vector(3, "short"), 100),
  };
  for (const std::string& other : kOthers) {
    ok(hello->Read(other) == Reading::kNotThis, "not a ClientHello");
  }
}

void TestBound() {
  const auto hello = std::make_unique<TlsHello>();
  const std::string name = NameExtension("early.example.com");
  const std::string pad = Extension(21, std::string(kMostHelloBytes, 'p'));
  const std::string bytes = Records(Message("id", name + pad + Extension(35, "late")), 16384);
  ok(hello->Read(bytes.substr(0, kMostHelloBytes - 1)) == Reading::kMore, "below the bound: more");
  ok(hello->Read(bytes) == Reading::kComplete, "a longer hello is complete at the bound");
  ok(hello->server_name() == "early.example.com" && hello->ticket().empty(),
     "with what is before it");
}

void TestMutations() {
  std::mt19937 random(2);
  const std::vector<std::string> seeds = {
      FromHex(hellos::kTls13Resumed), FromHex(hellos::kTls12Resumed),
      Records(Message("id", NameExtension("a.example.com") + Extension(35, "ticket")), 9)};
  const auto hello = std::make_unique<TlsHello>();
  const char* const begin = reinterpret_cast<const char*>(hello.get());
  int outside = 0;
  for (int round = 0; round < 60000; round++) {
    std::string bytes = seeds[random() % seeds.size()];
    for (int i = static_cast<int>(random() % 5); i >= 0; i--) {
      const size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          // Lengths, above all.
          bytes[at] = static_cast<char>(random() % 2 == 0 ? 0 : 0xff);
          break;
        case 2:
          bytes.erase(at, random() % 40);
          break;
        default:
          bytes.insert(at, std::string(random() % 40, static_cast<char>(random())));
      }
      if (bytes.empty()) bytes = "\x16";
    }
    const std::string copy(bytes.data(), bytes.size());
    hello->Read(copy);
    for (const std::string_view text :
         {hello->server_name(), hello->session_id(), hello->ticket()}) {
      if (text.empty()) continue;
      if (text.data() < begin || text.data() + text.size() > begin + sizeof(TlsHello)) outside++;
    }
  }
  is(outside, 0, "60,000 mutations: nothing outside of what was read");
}

}  // namespace

int main() {
  TestRecorded();
  TestTorn();
  TestSpread();
  TestForms();
  TestNotTls();
  TestBound();
  TestMutations();
  return tap::done();
}
