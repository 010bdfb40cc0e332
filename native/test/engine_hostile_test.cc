// links: engine receiver channel base uv
// What the engine does about workers that break the protocol: they are retired with the reason, the
// others go on, and no client hangs.
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine_bench.h"
#include "raw_worker.h"
#include "tap.h"

namespace {

using rondo::Connection;
using rondo::Event;
using rondo::EventType;
using rondo::FrameType;
using rondo::GoneReason;
using rondo::UniqueFd;
using support::Answer;
using support::Ask;
using support::Bytes;
using support::Connect;
using support::CountOpenFds;
using support::Crowd;
using support::EngineBench;
using support::RawWorker;
using support::Until;
using tap::is;
using tap::ok;
using tap::skip;

using Crime = void (*)(RawWorker* worker);

struct Case {
  const char* name;
  Crime crime;
  GoneReason reason;
};

// Without counting it.
void ReadOnly(RawWorker* worker) { worker->ReadUntil(FrameType::kConnections); }

void GiveBackA(RawWorker* worker, int family, int type) {
  worker->Receive();
  worker->connections()[0].fd.Reset(socket(family, type | SOCK_CLOEXEC, 0));
  worker->GiveBack();
}

// A connection of that listener on its way back, with more fds than the primary takes: all are
// lost.
void SendLost(RawWorker* worker, int listener, int type = 20) {
  const UniqueFd any = support::NewSocket();
  const std::vector<int> too_many(rondo::kMaxBatch + 1, any.get());
  std::string frame = Bytes({type, 1, 0, 0, listener, 0, 0, 0}) + std::string(8, '\0');
  worker->Send(FrameType::kRefused);
  worker->Send(frame, too_many);
}

const Case kCases[] = {
    {"garbage", [](RawWorker* one) { one->Send("garbage"); }, GoneReason::kBadFrame},
    {"one byte", [](RawWorker* one) { one->Send("g"); }, GoneReason::kBadFrame},
    {"a frame of the primary's",
     [](RawWorker* one) {
       one->Send(Bytes({4, 0, 0, 0}));
     },
     GoneReason::kBadFrame},
    {"hello cut short",
     [](RawWorker* one) {
       one->Send(Bytes({16, 0, 0, 0, 1}));
     },
     GoneReason::kBadFrame},
    {"a listener that cannot be",
     [](RawWorker* one) {
       one->Send(Bytes({17, 0, 0, 0, 0, 1}));
     },
     GoneReason::kBadFrame},
    {"a second hello",
     [](RawWorker* one) {
       one->Send(Bytes({16, 0, 0, 0, 77, 0, 0, 0}));
     },
     GoneReason::kBadFrame},
    {"returned without refused",
     [](RawWorker* one) {
       one->Receive();
       SendReturned(one->channel(), one->connections()[0]);
     },
     GoneReason::kBadFrame},
    {"refused, and then something else",
     [](RawWorker* one) {
       SendSignal(one->channel(), FrameType::kRefused);
       SendSignal(one->channel(), FrameType::kCredit);
     },
     GoneReason::kBadFrame},
    {"returned before it is received",
     [](RawWorker* one) {
       ReadOnly(one);
       one->GiveBack(1);
     },
     GoneReason::kBadFrame},
    {"more returned than received",
     [](RawWorker* one) {
       one->Receive();
       one->GiveBack(static_cast<int>(one->connections().size()) + 1);
     },
     GoneReason::kBadFrame},
    {"returned, what is no connection",
     [](RawWorker* one) {
       one->Receive();
       one->connections()[0].fd.Reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
       one->GiveBack(1);
     },
     GoneReason::kBadFrame},
    {"returned, to a listener it never served",
     [](RawWorker* one) {
       one->Receive();
       one->connections()[0].listener = 1;
       one->GiveBack();
     },
     GoneReason::kBadFrame},
    {"returned, to a listener there is none of",
     [](RawWorker* one) {
       one->Receive();
       one->connections()[0].listener = 200;
       one->GiveBack();
     },
     GoneReason::kBadFrame},
    {"returned, refused by a slot that cannot be",
     [](RawWorker* one) {
       one->Receive();
       one->connections()[0].refused_by.push_back(UINT16_MAX);
       one->GiveBack();
     },
     GoneReason::kBadFrame},
    {"returned, of another family", [](RawWorker* one) { GiveBackA(one, AF_INET6, SOCK_STREAM); },
     GoneReason::kBadFrame},
    {"returned, a Unix socket", [](RawWorker* one) { GiveBackA(one, AF_UNIX, SOCK_STREAM); },
     GoneReason::kBadFrame},
    {"returned, a datagram socket", [](RawWorker* one) { GiveBackA(one, AF_INET, SOCK_DGRAM); },
     GoneReason::kBadFrame},
    {"returned, a socket that listens",
     [](RawWorker* one) {
       one->Receive();
       one->connections()[0].fd = support::OpenDoor().fd;
       one->GiveBack();
     },
     GoneReason::kBadFrame},
    {"lost on the way back, of a listener there is none of",
     [](RawWorker* one) {
       one->Receive();
       SendLost(one, 255);
     },
     GoneReason::kBadFrame},
    {"lost on the way back, of a listener there is none of, which it says it serves",
     [](RawWorker* one) {
       one->Receive();
       const uint16_t serving[] = {0, 255};
       rondo::SendServing(one->channel(), serving, 2);
       SendLost(one, 255);
       SendLost(one, 255);
     },
     GoneReason::kBadFrame},
    {"lost on the way back, of a listener it never served",
     [](RawWorker* one) {
       one->Receive();
       SendLost(one, 1);
     },
     GoneReason::kBadFrame},
    {"lost on the way back, before it is received",
     [](RawWorker* one) {
       ReadOnly(one);
       SendLost(one, 0);
     },
     GoneReason::kBadFrame},
    {"lost on the way back, what is not sent back",
     [](RawWorker* one) {
       one->Receive();
       SendLost(one, 0, static_cast<int>(FrameType::kConnections));
     },
     GoneReason::kBadFrame},
    {"mapped a second time", [](RawWorker* one) { one->Send(FrameType::kMapped); },
     GoneReason::kBadFrame},
    {"a count beyond what it got",
     [](RawWorker* one) {
       one->page()->received += 1000;
       SendSignal(one->channel(), FrameType::kRefused);
       Connection connection;
       connection.fd = support::NewSocket();
       SendReturned(one->channel(), connection);
     },
     GoneReason::kBadBoard},
    {"a count that goes back",
     [](RawWorker* one) {
       ReadOnly(one);
       one->page()->received -= 5;
       SendSignal(one->channel(), FrameType::kRefused);
       SendReturned(one->channel(), one->connections()[0]);
     },
     GoneReason::kBadBoard},
    {"a channel shut down", [](RawWorker* one) { shutdown(one->channel(), SHUT_RDWR); },
     GoneReason::kBadFrame},
};

void TestCrimes() {
  const int fds_before = CountOpenFds();
  for (const Case& crime : kCases) {
    const std::string name = std::string(crime.name) + ": ";
    EngineBench bench;
    const int port = bench.AddListener(0);
    bench.AddListener(1);
    RawWorker bad(bench.OpenSlot(0));
    bad.Serve({0});
    bench.WaitFor(EventType::kServing, 0);
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 6; i++) clients.push_back(Connect(port));
    ok(Until([&] { return bench.slot(0).handed == 2; }), name + "(its window is full)");
    auto well = bench.AddWorker(1);
    crime.crime(&bad);
    Event event;
    ok(bench.WaitFor(EventType::kGone, 0, &event), name + "the slot is retired");
    is(event.code, static_cast<int>(crime.reason), name + "with the reason");
    bad.connections().clear();
    int hung = 0;
    for (const UniqueFd& client : clients) hung += Answer(client) == support::kHangs;
    is(hung, 0, name + "no client hangs");
    is(Ask(port), 1, name + "and the other worker serves");
  }
  is(CountOpenFds(), fds_before, "no fd is left");
}

