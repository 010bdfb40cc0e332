// links: engine receiver channel base uv
// Connections that are for another listener than that to which they came: by a table of hosts, or
// by what the program answers.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client_hellos.h"
#include "engine_bench.h"
#include "looking_listener.h"
#include "tap.h"

namespace {

using rondo::Event;
using rondo::EventType;
using rondo::ListenerOptions;
using rondo::PickRequest;
using rondo::Question;
using rondo::UniqueFd;
using support::Answer;
using support::AskedRoutes;
using support::BenchOptions;
using support::Conduct;
using support::Connect;
using support::ConnectAndSay;
using support::CountOpenFds;
using support::EngineBench;
using support::Get;
using support::IsAnswered;
using support::kClosed;
using support::Routed;
using support::RouteTo;
using support::Sticky;
using support::Until;
using support::WorkerThread;
using tap::is;
using tap::ok;

constexpr uint16_t kFront = 2;
constexpr uint16_t kApi = 3;
constexpr uint16_t kWeb = 4;
constexpr uint64_t kLongMs = 60'000;
// What a listener keeps parked at most, as in parked.cc.
constexpr int kMostParked = 256;

const std::vector<RouteTo> kTable = {{"api.example.com", kApi}, {"*.example.com", kWeb}};

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// A listener with routes, and two that have no socket.
struct Scene {
  EngineBench bench;
  int port = 0;
  std::map<uint16_t, std::unique_ptr<WorkerThread>> workers;

  explicit Scene(const ListenerOptions& front, const ListenerOptions& api = {},
                 BenchOptions options = {})
      : bench(options) {
    AddVirtual(kApi, api);
    AddVirtual(kWeb, {});
    port = bench.AddListener(kFront, front);
  }

  void AddVirtual(uint16_t id, const ListenerOptions& options) {
    bench.engine.ConfigureListener(id, options);
    bench.AddListener(id, UniqueFd());
  }
  // In the slot of that number, for the listener of the same number.
  WorkerThread* Serve(uint16_t id, Conduct conduct = Conduct::kServe) {
    return Serve(id, {id}, conduct);
  }
  WorkerThread* Serve(uint16_t slot, const std::vector<uint16_t>& listeners,
                      Conduct conduct = Conduct::kServe) {
    workers[slot] = bench.AddWorker(slot, conduct);
    workers[slot]->Serve(listeners);
    bench.WaitFor(EventType::kServing, slot);
    return workers[slot].get();
  }
  int Ask(const std::string& host) { return Answer(Get(port, "/", host)); }
  long long Closed() { return static_cast<long long>(bench.listener(kFront).closed); }
  long long RoutedOn() { return static_cast<long long>(bench.listener(kFront).routed_on); }
  long long RoutedHere(uint16_t id) {
    return static_cast<long long>(bench.listener(id).routed_here);
  }
  bool IsClosed(long long count) {
    return Until([&] { return Closed() == count; });
  }
};

// ---- by a table --------------------------------------------------------------------------------

void TestTable() {
  Scene scene(Routed(kFront, kTable));
  scene.Serve(kApi);
  scene.Serve(kWeb);
  scene.Serve(kFront);
  is(scene.Ask("api.example.com"), kApi, "a host leads to its listener");
  is(scene.Ask("API.Example.COM:8080"), kApi, "in any case, with a port");
  is(scene.Ask("www.example.com"), kWeb, "a pattern, too");
  is(scene.Ask("example.com"), kFront, "what matches nothing stays");
  const std::string hello = FromHex(hellos::kTls13);
  is(Answer(ConnectAndSay(scene.port, hello)), kApi, "so does the server name of TLS");
  is(Answer(ConnectAndSay(scene.port, "\1\2\3")), kFront, "what is neither stays");
  is(scene.RoutedOn(), 4, "those that went on are counted");
  is(scene.RoutedHere(kApi), 3, "where they went");
  is(scene.RoutedHere(kWeb), 1, "each");
  is(scene.RoutedHere(kFront), 0, "and none that stayed");
  is(scene.Closed(), 0, "none is closed");
}

void TestDefault() {
  Scene scene(Routed(kFront, kTable, kWeb));
  scene.Serve(kApi);
  scene.Serve(kWeb);
  is(scene.Ask("elsewhere.example"), kWeb, "with a default an unknown host goes there");
  is(Answer(ConnectAndSay(scene.port, "\1\2\3")), kWeb, "and what has none");
}

void TestNobodysHost() {
  Scene scene(Routed(kFront, kTable));
  scene.Serve(kApi);
  is(scene.Ask("elsewhere.example"), kClosed, "without a default and a worker it is closed");
  ok(scene.IsClosed(1), "and counted");
  is(scene.Ask("api.example.com"), kApi, "others are served");
}

// It is found when the connection comes, whatever was there when the routes were given.
void TestClosedTarget() {
  Scene scene(Routed(kFront, kTable));
  scene.Serve(kApi);
  scene.Serve(kWeb);
  scene.bench.engine.RemoveListener(kApi);
  is(scene.Ask("api.example.com"), kClosed, "a listener that is closed leads nowhere");
  ok(scene.IsClosed(1), "which is counted");
  is(scene.Ask("www.example.com"), kWeb, "others are served");
  is(scene.RoutedHere(kApi), 0, "none has come to it");
  scene.bench.engine.ConfigureListener(kFront, Routed(kFront, {{"api.example.com", 77}}, kWeb));
  is(scene.Ask("api.example.com"), kClosed, "nor does one that never was");
}

void TestCrowdedTarget() {
  if (!support::AllowFds(2048)) return tap::skip("a crowded target", "too few fds");
  Scene scene(Routed(kFront, kTable));
  scene.Serve(kWeb);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < kMostParked; i++) clients.push_back(Get(scene.port, "/", "api.example.com"));
  ok(Until([&] { return scene.bench.waiting() == kMostParked; }),
     "while a program has no worker its connections wait");
  is(scene.Ask("api.example.com"), kClosed, "and no more than so many");
  ok(scene.IsClosed(1), "one more is counted");
  is(scene.Ask("www.example.com"), kWeb, "those of another program are served");
  scene.Serve(kApi);
  int served = 0;
  for (const UniqueFd& client : clients) served += Answer(client) == kApi;
  is(served, kMostParked, "and all that wait, once its worker is there");
  is(scene.Ask("api.example.com"), kApi, "from then on as any");
}

