// links: engine receiver channel base uv
// Connections that are looked at before they are dealt: by a PROXY header, or by what a Looker of
// this test makes of their first bytes. No client delays another, and all that waits is bounded.
#include <netinet/tcp.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/socket.h"
#include "channel/about.h"
#include "engine/look/looking.h"
#include "engine_bench.h"
#include "raw_worker.h"
#include "tap.h"

namespace {

using rondo::Event;
using rondo::EventType;
using rondo::Glimpse;
using rondo::HeaderFault;
using rondo::kMostLookedAt;
using rondo::kSecond;
using rondo::ListenerOptions;
using rondo::Looker;
using rondo::Looking;
using rondo::LookOptions;
using rondo::Seen;
using rondo::Trusted;
using rondo::UniqueFd;
using support::Answer;
using support::BenchOptions;
using support::Conduct;
using support::Connect;
using support::CountOpenFds;
using support::EngineBench;
using support::IsAnswered;
using support::kClosed;
using support::Until;
using support::WorkerThread;
using tap::is;
using tap::ok;

constexpr uint16_t kId = 5;
constexpr uint64_t kLongNs = 60 * kSecond;
constexpr uint64_t kShortNs = kSecond / 5;
const std::string kHeader = "PROXY TCP4 10.0.0.1 192.168.0.2 12345 443\r\n";

// Has seen enough when a line has come; none may begin with a '!'.
class LineLooker final : public Looker {
 public:
  Seen Look(const char* bytes, size_t length, Glimpse* out) const override {
    const std::string text(bytes, length);
    if (text[0] == '!') return Seen::kBad;
    if (text.find('\n') == std::string::npos) return Seen::kMore;
    out->sticky = 1;
    return Seen::kDone;
  }
};

ListenerOptions Options(std::vector<std::string> sources, bool looks, uint64_t timeout_ns) {
  auto look = std::make_shared<LookOptions>();
  if (!sources.empty()) {
    auto trusted = std::make_shared<Trusted>();
    for (const std::string& source : sources) trusted->Add(source);
    look->proxies = std::move(trusted);
  }
  if (looks) look->looker = std::make_shared<LineLooker>();
  look->timeout_ns = timeout_ns;
  ListenerOptions options;
  options.look = std::move(look);
  return options;
}

ListenerOptions Proxies(uint64_t timeout_ns = kLongNs) {
  return Options({"127.0.0.1"}, false, timeout_ns);
}

void Say(const UniqueFd& client, const std::string& text) {
  send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
}

UniqueFd ConnectAndSay(int port, const std::string& text) {
  UniqueFd client = Connect(port);
  Say(client, text);
  return client;
}

long long Faults(EngineBench* bench, HeaderFault fault) {
  return static_cast<long long>(bench->listener(kId).header_faults[static_cast<size_t>(fault)]);
}

bool IsFault(EngineBench* bench, HeaderFault fault, long long count = 1) {
  return Until([&] { return Faults(bench, fault) == count; });
}

long long Looked(EngineBench* bench) {
  return static_cast<long long>(bench->engine.shared().engine.looking);
}

bool IsLookedAt(EngineBench* bench, long long count) {
  return Until([&] { return Looked(bench) == count; });
}

// ---- a PROXY header ----------------------------------------------------------------------------

void TestHeader() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Proxies());
  const auto worker = bench.AddWorker(3);
  is(Answer(ConnectAndSay(port, kHeader)), 3, "with its header a connection is dealt");
  UniqueFd torn = Connect(port);
  for (const char byte : kHeader) Say(torn, {byte});
  is(Answer(torn), 3, "byte by byte, too");
  is(static_cast<long long>(bench.listener(kId).accepted), 2, "both are counted as accepted");
  is(static_cast<long long>(bench.listener(kId).closed), 0, "none as closed");
}

