// links: channel/about.cc engine/look/trusted.cc engine/peer.cc
// Which sources a PROXY header is believed from.
#include "engine/look/trusted.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "clients.h"
#include "tap.h"

namespace {

using rondo::Trust;
using rondo::Trusted;
using tap::is;
using tap::ok;

Trusted Of(const std::vector<std::string>& sources) {
  Trusted trusted;
  for (const std::string& source : sources) ok(trusted.Add(source), "taken: " + source);
  return trusted;
}

bool Has(const Trusted& trusted, const char* address) {
  uint8_t bytes[16] = {};
  const bool is_ipv4 = inet_pton(AF_INET, address, bytes) == 1;
  if (!is_ipv4) inet_pton(AF_INET6, address, bytes);
  return trusted.HasAddress(is_ipv4 ? 4 : 6, bytes);
}

void TestNetworks() {
  const Trusted trusted =
      Of({"10.0.0.0/8", "192.168.7.129/25", "203.0.113.7", "2001:db8::/33", "::1", "fe80::/127"});
  for (const char* address :
       {"10.0.0.0", "10.255.255.255", "192.168.7.128", "192.168.7.255", "203.0.113.7",
        "::ffff:10.1.2.3", "2001:db8::1", "2001:db8:7fff::1", "::1", "fe80::", "fe80::1"}) {
    ok(Has(trusted, address), std::string("in it: ") + address);
  }
  for (const char* address :
       {"9.255.255.255", "11.0.0.0", "192.168.7.127", "192.168.8.128", "203.0.113.6",
        "::ffff:11.1.2.3", "2001:db8:8000::", "2001:db9::", "::", "::2", "fe80::2", "::10.0.0.1"}) {
    ok(!Has(trusted, address), std::string("not in it: ") + address);
  }
  ok(Has(Of({"0.0.0.0/0"}), "1.2.3.4") && !Has(Of({"0.0.0.0/0"}), "::1"), "all of IPv4");
  ok(Has(Of({"::/0"}), "::1") && !Has(Of({"::/0"}), "1.2.3.4"), "all of IPv6");
  ok(Has(Of({"::ffff:10.0.0.0/104"}), "10.1.2.3"), "IPv4 as IPv6 has it");
  ok(!Has(Of({"::ffff:10.0.0.0/104"}), "11.1.2.3"), "and no more of it");
  ok(!Has(Trusted(), "127.0.0.1"), "without any, none");
}

void TestNoSources() {
  Trusted trusted;
  for (const char* source : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8",
                             "10.0.0.0/1x", "10.0.0/8", "::1/129", "::1%lo", "Unix", "localhost"}) {
    ok(!trusted.Add(source), std::string("no source: ") + source);
  }
  ok(!Has(trusted, "10.0.0.1") && !Has(trusted, "::1"), "and nothing of them is trusted");
}

void TestSockets() {
  const Trusted networks = Of({"127.0.0.0/8"});
  const Trusted paths = Of({"unix"});
  const support::Door door = support::OpenDoor();
  support::UniqueFd client = support::Connect(door.port);
  const support::UniqueFd served(accept4(door.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ok(networks.Of(served.get()) == Trust::kYes, "a connection from there");
  ok(paths.Of(served.get()) == Trust::kNo, "and from elsewhere");
  int pair[2];
  is(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0, "(a Unix socket)");
  ok(paths.Of(pair[0]) == Trust::kYes, "a Unix socket's");
  ok(networks.Of(pair[0]) == Trust::kNo, "is in no network");
  close(pair[0]);
  close(pair[1]);
  const linger reset = {1, 0};
  setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  client.Reset();
  ok(support::Until([&] { return networks.Of(served.get()) == Trust::kGone; }),
     "one whose client is gone is nobody's");
}

}  // namespace

int main() {
  TestNetworks();
  TestNoSources();
  TestSockets();
  return tap::done();
}