// Its own sessions are looked for where it is led.
void TestStickyTarget() {
  Scene scene(Routed(kFront, kTable), Sticky(kApi, {"query:sid"}));
  scene.Serve(10, {kApi});
  scene.Serve(11, {kApi});
  bool stays = true;
  for (int i = 0; i < 6; i++) {
    const std::string target = "/?sid=" + std::to_string(i);
    const int slot = Answer(Get(scene.port, target, "api.example.com"));
    for (int j = 0; j < 3; j++) {
      stays = stays && Answer(Get(scene.port, target, "api.example.com")) == slot;
    }
  }
  ok(stays, "a session stays with its worker");
  is(static_cast<long long>(scene.bench.listener(kApi).sessions.created), 6, "counted there");
  is(static_cast<long long>(scene.bench.listener(kFront).sessions.created), 0, "and only there");
}

void TestSilentClient() {
  ListenerOptions front = Routed(kFront, kTable, kWeb);
  auto look = std::make_shared<rondo::LookOptions>(*front.look);
  look->timeout_ns = rondo::kSecond / 10;
  front.look = look;
  Scene scene(front);
  scene.Serve(kApi);
  scene.Serve(kWeb);
  const UniqueFd silent = Connect(scene.port);
  is(scene.Ask("api.example.com"), kApi, "a silent client delays nobody");
  is(Answer(silent), kWeb, "and goes the way of the default");
}

// ---- by what the program answers -------------------------------------------------------------

BenchOptions Timeout(uint64_t ms) {
  BenchOptions options;
  options.pick_timeout_ms = ms;
  return options;
}

std::vector<PickRequest> Questions(EngineBench* bench, size_t count) {
  std::vector<PickRequest> requests;
  Until([&] {
    for (PickRequest& request : bench->engine.TakePicks()) requests.push_back(std::move(request));
    return requests.size() >= count;
  });
  return requests;
}

void TestAsked() {
  Scene scene(AskedRoutes(kFront, {kApi, kWeb}), {}, Timeout(kLongMs));
  scene.Serve(kApi);
  scene.Serve(kWeb);
  const UniqueFd client = Get(scene.port, "/", "Any.Example:80");
  const auto requests = Questions(&scene.bench, 1);
  is(static_cast<long long>(requests.size()), 1, "the program is asked");
  const PickRequest& one = requests[0];
  ok(one.question == Question::kListener && one.listener == kFront, "for which listener it is");
  is(one.host, "any.example", "and told the host");
  ok(!one.is_tls && one.peer.family == 4 && one.peer.port != 0, "and who the client is");
  ok(scene.bench.WaitFor(EventType::kPick, kFront), "by an event, too");
  ok(!IsAnswered(client), "meanwhile it waits");
  scene.bench.engine.AnswerPicks({{one.ticket, kWeb}});
  is(Answer(client), kWeb, "it goes where it says");
  scene.bench.engine.AnswerPicks({{one.ticket, kApi}});
  scene.bench.Settle();
  is(scene.RoutedOn(), 1, "answering twice does nothing");
  const UniqueFd secure = ConnectAndSay(scene.port, FromHex(hellos::kTls13));
  const auto more = Questions(&scene.bench, 1);
  ok(more[0].host == "api.example.com" && more[0].is_tls, "of TLS the server name");
  scene.bench.engine.AnswerPicks({{more[0].ticket, kApi}});
  is(Answer(secure), kApi, "and that it is TLS");
}