// The worker gets every byte behind the header, and none of it.
void TestOnlyTheHeaderIsTaken() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Proxies());
  support::RawWorker worker(bench.OpenSlot(0));
  worker.Serve({kId});
  bench.WaitFor(EventType::kServing, 0);
  const std::string body(100'000, 'x');
  UniqueFd client = ConnectAndSay(port, kHeader + "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n" + body);
  ok(worker.Receive(), "it goes to the worker");
  shutdown(client.get(), SHUT_WR);
  const rondo::Connection& connection = worker.connections()[0];
  std::string read;
  char buffer[4096];
  Until([&] {
    const ssize_t bytes = recv(connection.fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (bytes > 0) read.append(buffer, static_cast<size_t>(bytes));
    return bytes == 0;
  });
  is(static_cast<long long>(read.size()), 100'032, "which reads all that is behind the header");
  is(read.substr(0, 18), "PROXY TCP4 1.2.3.4", "a second header as well");
}

void TestFaults() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Proxies(kShortNs));
  const auto worker = bench.AddWorker(0);
  is(Answer(ConnectAndSay(port, "GET / HTTP/1.1\r\n\r\n")), kClosed, "without a header: closed");
  ok(IsFault(&bench, HeaderFault::kMissing), "and counted");
  Event event;
  ok(bench.WaitFor(EventType::kHeaderFault, kId, &event), "and told");
  is(event.code, static_cast<int>(HeaderFault::kMissing), "with the reason");
  is(static_cast<long long>(event.count), 1, "and how many");
  is(Answer(ConnectAndSay(port, "PROXY TCP4 x\r\n")), kClosed, "malformed: closed");
  ok(IsFault(&bench, HeaderFault::kMalformed), "malformed: counted");
  is(Answer(ConnectAndSay(port, "PROXY UNKNOWN " + std::string(100, 'x'))), kClosed,
     "too long: closed");
  ok(IsFault(&bench, HeaderFault::kTooLong), "too long: counted");
  is(Answer(Connect(port)), kClosed, "nothing in time: closed");
  is(Answer(ConnectAndSay(port, kHeader.substr(0, 20))), kClosed, "half of it: closed");
  ok(IsFault(&bench, HeaderFault::kTimedOut, 2), "not in time: counted");
  Connect(port).Reset();
  ok(IsFault(&bench, HeaderFault::kEnded), "ended before: counted");
  UniqueFd half = ConnectAndSay(port, "PROXY ");
  ok(IsLookedAt(&bench, 1), "one that has begun its header is waited for");
  shutdown(half.get(), SHUT_WR);
  is(Answer(half), kClosed, "it ends in the middle: closed");
  ok(IsFault(&bench, HeaderFault::kEnded, 2), "in the middle: counted");
  UniqueFd reset = ConnectAndSay(port, "PROXY ");
  ok(IsLookedAt(&bench, 1), "another one");
  rondo::ResetConnection(std::move(reset));
  ok(IsFault(&bench, HeaderFault::kEnded, 3), "reset: counted");
  is(worker->received, 0, "no worker has seen any of them");
  is(Answer(ConnectAndSay(port, kHeader)), 0, "and the next one is served");
}

void TestTellsOnceASecond() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Proxies());
  const auto worker = bench.AddWorker(0);
  const uint64_t began_ns = rondo::NowNs();
  for (int i = 0; i < 50; i++) Answer(ConnectAndSay(port, "GET / HTTP/1.1\r\n\r\n"));
  const uint64_t seconds = (rondo::NowNs() - began_ns) / kSecond;
  ok(IsFault(&bench, HeaderFault::kMissing, 50), "all are counted");
  bench.Settle();
  ok(bench.Seen(EventType::kHeaderFault) <= static_cast<int>(seconds) + 1,
     "of many within a second the owner is told once");
}

void TestUntrusted() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Options({"10.0.0.0/8", "::1", "unix"}, false, kLongNs));
  const auto worker = bench.AddWorker(0);
  is(Answer(ConnectAndSay(port, kHeader)), kClosed, "from elsewhere: closed");
  is(Answer(Connect(port)), kClosed, "without a header: closed, too");
  is(Faults(&bench, HeaderFault::kUntrusted), 2, "both are counted");
  bench.engine.ConfigureListener(kId, Options({"127.0.0.0/8"}, false, kLongNs));
  is(Answer(ConnectAndSay(port, kHeader)), 0, "once its source is trusted, it is served");
}

// What a policy is told of the client is what the header says.
void TestPeer() {
  EngineBench bench;
  ListenerOptions options = Proxies();
  options.policy.name = "function";
  const int port = bench.AddListener(kId, options);
  const auto worker = bench.AddWorker(0);
  const UniqueFd client = ConnectAndSay(port, kHeader);
  const UniqueFd other = ConnectAndSay(port, "PROXY UNKNOWN\r\n");
  std::vector<rondo::PickRequest> requests;
  Until([&] {
    for (const auto& request : bench.engine.TakePicks()) requests.push_back(request);
    return requests.size() == 2;
  });
  is(rondo::AddressText(requests[0].peer), "10.0.0.1", "the program is told the client's address");
  is(requests[0].peer.port, 12345, "and its port");
  is(rondo::AddressText(requests[1].peer), "127.0.0.1", "of UNKNOWN, the connection's own");
  is(Answer(client), 0, "and is not waited for");
}

// ---- first bytes -------------------------------------------------------------------------------

