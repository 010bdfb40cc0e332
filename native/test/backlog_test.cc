// links: engine/backlog.cc engine/peer.cc channel/about.cc
// What can be seen of the connections that wait to be accepted: how many, for how long, and whose.
#include "engine/backlog.h"

#include <string>
#include <vector>

#include "base/clock.h"
#include "clients.h"
#include "engine/peer.h"
#include "support.h"
#include "tap.h"

namespace {

using rondo::AddressText;
using rondo::BacklogAge;
using rondo::BacklogLength;
using rondo::kMillisecond;
using rondo::MeasureBacklog;
using rondo::ParsePeer;
using rondo::Peer;
using rondo::PeerOf;
using rondo::UniqueFd;
using support::CountOpenFds;
using support::Until;
using tap::is;
using tap::ok;

constexpr uint64_t kStart = 1'000'000 * kMillisecond;

// ---- how many
// -------------------------------------------------------------------------------------

void TestMeasure() {
  const support::Door door = support::OpenDoor();
  listen(door.fd.get(), 20);
  BacklogLength backlog = MeasureBacklog(door.fd.get());
  if (backlog.most == 0) return tap::skip("how long a backlog is", "it cannot be seen here");
  is(backlog.most, 20, "a listener's backlog is as long as it was asked to be");
  is(backlog.length, 0, "and empty");
  std::vector<UniqueFd> clients;
  for (uint32_t i = 1; i <= 10; i++) {
    clients.push_back(support::Connect(door.port));
    ok(Until([&] { return MeasureBacklog(door.fd.get()).length == i; }), "each that waits counts");
  }
  clients.clear();
  is(MeasureBacklog(door.fd.get()).length, 10, "one whose client is gone waits too");
  for (int i = 0; i < 4; i++) UniqueFd(accept4(door.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  is(MeasureBacklog(door.fd.get()).length, 6, "one that is accepted does not");
}

void TestMeasureOthers() {
  const UniqueFd local(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  is(MeasureBacklog(local.get()).most, 0, "of a Unix socket nothing is known");
  is(MeasureBacklog(-1).most, 0, "nor of no socket");
}

// ---- for how long
// ----------------------------------------------------------------------------------

uint64_t AgeMs(const BacklogAge& age, uint64_t accepted, uint64_t at_ms) {
  return age.HeadAgeNs(accepted, kStart + at_ms * kMillisecond) / kMillisecond;
}

void TestAge() {
  BacklogAge age;
  const auto note = [&](uint64_t accepted, uint32_t length, uint64_t at_ms) {
    age.Note(accepted, length, kStart + at_ms * kMillisecond);
  };
  is(static_cast<long long>(AgeMs(age, 0, 5)), 0, "without a look nothing is known");
  note(0, 3, 10);
  is(static_cast<long long>(AgeMs(age, 0, 10)), 0, "one that is seen just now is new");
  is(static_cast<long long>(AgeMs(age, 0, 25)), 15, "and ages");
  note(0, 5, 20);
  note(0, 5, 30);
  is(static_cast<long long>(AgeMs(age, 0, 40)), 30,
     "the first that waits is as old as the first look");
  is(static_cast<long long>(AgeMs(age, 2, 40)), 30, "so are those that were seen with it");
  is(static_cast<long long>(AgeMs(age, 3, 40)), 20,
     "and the next as old as the look it was new at");
  is(static_cast<long long>(AgeMs(age, 4, 40)), 20, "(both of them)");
  is(static_cast<long long>(AgeMs(age, 5, 40)), 0, "what comes then is new");
  note(4, 1, 50);
  is(static_cast<long long>(AgeMs(age, 4, 60)), 40,
     "what is accepted changes nothing for the others");
  note(5, 0, 70);
  is(static_cast<long long>(AgeMs(age, 5, 80)), 0, "an empty backlog has no age");
  note(5, 2, 90);
  is(static_cast<long long>(AgeMs(age, 5, 100)), 10, "and then one again");
  age.Clear();
  is(static_cast<long long>(AgeMs(age, 5, 200)), 0, "cleared, nothing is known");
}

// Many looks, one each 2 ms: nobody is thought to be older than he is but those beyond what is
// kept, and nobody younger than by one look.
void TestAgeOfMany() {
  BacklogAge age;
  std::vector<uint64_t> come_ms;
  uint64_t accepted = 0;
  int older = 0;
  int younger = 0;
  for (uint64_t at_ms = 0; at_ms < 5000; at_ms += 2) {
    for (uint64_t i = 0; i < at_ms * 7 % 5; i++) come_ms.push_back(at_ms == 0 ? 0 : at_ms - 1);
    for (uint64_t i = 0; i < at_ms * 3 % 5 && accepted < come_ms.size(); i++) accepted++;
    age.Note(accepted, static_cast<uint32_t>(come_ms.size() - accepted),
             kStart + at_ms * kMillisecond);
    if (accepted == come_ms.size()) continue;
    const uint64_t real_ms = at_ms - come_ms[accepted];
    const uint64_t seen_ms = AgeMs(age, accepted, at_ms);
    older += seen_ms > real_ms;
    younger += seen_ms + 2 < real_ms;
  }
  is(older, 0, "in many looks nobody is thought older than he is");
  is(younger, 0, "or younger than by a look");

  BacklogAge full;
  for (uint64_t at_ms = 0; at_ms < 4000; at_ms += 2) {
    full.Note(0, static_cast<uint32_t>(at_ms / 2 + 1), kStart + at_ms * kMillisecond);
  }
  is(static_cast<long long>(AgeMs(full, 0, 4000)), 4000, "of a long backlog the first is known");
  ok(AgeMs(full, 1900, 4000) >= 200, "and the last is thought older rather than younger");
}

// ---- whose
// ------------------------------------------------------------------------------------------

void TestPeers() {
  const char* const addresses[] = {
      "127.0.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1", "::ffff:1.2.3.4"};
  for (const char* const address : addresses) {
    const Peer peer = ParsePeer(address);
    is(AddressText(peer), address, std::string(address) + " is read and written");
    is(peer.family, strchr(address, ':') == nullptr ? 4 : 6, "(its family)");
  }
  for (const char* const text : {"", "localhost", "1.2.3", "1.2.3.4.5", "::g", "1.2.3.4 "}) {
    const Peer peer = ParsePeer(text);
    is(peer.family, 0, "'" + std::string(text) + "' is no address");
    is(AddressText(peer), "", "and has no text");
  }

  const support::Door door = support::OpenDoor();
  const UniqueFd client = support::Connect(door.port);
  UniqueFd connection;
  ok(Until([&] {
       connection.Reset(accept4(door.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
       return static_cast<bool>(connection);
     }),
     "(accepted)");
  sockaddr_in name = {};
  socklen_t size = sizeof(name);
  getsockname(client.get(), reinterpret_cast<sockaddr*>(&name), &size);
  const Peer peer = PeerOf(connection.get());
  is(AddressText(peer), "127.0.0.1", "a connection's client has its address");
  is(peer.port, ntohs(name.sin_port), "and its port");
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  const UniqueFd one(pair[0]);
  const UniqueFd other(pair[1]);
  is(PeerOf(one.get()).family, 0, "a Unix socket's has none");
  is(PeerOf(-1).family, 0, "nor has no socket");
  is(PeerOf(door.fd.get()).family, 0, "nor a listener");
}

void TestIpv6Peer() {
  UniqueFd listener(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  socklen_t size = sizeof(address);
  sockaddr* const any = reinterpret_cast<sockaddr*>(&address);
  const int off = 0;
  setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  if (!listener || bind(listener.get(), any, size) != 0 || listen(listener.get(), 5) != 0) {
    return tap::skip("clients of a listener on '::'", "there is no IPv6 here");
  }
  getsockname(listener.get(), any, &size);
  const UniqueFd client = support::Connect(ntohs(address.sin6_port));
  const UniqueFd connection(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const Peer peer = PeerOf(connection.get());
  is(AddressText(peer), "::ffff:127.0.0.1", "a client by IPv4 of a listener on '::' is mapped");
  ok(peer.port != 0, "with its port");
}

}  // namespace

int main() {
  const int fds_before = CountOpenFds();
  TestMeasure();
  TestMeasureOthers();
  TestAge();
  TestAgeOfMany();
  TestPeers();
  TestIpv6Peer();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