void TestAnswers() {
  Scene scene(AskedRoutes(kFront, {kApi, kWeb}), {}, Timeout(kLongMs));
  scene.Serve(kApi);
  scene.Serve(kFront);
  for (const int answer : {-1, INT32_MIN, INT32_MAX, 256, 65536 + kApi, int{kFront}}) {
    const UniqueFd client = Get(scene.port, "/");
    scene.bench.engine.AnswerPicks({{Questions(&scene.bench, 1)[0].ticket, answer}});
    is(Answer(client), kFront, "the answer " + std::to_string(answer) + " leaves it where it came");
  }
  const UniqueFd client = Get(scene.port, "/");
  scene.bench.engine.AnswerPicks({{Questions(&scene.bench, 1)[0].ticket, 200}});
  is(Answer(client), kClosed, "a listener that is none closes it");
  ok(scene.IsClosed(1), "and it is counted");
}

void TestLate() {
  Scene scene(AskedRoutes(kFront, {kApi}), {}, Timeout(50));
  scene.Serve(kApi);
  const UniqueFd nobodys = Get(scene.port, "/");
  is(Answer(nobodys), kClosed, "without an answer in time and a worker of its own it is closed");
  Event event;
  ok(scene.bench.WaitFor(EventType::kRouteTimedOut, kFront, &event), "and it is said");
  is(static_cast<long long>(event.count), 1, "for how many");
  ok(scene.IsClosed(1), "counted");
  scene.Serve(kFront);
  is(Answer(Get(scene.port, "/")), kFront, "with one it is served there");
  std::vector<rondo::PickAnswer> answers;
  for (const PickRequest& request : Questions(&scene.bench, 2)) {
    answers.push_back({request.ticket, kApi});
  }
  scene.bench.engine.AnswerPicks(answers);
  scene.bench.Settle();
  is(scene.RoutedOn(), 0, "an answer that comes late does nothing");
  is(scene.bench.Seen(EventType::kPickTimedOut), 0, "no policy was asked");
}

// The listener to which it came is closed meanwhile.
void TestClosedWhileAsked() {
  Scene scene(AskedRoutes(kFront, {kApi}), {}, Timeout(kLongMs));
  scene.Serve(kApi);
  const UniqueFd client = Get(scene.port, "/");
  const auto requests = Questions(&scene.bench, 1);
  scene.bench.engine.RemoveListener(kFront);
  scene.bench.Settle();
  ok(!IsAnswered(client), "one that is accepted is not closed with its listener");
  scene.bench.engine.AnswerPicks({{requests[0].ticket, kApi}});
  is(Answer(client), kApi, "and goes where the program says");
}

// And so is the engine.
void TestStoppedWhileAsked() {
  Scene scene(AskedRoutes(kFront, {kApi}), {}, Timeout(kLongMs));
  scene.Serve(kApi);
  const UniqueFd client = Get(scene.port, "/");
  Questions(&scene.bench, 1);
  scene.bench.engine.Stop();
  is(Answer(client), kClosed, "what waits for an answer is closed with the engine");
  is(scene.Closed(), 1, "and counted");
}

void TestTargetAsksItsPolicy() {
  ListenerOptions api;
  api.policy.name = "function";
  Scene scene(AskedRoutes(kFront, {kApi}), api, Timeout(kLongMs));
  scene.Serve(10, {kApi});
  scene.Serve(11, {kApi});
  for (const int slot : {11, 11, 10}) {
    const UniqueFd client = Get(scene.port, "/");
    scene.bench.engine.AnswerPicks({{Questions(&scene.bench, 1)[0].ticket, kApi}});
    const auto second = Questions(&scene.bench, 1);
    ok(second[0].question == Question::kSlot && second[0].listener == kApi,
       "where it is led the policy is asked");
    scene.bench.engine.AnswerPicks({{second[0].ticket, slot}});
    is(Answer(client), slot, "and decides");
  }
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int before = CountOpenFds();
  TestTable();
  TestDefault();
  TestNobodysHost();
  TestClosedTarget();
  TestCrowdedTarget();
  TestStickyTarget();
  TestSilentClient();
  TestAsked();
  TestAnswers();
  TestLate();
  TestClosedWhileAsked();
  TestStoppedWhileAsked();
  TestTargetAsksItsPolicy();
  is(CountOpenFds(), before, "nothing is left open");
  return tap::done();
}