void TestLooker() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Options({}, true, kLongNs));
  const auto worker = bench.AddWorker(0);
  is(Answer(ConnectAndSay(port, "hello\n")), 0, "what has come is looked at, and it is dealt");
  is(Answer(ConnectAndSay(port, "!")), 0, "so is what is nothing for the looker");
  UniqueFd slow = Connect(port);
  Say(slow, "hel");
  ok(IsLookedAt(&bench, 1), "of one that has not said enough more is waited for");
  Say(slow, "lo\n");
  is(Answer(slow), 0, "and when it has come, it is dealt");
  UniqueFd full = ConnectAndSay(port, std::string(kMostLookedAt, 'x'));
  is(Answer(full), 0, "more than can be looked at is not waited for");
  UniqueFd ended = Connect(port);
  Say(ended, "hel");
  ok(IsLookedAt(&bench, 1), "of another one, too");
  shutdown(ended.get(), SHUT_WR);
  is(Answer(ended), 0, "and when it ends, it is dealt as it is");
  is(static_cast<long long>(bench.listener(kId).closed), 0, "none is closed");
}

void TestSilentClientIsDealtInTime() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Options({}, true, kShortNs));
  const auto worker = bench.AddWorker(0);
  const UniqueFd silent = Connect(port);
  ok(IsLookedAt(&bench, 1), "a silent client is waited for");
  is(Answer(ConnectAndSay(port, "hello\n")), 0, "which delays no other");
  ok(!IsAnswered(silent), "while it waits");
  is(Answer(silent), 0, "and it is dealt when the time is over");
}

void TestHeaderThenLooker() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Options({"127.0.0.1"}, true, kLongNs));
  const auto worker = bench.AddWorker(0);
  is(Answer(ConnectAndSay(port, kHeader + "hello\n")), 0, "both at once");
  UniqueFd slow = ConnectAndSay(port, kHeader);
  ok(IsLookedAt(&bench, 1), "behind its header more is waited for");
  Say(slow, "hello\n");
  is(Answer(slow), 0, "and it is dealt");
  UniqueFd ended = ConnectAndSay(port, kHeader);
  ok(IsLookedAt(&bench, 1), "of another one");
  shutdown(ended.get(), SHUT_WR);
  is(Answer(ended), 0, "that ends behind its header it is dealt as it is");
}

// With the kernel's help (TCP_DEFER_ACCEPT) a silent one comes a second later, and is not late by
// that.
void TestDeferred() {
  EngineBench bench;
  UniqueFd door;
  const int port = bench.AddListener(kId, Options({}, true, 2 * kSecond), &door);
  const auto worker = bench.AddWorker(0);
  int seconds = 0;
  socklen_t size = sizeof(seconds);
  const auto deferred = [&] {
    bench.Settle();
    getsockopt(door.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, &size);
    return seconds > 0;
  };
  ok(deferred(), "with time enough the kernel waits for the first bytes");
  is(Answer(ConnectAndSay(port, "hello\n")), 0, "a client that speaks is served at once");
  const uint64_t began_ns = rondo::NowNs();
  is(Answer(Connect(port)), 0, "one that does not, too");
  const uint64_t took_ms = (rondo::NowNs() - began_ns) / rondo::kMillisecond;
  ok(took_ms >= 1900 && took_ms < 4000,
     "when its time is over: " + std::to_string(took_ms) + " ms");
  bench.engine.ConfigureListener(kId, Options({}, true, kShortNs));
  ok(!deferred(), "with less it does not");
  bench.engine.ConfigureListener(kId, Options({}, true, 2 * kSecond));
  ok(deferred(), "and does again");
  bench.engine.ConfigureListener(kId, ListenerOptions());
  ok(!deferred(), "and without anything to look at it does not");
}

// ---- bounds ------------------------------------------------------------------------------------

void TestFloodIsBounded() {
  const int most = static_cast<int>(Looking::kMostLooking);
  if (!support::AllowFds(8 * Looking::kMostLooking)) return tap::skip("a flood", "too few fds");
  EngineBench bench;
  // Less than what would have the kernel wait for them.
  const int port = bench.AddListener(kId, Proxies(kSecond * 3 / 2));
  bench.engine.ConfigureListener(kId, Proxies(kSecond * 19 / 10));
  const auto worker = bench.AddWorker(0);
  std::vector<UniqueFd> silent;
  for (int i = 0; i < most; i++) silent.push_back(Connect(port));
  ok(IsLookedAt(&bench, most), "so many are waited for");
  for (int i = 0; i < 100; i++) silent.push_back(Connect(port));
  ok(IsFault(&bench, HeaderFault::kCrowded, 100), "for each beyond that, one is closed");
  is(Answer(silent[0]), kClosed, "the one that has waited the longest");
  is(Answer(ConnectAndSay(port, kHeader)), 0, "one that says who it is is served meanwhile");
  ok(Looked(&bench) <= most, "no more than so many are there");
  ok(IsLookedAt(&bench, 0), "and none when their time is over");
  is(Faults(&bench, HeaderFault::kTimedOut) + Faults(&bench, HeaderFault::kCrowded), most + 100,
     "each is counted once");
}