void TestOtherVersion() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  RawWorker other(bench.OpenSlot(0));
  other.Send(Bytes({16, 0, 0, 0, 77, 0, 0, 0}));
  Event event;
  ok(bench.WaitFor(EventType::kGone, 0, &event), "a worker of another version is retired");
  is(event.code, static_cast<int>(GoneReason::kBadVersion), "with the reason");
  ok(other.ReadUntil(FrameType::kWelcome), "and can read which version it should be");
  auto well = bench.AddWorker(1);
  is(Ask(port), 1, "another worker serves");
}

void TestServingBeforeHello() {
  EngineBench bench;
  RawWorker early(bench.OpenSlot(0));
  rondo::SendServing(early.channel(), nullptr, 0);
  Event event;
  ok(bench.WaitFor(EventType::kGone, 0, &event), "a worker that serves before it says hello");
  is(event.code, static_cast<int>(GoneReason::kBadFrame), "is retired");
}

void TestRefusedBeforeHello() {
  EngineBench bench;
  bench.AddListener(0);
  RawWorker early(bench.OpenSlot(0));
  SendLost(&early, 0);
  Event event;
  ok(bench.WaitFor(EventType::kGone, 0, &event), "a worker that gives back before it says hello");
  is(event.code, static_cast<int>(GoneReason::kBadFrame), "is retired");
}

