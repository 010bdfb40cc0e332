// links: engine receiver channel base uv
// How often the engine's thread wakes: a few times for each connection, and not at all while
// nothing is pending. With two workers and taking back, so that it looks at what is pending.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine_bench.h"
#include "tap.h"

namespace {

using rondo::EventType;
using support::Ask;
using support::CountOpenFds;
using support::EngineBench;
using support::Until;
using tap::is;
using tap::ok;

using Clock = std::chrono::steady_clock;

constexpr uint64_t kMostPerConnection = 3;
// While a worker has not received, the engine looks each millisecond; on a machine with other work
// that is not the engine's doing.
constexpr auto kLook = std::chrono::milliseconds(1);

// Whether nothing wakes the thread for a while.
bool IsQuiet(EngineBench* bench) {
  const uint64_t before = bench->engine.wake_ups();
  usleep(100'000);
  return bench->engine.wake_ups() == before;
}

void TestRate(EngineBench* bench, int port, int per_second, int count) {
  const std::string name = std::to_string(per_second) + " connections/s: ";
  ok(Until([&] { return IsQuiet(bench); }), name + "(nothing goes on)");
  const uint64_t before = bench->engine.wake_ups();
  const auto gap = std::chrono::microseconds(1'000'000 / per_second);
  Clock::duration waited = {};
  int served = 0;
  for (int i = 0; i < count; i++) {
    const auto start = Clock::now();
    served += Ask(port) >= 0;
    waited += Clock::now() - start;
    std::this_thread::sleep_until(start + gap);
  }
  const uint64_t wake_ups = bench->engine.wake_ups() - before;
  const uint64_t looks = static_cast<uint64_t>(waited / kLook);
  is(served, count, name + "all are served");
  printf("# %s%llu wake-ups for %d\n", name.c_str(), static_cast<unsigned long long>(wake_ups),
         count);
  ok(wake_ups <= kMostPerConnection * static_cast<uint64_t>(count) + looks,
     name + "at most 3 wake-ups for each");
  ok(Until([&] { return IsQuiet(bench); }), name + "and none when nothing is pending");
}

// No timer runs on for a connection that is open.
void TestHeld() {
  EngineBench bench({{2, 8}, 1000});
  const int port = bench.AddListener(0);
  auto first = bench.AddWorker(0, support::Conduct::kHold);
  auto second = bench.AddWorker(1, support::Conduct::kHold);
  std::vector<rondo::UniqueFd> clients;
  for (int i = 0; i < 10; i++) clients.push_back(support::Connect(port));
  ok(Until([&] { return bench.open(0) + bench.open(1) == 10; }), "(ten connections are held)");
  ok(Until([&] { return IsQuiet(&bench); }), "what is open wakes nobody");
}

void TestNobodyWaits() {
  EngineBench bench({{2, 8}, 1000});
  bench.AddListener(0);
  bench.AddListener(1);
  ok(Until([&] { return IsQuiet(&bench); }), "without a worker and a client nothing wakes it");
  auto worker = bench.AddWorker(0);
  ok(Until([&] { return IsQuiet(&bench); }), "nor with a worker");
  bench.engine.Pause();
  ok(Until([&] { return IsQuiet(&bench); }), "nor while it pauses");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  {
    EngineBench bench({{2, 8}, 1000});
    const int port = bench.AddListener(0);
    auto first = bench.AddWorker(0);
    auto second = bench.AddWorker(1);
    TestRate(&bench, port, 1, 3);
    TestRate(&bench, port, 25, 25);
    TestRate(&bench, port, 100, 100);
  }
  TestHeld();
  TestNobodyWaits();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