void TestFloodOfOthersIsDealt() {
  if (!support::AllowFds(8 * Looking::kMostLooking)) return tap::skip("a flood", "too few fds");
  EngineBench bench;
  const int port = bench.AddListener(kId, Options({}, true, kSecond * 19 / 10));
  const auto worker = bench.AddWorker(0);
  std::vector<UniqueFd> silent;
  for (size_t i = 0; i < Looking::kMostLooking + 50; i++) silent.push_back(Connect(port));
  int served = 0;
  for (int i = 0; i < 50; i++) served += Answer(silent[static_cast<size_t>(i)]) == 0;
  is(served, 50, "of those that need say nothing, the oldest are dealt");
}

void TestLimitCountsThem() {
  BenchOptions two;
  two.max_connections = 2;
  EngineBench bench(two);
  const int port = bench.AddListener(kId, Options({}, true, kSecond));
  const auto worker = bench.AddWorker(0);
  const UniqueFd first = Connect(port);
  const UniqueFd second = Connect(port);
  ok(IsLookedAt(&bench, 2), "two wait");
  const UniqueFd third = ConnectAndSay(port, "hello\n");
  bench.Settle();
  ok(!IsAnswered(third), "a third is beyond the limit");
  is(Answer(first), 0, "when their time is over");
  is(Answer(third), 0, "it is served");
}

// ---- ends --------------------------------------------------------------------------------------

void TestCloses() {
  const int before = CountOpenFds();
  {
    EngineBench bench;
    const int port = bench.AddListener(kId, Options({}, true, kLongNs));
    const auto worker = bench.AddWorker(0);
    UniqueFd client = Connect(port);
    Say(client, "he");
    ok(IsLookedAt(&bench, 1), "one waits");
    worker->Serve({});
    bench.WaitFor(EventType::kServing, 0);
    bench.RemoveListener(kId);
    Say(client, "llo\n");
    is(Answer(client), kClosed, "its listener is closed, and nobody serves that: closed");
    ok(Until([&] { return bench.listener(kId).closed == 1; }), "and counted");
    const int again = bench.AddListener(kId, Options({}, true, kLongNs));
    bench.WaitFor(EventType::kServing, 0);
    UniqueFd late = Connect(again);
    Say(late, "he");
    ok(IsLookedAt(&bench, 1), "one more waits");
    bench.engine.Stop();
    is(Answer(late), kClosed, "at the end of the engine it is closed");
    is(static_cast<long long>(bench.listener(kId).closed), 2, "and counted");
  }
  is(CountOpenFds(), before, "nothing is left open");
}

// A refused connection is dealt again, and not looked at again: its header is gone.
void TestOnce() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Proxies());
  const auto refuser = bench.AddWorker(0, Conduct::kRefuse);
  const auto worker = bench.AddWorker(1);
  int served = 0;
  for (int i = 0; i < 8; i++) served += Answer(ConnectAndSay(port, kHeader)) == 1;
  is(served, 8, "what one worker refuses another one serves, without another header");
  ok(refuser->received > 0, "some were refused");
}

// What is taken from a backlog that would overflow, or from a socket that is replaced, is looked at
// as well.
void TestReplacedSocket() {
  EngineBench bench;
  const int port = bench.AddListener(kId, Proxies());
  const UniqueFd right = ConnectAndSay(port, kHeader);
  const UniqueFd wrong = ConnectAndSay(port, "GET / HTTP/1.1\r\n\r\n");
  support::Door door = support::OpenDoor();
  bench.engine.ReplaceListener(kId, std::move(door.fd));
  const auto worker = bench.AddWorker(0);
  is(Answer(wrong), kClosed, "of what came to a former socket, what is wrong is closed");
  is(Answer(right), 0, "and what is right is served");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  TestHeader();
  TestOnlyTheHeaderIsTaken();
  TestFaults();
  TestTellsOnceASecond();
  TestUntrusted();
  TestPeer();
  TestLooker();
  TestSilentClientIsDealtInTime();
  TestHeaderThenLooker();
  TestDeferred();
  TestFloodIsBounded();
  TestFloodOfOthersIsDealt();
  TestLimitCountsThem();
  TestCloses();
  TestOnce();
  TestReplacedSocket();
  return tap::done();
}