// It has served both. What the one has open is not what the other was given.
void TestReturnedToAnother() {
  for (const bool is_released : {false, true}) {
    const std::string name = is_released ? "released: " : "returned: ";
    EngineBench bench;
    const int port = bench.AddListener(0);
    rondo::ListenerOptions options;
    options.max_connections = 3;
    const int limited_port = bench.AddListener(1, options);
    RawWorker bad(bench.OpenSlot(0));
    bad.Serve({0, 1});
    bench.WaitFor(EventType::kServing, 0);
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 2; i++) clients.push_back(Connect(port));
    while (bad.connections().size() < 2) bad.Receive();
    rondo::SendServing(bad.channel(), nullptr, 0);
    bench.WaitFor(EventType::kServing, 0);
    auto well = bench.AddWorker(1);
    bad.connections()[0].listener = 1;
    if (is_released) {
      bad.Release();
    } else {
      bad.GiveBack();
      is(Answer(clients[0]), 1, name + "served, if its kind of socket is right");
    }
    bad.connections().clear();
    is(Ask(limited_port), 1, name + "a listener with a limit is not full for it");
    is(bench.Seen(EventType::kGone), 0, name + "(and the worker is well)");
  }
}

// What it has served once it may send back: it was on its way.
void TestReturnedAfterServing() {
  EngineBench bench;
  const int port = bench.AddListener(0);
  RawWorker drained(bench.OpenSlot(0));
  drained.Serve({0});
  bench.WaitFor(EventType::kServing, 0);
  const UniqueFd client = Connect(port);
  drained.Receive();
  rondo::SendServing(drained.channel(), nullptr, 0);
  bench.WaitFor(EventType::kServing, 0);
  auto well = bench.AddWorker(1);
  drained.GiveBack();
  drained.connections().clear();
  is(Answer(client), 1, "what a worker sends back of a listener it served before is served");
  bench.Settle();
  is(bench.Seen(EventType::kGone), 0, "and the worker is well");
}

// Sends back all that it gets, in that way, until nothing more comes. How often it got something.
int Circle(RawWorker* worker, bool may_return) {
  int received = 0;
  while (received < 50 && worker->Read(200) == static_cast<int>(FrameType::kConnections)) {
    received++;
    worker->page()->received++;
    // Nobody has refused it, it says.
    worker->connections()[0].refused_by.clear();
    worker->GiveBack(1, may_return);
    worker->connections().clear();
  }
  return received;
}

// Each round would cost the primary two hops, without end.
void TestCircling() {
  {
    EngineBench bench;
    const int port = bench.AddListener(0);
    RawWorker bad(bench.OpenSlot(0));
    bad.Serve({0});
    bench.WaitFor(EventType::kServing, 0);
    const UniqueFd client = Connect(port);
    is(Circle(&bad, true), 4, "what it may have again a worker may send back three times");
    is(Answer(client), support::kClosed, "then it is its refusal, and if nobody else is there");
    is(static_cast<long long>(bench.listener(0).closed), 1, "the connection is closed");
    bench.Settle();
    is(bench.Seen(EventType::kGone), 0, "and the worker is not retired for it");
  }
  EngineBench bench;
  const int port = bench.AddListener(0);
  RawWorker first(bench.OpenSlot(0));
  first.Serve({0});
  RawWorker second(bench.OpenSlot(1));
  second.Serve({0});
  for (uint32_t id = 0; id < 2; id++) bench.WaitFor(EventType::kServing, id);
  const UniqueFd client = Connect(port);
  int received = 0;
  for (int round = 0; round < 20 && !support::IsAnswered(client); round++) {
    received += Circle(&first, false) + Circle(&second, false);
  }
  is(received, 2, "two that say nobody has refused it get it once each");
  is(Answer(client), support::kClosed, "and it is closed");
}

// unix(7): what the kernel puts beside the fds if the other end of a shared socket asks for it, an
// fd among it.
void TestControlData() {
  const struct {
    const char* name;
    int option;
  } options[] = {{"SO_PASSCRED", SO_PASSCRED}, {"SO_PASSSEC", 34}, {"SO_PASSPIDFD", 76}};
  for (const auto& option : options) {
    const std::string name = std::string(option.name) + ": ";
    const int fds_before = CountOpenFds();
    {
      EngineBench bench({{8, 0}, 0});
      const int port = bench.AddListener(0);
      UniqueFd channel = bench.OpenSlot(0);
      const int on = 1;
      const int result = setsockopt(channel.get(), SOL_SOCKET, option.option, &on, sizeof(on));
      if (result != 0) {
        skip(name + "set by a worker", "not on this kernel");
        continue;
      }
      RawWorker worker(std::move(channel));
      worker.Serve({0});
      bench.WaitFor(EventType::kServing, 0);
      std::vector<UniqueFd> clients;
      for (int i = 0; i < 8; i++) clients.push_back(Connect(port));
      ok(Until([&] { return bench.slot(0).handed == 8; }), name + "(handed to a worker)");
      auto well = bench.AddWorker(1);
      bench.engine.RemoveSlot(0, 1, GoneReason::kExited);
      int served = 0;
      for (const UniqueFd& client : clients) served += Answer(client) == 1;
      is(served, 8, name + "what is taken back from a worker that set it is all there");
    }
    is(CountOpenFds(), fds_before, name + "and no fd is left");
  }
}

// Frames of all kinds in any order, fds and counts with them.
void TestAnyFrames() {
  std::mt19937 random(20241205);
  EngineBench bench;
  const int port = bench.AddListener(0);
  auto well = bench.AddWorker(1);
  Crowd crowd(port, 1 << 30, 2);
  int gone = 0;
  for (uint32_t generation = 1; generation <= 300; generation++) {
    RawWorker bad(bench.OpenSlot(0, generation));
    if (random() % 4 != 0) bad.Serve({0});
    const UniqueFd any = support::NewSocket();
    const int frames = static_cast<int>(random() % 20);
    for (int i = 0; i < frames; i++) {
      const int types[] = {1, 2, 16, 17, 18, 19, 20, 21, static_cast<int>(random() % 256)};
      std::string frame = Bytes({types[random() % 9], static_cast<int>(random() % 3), 0, 0});
      for (size_t length = random() % 12; length > 0; length--) {
        frame += static_cast<char>(random() % 3);
      }
      // Now and then more than the primary takes.
      const size_t fds = random() % 8 == 0 ? rondo::kMaxBatch + 1 : random() % 3;
      bad.Send(frame, std::vector<int>(fds, any.get()));
    }
    bench.engine.RemoveSlot(0, generation, GoneReason::kExited);
    Event event;
    if (bench.WaitFor(EventType::kGone, 0, &event) && event.generation == generation) gone++;
  }
  crowd.Stop();
  is(gone, 300, "300 workers that send anything: each is gone at the end");
  is(crowd.hung, 0, "no client hangs");
  ok(crowd.served > 0 && well->received > 0, "and the other worker served all the time");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestCrimes();
  TestOtherVersion();
  TestServingBeforeHello();
  TestRefusedBeforeHello();
  TestReturnedToAnother();
  TestReturnedAfterServing();
  TestCircling();
  TestControlData();
  TestAnyFrames();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
