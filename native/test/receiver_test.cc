// links: receiver channel base uv
// The worker's end of a channel, with the primary played by hand: what it reads, counts and sends
// back, and what it does when the channel ends, is full, or is none, and when fds or memory run
// out.
#include "receiver/receiver.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support.h"
#include "tap.h"
#include "worker_thread.h"

namespace {

using rondo::Connection;
using rondo::EnginePage;
using rondo::FdPair;
using rondo::Frame;
using rondo::FrameType;
using rondo::kMaxFrame;
using rondo::ReadResult;
using rondo::Receiver;
using rondo::Scoreboard;
using rondo::UniqueFd;
using rondo::Welcome;
using rondo::WorkerPage;
using support::CountOpenFds;
using support::FdLimit;
using support::IdOf;
using tap::is;
using tap::ok;

constexpr uint16_t kSlot = 5;

// A receiver on a loop that runs when the test says so, and the primary's end of its channel.
struct Bench final : public Receiver::Owner {
  uv_loop_t loop;
  UniqueFd primary;
  Scoreboard board;
  std::unique_ptr<Receiver> receiver;
  std::unique_ptr<char[]> buffer{new char[kMaxFrame]};

  std::function<void(std::vector<Connection>*)> on_connections = [](auto*) {};
  std::vector<size_t> batches;
  size_t received = 0;
  int welcomes = 0;
  std::string state;
  uint32_t relieve = 0;
  int ends = 0;
  int end_error = 1;

  Bench() {
    uv_loop_init(&loop);
    is(board.Create(), 0, "(a scoreboard)");
    FdPair channel;
    is(rondo::OpenSocketPair(&channel), 0, "(a channel)");
    primary = std::move(channel.first);
    receiver = std::make_unique<Receiver>(&loop, std::move(channel.second), this);
    is(receiver->Open(), 0, "(a receiver)");
  }
  ~Bench() {
    receiver.reset();
    uv_run(&loop, UV_RUN_DEFAULT);
    is(uv_loop_close(&loop), 0, "(the receiver leaves no handle)");
  }

  EnginePage& engine_page() { return *board.engine; }
  const WorkerPage& page() { return *board.worker; }

  void Turn() { uv_run(&loop, UV_RUN_NOWAIT); }
  void Turns(int count) {
    for (int i = 0; i < count; i++) Turn();
  }

  void Greet(uint32_t window = 2, uint32_t version = rondo::kProtocolVersion) {
    const int fds[] = {board.engine_fd.get(), board.worker_fd.get()};
    rondo::SendWelcome(primary.get(), {version, kSlot, window}, fds);
    Turn();
  }

  // Sends that many connections, a frame each, and counts them as the engine does.
  void Send(int count, uint16_t listener = 0) {
    for (int i = 0; i < count; i++) {
      Connection connection;
      connection.fd = support::NewSocket();
      connection.listener = listener;
      engine_page().handed++;
      rondo::SendConnections(primary.get(), &connection, 1);
    }
  }

  // The type of the next frame that the primary finds; 0 if there is none.
  int Sent(Frame* out = nullptr) {
    Frame frame;
    Frame* const into = out == nullptr ? &frame : out;
    int error = 0;
    const ReadResult result = ReadFrame(primary.get(), buffer.get(), into, &error);
    return result == ReadResult::kFrame ? static_cast<int>(into->type) : 0;
  }
  void Discard() {
    while (Sent() != 0) continue;
  }
  // Turns until the primary finds a frame, or for long enough.
  int Await() {
    int type = 0;
    for (int i = 0; i < 2000 && type == 0; i++) {
      Turn();
      type = Sent();
      if (type == 0) usleep(1000);
    }
    return type;
  }

  void OnConnections(std::vector<Connection>* batch) override {
    batches.push_back(batch->size());
    received += batch->size();
    on_connections(batch);
  }
  void OnWelcome(const Welcome&) override { welcomes++; }
  void OnState(const char* bytes, size_t length) override { state.assign(bytes, length); }
  void OnRelieve(uint32_t count) override { relieve += count; }
  void OnEnd(int error) override {
    ends++;
    end_error = error;
  }
};

constexpr int Type(FrameType type) { return static_cast<int>(type); }

// ---- what is a channel ----------------------------------------------------------------------

void TestNoChannel() {
  const auto result_of = [](UniqueFd fd) {
    uv_loop_t loop;
    uv_loop_init(&loop);
    int result;
    {
      Receiver receiver(&loop, std::move(fd), nullptr);
      result = receiver.Open();
      receiver.Close();
      receiver.SetServing({1});
      Connection none;
      receiver.Refuse(&none, false);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return result;
  };
  is(result_of(UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC))), -ENOTSOCK, "a file");
  is(result_of(UniqueFd()), -EBADF, "no fd");
  is(result_of(support::NewSocket()), -EINVAL, "a TCP socket");
  is(result_of(support::NewSocket(SOCK_DGRAM)), -EINVAL, "a UDP socket");
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return;
  const UniqueFd other(pair[1]);
  is(result_of(UniqueFd(pair[0])), -EINVAL, "a Unix stream");
  FdPair channel;
  rondo::OpenSocketPair(&channel);
  channel.first.Reset();
  is(result_of(std::move(channel.second)), 0,
     "a channel whose primary is gone is one, and has ended");
}

// ---- greeting -------------------------------------------------------------------------------

void TestGreeting() {
  Bench bench;
  Frame frame;
  uint32_t version = 0;
  is(bench.Sent(&frame), Type(FrameType::kHello), "it says hello first");
  ok(ParseHello(frame, &version) && version == rondo::kProtocolVersion, "with its version");
  ok(bench.receiver->page() == nullptr, "it has no page");
  bench.receiver->CountEnded(0);
  bench.Greet();
  is(bench.Sent(&frame), Type(FrameType::kMapped), "and, welcome, that it has the scoreboard");
  is(bench.welcomes, 1, "which its owner hears");
  ok(bench.receiver->page() != nullptr, "it has one");
  is(bench.page().ended, 0, "where nothing is over yet");
  is(bench.Sent(), 0, "and says nothing else");
  rondo::SendState(bench.primary.get(), "abc", 3);
  bench.Turn();
  is(bench.state, "abc", "the state comes as it was sent");
  bench.receiver->SetServing({3, 255});
  std::vector<uint16_t> serving;
  is(bench.Sent(&frame), Type(FrameType::kServing), "it says what it serves");
  ok(ParseServing(frame, &serving) && serving == std::vector<uint16_t>({3, 255}), "all of it");
  SendSignal(bench.primary.get(), FrameType::kPing);
  bench.Turn();
  is(bench.Sent(), Type(FrameType::kCredit), "a ping is answered with credit");

  Bench other;
  other.Greet(2, rondo::kProtocolVersion + 1);
  is(other.welcomes, 1, "another version is told to the owner");
  ok(other.receiver->page() == nullptr, "and its scoreboard is left alone");
  other.Discard();
  is(other.Sent(), 0, "nothing is said to it");
  other.Send(1);
  other.Turns(2);
  is(other.end_error, -EPROTO, "connections that come without a scoreboard end the channel");
  is(static_cast<long long>(other.received), 0, "and are not delivered");
}

// It says hello until it has the scoreboard.
void TestLateScoreboard() {
  const std::string welcome = [] {
    const uint32_t body[] = {rondo::kProtocolVersion, kSlot, 2};
    return std::string("\x02\0\0\0", 4) +
           std::string(reinterpret_cast<const char*>(body), sizeof(body));
  }();
  Bench bench;
  bench.Discard();
  for (int round = 0; round < 2; round++) {
    {
      // A third fd stands for one that another thread takes after the look.
      const int board_fds[] = {bench.board.engine_fd.get(), bench.board.worker_fd.get(), 0};
      const FdLimit limit(2);
      rondo::SendFds(bench.primary.get(), board_fds, 3, welcome.data(), welcome.size());
      bench.Turn();
    }
    is(bench.Sent(), 0, "a welcome whose fds were lost is not answered at once");
    is(bench.Await(), Type(FrameType::kHello), "but soon, by another hello");
  }
  is(bench.welcomes, 0, "the owner hears nothing of it");
  {
    const FdLimit limit(1);
    bench.Greet();
    is(bench.Sent(), 0, "without two fds left no welcome is read");
  }
  is(bench.Await(), Type(FrameType::kMapped), "later it is, and the scoreboard is there");
  is(bench.welcomes, 1, "and the owner is welcome");
  bench.Turns(3);
  is(bench.Sent(), 0, "once it has it, it says hello no more");
  {
    const int board_fds[] = {bench.board.engine_fd.get(), bench.board.worker_fd.get(), 0};
    const FdLimit limit(2);
    rondo::SendFds(bench.primary.get(), board_fds, 3, welcome.data(), welcome.size());
    bench.Turn();
  }
  usleep(30'000);
  bench.Turns(2);
  is(bench.Sent(), 0, "nor when a later welcome lost its fds");
  is(bench.ends, 0, "and the channel goes on");
}

// Without memory for a mapping, the same.
void TestNoMemory() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  tap::skip("no memory for the scoreboard", "the sanitizers need some themselves");
#else
  Bench bench;
  bench.Discard();
  const int fds_before = CountOpenFds();
  rlimit before;
  getrlimit(RLIMIT_AS, &before);
  const rlimit none = {4096, before.rlim_max};
  setrlimit(RLIMIT_AS, &none);
  bench.Greet();
  setrlimit(RLIMIT_AS, &before);
  is(bench.welcomes, 0, "without memory for the scoreboard it is not welcome yet");
  is(bench.ends, 0, "nor is the channel over");
  is(CountOpenFds(), fds_before, "and it keeps no fd");
  is(bench.Await(), Type(FrameType::kHello), "it says hello again");
  bench.Greet();
  is(bench.Sent(), Type(FrameType::kMapped), "and then has it");
#endif
}

// ---- receiving ------------------------------------------------------------------------------

void TestReceiving() {
  Bench bench;
  bench.Greet();
  bench.Discard();
  std::vector<unsigned long long> ids;
  bench.on_connections = [&ids](std::vector<Connection>* batch) {
    for (const Connection& one : *batch) ids.push_back(IdOf(one.fd.get()));
  };
  bench.Send(2);
  bench.Turn();
  ok(bench.batches == std::vector<size_t>({2}), "what waits comes in one batch");
  ok(ids.size() == 2 && ids[0] != 0 && ids[1] != 0 && ids[0] != ids[1], "with open fds");
  is(bench.page().received, 2, "it is counted as received");
  is(bench.page().ended, 0, "and not as over");
  const uint64_t at = bench.page().received_at_ns;
  ok(at != 0 && at <= uv_hrtime(), "with its time");
  is(bench.Sent(), 0, "nothing is sent for it");
  bench.receiver->CountEnded(255);
  is(bench.page().ended, 1, "one is over");
  is(bench.page().ended_of[255], 1, "of its listener");
  bench.engine_page().wake++;
  bench.Send(1);
  bench.Turn();
  is(bench.Sent(), Type(FrameType::kCredit), "the next one after a wish brings a credit");
  ok(bench.page().received_at_ns > at, "and its time is later");
  bench.Send(1);
  bench.Turn();
  is(bench.Sent(), 0, "a wish brings one only");
}

// Bounded per turn, so that reading cannot starve what is served; and all of it comes.
void TestBounds() {
  for (const uint32_t window : {0u, 1u, 2u, 20u, 1000u}) {
    const std::string name = "window " + std::to_string(window) + ": ";
    Bench bench;
    bench.Greet(window);
    bench.Send(150);
    size_t largest = 0;
    bench.Turn();
    const size_t first = bench.received;
    for (int i = 0; i < 200 && bench.received < 150; i++) bench.Turn();
    for (const size_t batch : bench.batches) largest = std::max(largest, batch);
    is(static_cast<long long>(bench.received), 150, name + "all comes");
    ok(first <= Receiver::kLargestBatch && largest <= std::max<size_t>(std::min(window, 32u), 1),
       name + "and no more than a window, or a frame, per turn");
  }
}

// The engine says it again when the window has changed.
void TestNextWindow() {
  Bench bench;
  bench.Greet(2);
  bench.Send(1);
  bench.on_connections = [](std::vector<Connection>*) {};
  bench.Turn();
  bench.receiver->CountEnded(0);
  bench.Discard();
  const int fds_before = CountOpenFds();
  bench.Greet(20);
  is(bench.welcomes, 1, "a second welcome is none to the owner");
  is(bench.Sent(), 0, "nor answered");
  is(CountOpenFds(), fds_before, "its fds are closed");
  is(bench.page().ended + bench.page().received, 2, "and the counts stay");
  bench.batches.clear();
  bench.Send(60);
  bench.Turns(60);
  size_t largest = 0;
  for (const size_t batch : bench.batches) largest = std::max(largest, batch);
  is(static_cast<long long>(largest), 20, "but as many are read at a time as it says");
}

void TestRefusing() {
  Bench bench;
  bench.Greet();
  bench.Discard();
  unsigned long long id = 0;
  bench.on_connections = [&](std::vector<Connection>* batch) {
    id = IdOf((*batch)[0].fd.get());
    bench.receiver->Refuse(&(*batch)[0], false);
  };
  bench.Send(1);
  bench.Turn();
  Frame frame;
  is(bench.Sent(), Type(FrameType::kRefused), "a refusal is announced");
  is(bench.Sent(&frame), Type(FrameType::kReturned), "and follows at once");
  std::vector<Connection> returned;
  ok(ParseConnections(&frame, &returned) && returned.size() == 1, "with the connection");
  ok(returned.size() == 1 && IdOf(returned[0].fd.get()) == id, "the same");
  is(bench.page().received, 1, "it counts as received");
  is(bench.page().ended, 0, "and not as over");
}

// What the channel has no room for is sent later, in order.
void TestFullChannel() {
  Bench bench;
  bench.Greet();
  bench.Discard();
  bench.on_connections = [&](std::vector<Connection>* batch) {
    for (Connection& one : *batch) bench.receiver->Refuse(&one, false);
  };
  constexpr int kCount = 400;
  for (int i = 0; i < kCount; i++) {
    bench.Send(1);
    bench.engine_page().wake++;
    bench.Turn();
  }
  is(static_cast<long long>(bench.received), kCount, "it goes on receiving");
  ok(bench.receiver->HasUnsent(), "and says that not all has left the process");
  int refused = 0;
  int returned = 0;
  int credits = 0;
  int disorder = 0;
  int before = 0;
  const auto is_complete = [&] { return returned == kCount && credits == kCount; };
  for (int i = 0; i < 2000 && !is_complete(); i++) {
    const int type = bench.Sent();
    if (type == 0) {
      uv_run(&bench.loop, UV_RUN_NOWAIT);
      usleep(1000);
      continue;
    }
    refused += type == Type(FrameType::kRefused);
    returned += type == Type(FrameType::kReturned);
    credits += type == Type(FrameType::kCredit);
    disorder += (before == Type(FrameType::kRefused)) != (type == Type(FrameType::kReturned));
    before = type;
  }
  is(refused, kCount, "every refusal is announced");
  is(returned, kCount, "every connection comes back");
  is(credits, kCount, "and every credit");
  is(disorder, 0, "each connection right behind its announcement");
  ok(!bench.receiver->HasUnsent(), "then nothing is left here");
}

// The channel has no room for what goes back when the receiver is closed.
void TestCloseWithRefusals() {
  Bench bench;
  bench.Greet();
  bench.Discard();
  bench.on_connections = [&](std::vector<Connection>* batch) {
    for (Connection& one : *batch) bench.receiver->Refuse(&one, false);
  };
  shutdown(bench.primary.get(), SHUT_RD);
  const int fds_before = CountOpenFds();
  bench.Send(3, 7);
  bench.Turns(3);
  is(bench.page().ended, 0, "(three wait to be sent back)");
  bench.receiver->Close();
  is(CountOpenFds(), fds_before - 1, "they are closed, and the channel is");
  is(bench.page().ended_of[7], 3, "and counted as over");
  bench.receiver->Close();
  is(bench.page().ended, 3, "once");
}

// Whoever counts in the page may outlive the receiver.
void TestPageStays() {
  Bench bench;
  bench.Greet();
  auto page = bench.receiver->page();
  bench.receiver->Close();
  bench.receiver->CountEnded(0);
  is(bench.page().ended, 1, "a closed receiver still counts");
  bench.receiver.reset();
  (*page)->ended++;
  is(bench.page().ended, 2, "and its page stays as long as anybody has it");
}

// ---- its end --------------------------------------------------------------------------------

void TestEnd() {
  Bench bench;
  bench.Greet();
  bench.primary.Reset();
  bench.Turns(2);
  is(bench.ends, 1, "when the primary closes the channel, that is the end");
  is(bench.end_error, 0, "and no error");
  ok(uv_loop_alive(&bench.loop) == 0, "nothing keeps the loop");
  bench.receiver->SetServing({1});
  Connection late;
  late.fd = support::NewSocket();
  ok(!bench.receiver->Refuse(&late, false) && late.fd, "what would go back then is the caller's");
  bench.Turns(2);
  is(bench.ends, 1, "once");
}

// A primary that lets go of a worker hears no more, so what the worker would send back comes to it.
void TestEndWithRefusals() {
  Bench bench;
  bench.Greet();
  bench.Discard();
  constexpr size_t kCount = 2 * rondo::kMaxBatch + 1;
  std::vector<unsigned long long> ids;
  size_t delivered_again = 0;
  size_t finals = 0;
  bench.on_connections = [&](std::vector<Connection>* batch) {
    for (Connection& one : *batch) {
      const unsigned long long id = IdOf(one.fd.get());
      delivered_again += std::count(ids.begin(), ids.end(), id) > 0;
      finals += one.is_final;
      ids.push_back(id);
      if (bench.receiver->Refuse(&one, false)) continue;
      bench.receiver->CountEnded(one.listener);
    }
  };
  shutdown(bench.primary.get(), SHUT_RD);
  for (size_t i = 0; i < kCount; i++) {
    bench.Send(1);
    bench.Turn();
  }
  is(static_cast<long long>(delivered_again), 0, "before the end it waits");
  bench.primary.Reset();
  bench.Turns(2);
  is(static_cast<long long>(delivered_again), static_cast<long long>(kCount),
     "then it comes again");
  is(static_cast<long long>(finals), static_cast<long long>(kCount), "as final");
  is(bench.ends, 1, "and that is the end");
  is(bench.page().received - bench.page().ended, 0, "with nothing open");
}

// The primary ends while frames of the worker are unread: the kernel reports an error and libuv
// stops the poll, but connections may still wait.
void TestEndWithUnreadFrames() {
  Bench bench;
  bench.Greet();
  bench.receiver->SetServing({1});
  bench.Send(20);
  bench.primary.Reset();
  bench.Turns(40);
  is(static_cast<long long>(bench.received), 20, "what had been sent is received");
  is(bench.ends, 1, "and then comes the end");
  is(bench.end_error, 0, "which is no error");
}

void TestBadFrames() {
  const std::string frames[] = {
      "x",
      std::string("\xff\0\0\0", 4),
      std::string("\x01\x01\0\0", 4),
      std::string("\x02\0\0\0", 4),
      std::string("\x10\0\0\0\x01\0\0\0", 8),
  };
  for (const std::string& frame : frames) {
    Bench bench;
    bench.Greet();
    bench.Send(1);
    rondo::SendFds(bench.primary.get(), nullptr, 0, frame.data(), frame.size());
    bench.Send(1);
    bench.Turns(4);
    is(bench.ends, 1, "what is no frame for a worker ends the channel");
    is(bench.end_error, -EPROTO, "with an error");
    is(static_cast<long long>(bench.received), 1, "what came before it is delivered");
  }
  Bench small;
  const UniqueFd no_page(open("/dev/null", O_RDWR | O_CLOEXEC));
  const int fds[] = {small.board.engine_fd.get(), no_page.get()};
  rondo::SendWelcome(small.primary.get(), {rondo::kProtocolVersion, kSlot, 2}, fds);
  small.Turns(2);
  is(small.ends, 1, "a welcome with what is no page ends the channel");
  ok(small.end_error < 0, "with the reason");
  ok(small.receiver->page() == nullptr && small.welcomes == 0, "and is no welcome");

  // What cannot be taken is closed with its frame.
  Bench rest;
  const int fds_before = CountOpenFds();
  rest.Send(5);
  rest.Turns(2);
  is(rest.end_error, -EPROTO, "connections before the scoreboard end the channel");
  is(CountOpenFds(), fds_before - 1, "and are closed, as it is");
}

// A program runs the loop while it is told of a connection: nothing waits for the end of that.
void TestLoopWithin() {
  Bench bench;
  bench.Greet(16);
  std::string order;
  size_t next = 0;
  bench.on_connections = [&](std::vector<Connection>* batch) {
    while (next < batch->size()) {
      const Connection connection = std::move((*batch)[next++]);
      order += static_cast<char>('a' + connection.listener);
      if (connection.listener != 0) continue;
      bench.Send(1, 3);
      bench.Turns(3);
      order += '|' + bench.state;
    }
    next = 0;
  };
  bench.Send(1, 0);
  bench.Send(1, 1);
  rondo::SendState(bench.primary.get(), "state", 5);
  bench.Send(1, 2);
  bench.Turns(2);
  is(order, "abcd|state",
     "within it come the rest of its batch, the state, and what is sent meanwhile, in their order");
  is(bench.page().received, 4, "each is counted once");
  is(bench.end_error, 1, "(the channel goes on)");
}

// The owner may close it from within any of its calls.
void TestCloseWithin() {
  Bench bench;
  bench.Greet();
  bench.on_connections = [&bench](std::vector<Connection>*) { bench.receiver->Close(); };
  bench.Send(3);
  bench.Turns(3);
  is(static_cast<long long>(bench.batches.size()), 1, "closed within a call, it makes no other");
  is(bench.ends, 0, "and reports no end");

  Bench other;
  other.Greet();
  other.on_connections = [&other](std::vector<Connection>*) { other.receiver->Close(); };
  other.Send(1);
  other.engine_page().handed++;
  rondo::SendState(other.primary.get(), "abc", 3);
  other.Turns(3);
  is(static_cast<long long>(other.received), 1, "(closed between two frames of a turn)");
  is(other.state, "", "nor says it what follows");
}

// ---- out of fds -----------------------------------------------------------------------------

void TestOutOfFds() {
  Bench bench;
  bench.Greet();
  bench.Discard();
  bench.Send(2);
  {
    const FdLimit limit(0);
    bench.Turns(3);
    is(static_cast<long long>(bench.received), 0, "without an fd left it reads nothing");
    ok(uv_loop_alive(&bench.loop) != 0, "and still keeps the loop running");
  }
  for (int i = 0; i < 2000 && bench.received < 2; i++) {
    uv_run(&bench.loop, UV_RUN_NOWAIT);
    usleep(1000);
  }
  is(static_cast<long long>(bench.received), 2, "with fds again it does, and nothing is lost");
  is(bench.page().lost, 0, "nor counted as lost");

  // The page says less than comes, as when another thread takes the fds after the look.
  std::vector<Connection> connections(10);
  for (Connection& one : connections) one.fd = support::NewSocket();
  connections[3].listener = 9;
  const uint32_t ended = bench.page().ended;
  rondo::SendConnections(bench.primary.get(), connections.data(), 10);
  bench.engine_page().handed += 1;
  {
    const FdLimit limit(5);
    bench.Turn();
  }
  bench.engine_page().handed += 9;
  is(bench.page().lost, 10, "what the kernel could not install is counted as lost");
  is(bench.page().received - bench.engine_page().handed, 0,
     "and as received, so that the window opens");
  is(bench.page().ended - ended, 10, "and as over");
  is(bench.page().ended_of[9], 1, "each with its listener");
  is(static_cast<long long>(bench.received), 2, "none of it is delivered");
  is(bench.ends, 0, "and the channel goes on");
}

void TestRefs() {
  Bench bench;
  ok(uv_loop_alive(&bench.loop) != 0, "an open channel keeps the loop running");
  bench.receiver->Unref();
  ok(uv_loop_alive(&bench.loop) == 0, "unless it is told not to");
  bench.receiver->Ref();
  ok(uv_loop_alive(&bench.loop) != 0, "or told to again");
  bench.receiver->Close();
  bench.Turn();
  bench.receiver->Ref();
  bench.receiver->Unref();
  ok(uv_loop_alive(&bench.loop) == 0, "a closed one does not");
}

// ---- its loop ---------------------------------------------------------------------------------

void TestHeartbeat() {
  Bench bench;
  bench.receiver->Beat(1);
  bench.Turns(3);
  is(bench.page().heartbeat, 0, "without a page it writes nothing");
  bench.Greet();
  const uint32_t first = bench.page().heartbeat;
  ok(first != 0 && rondo::HeartbeatNow() - first < 1000, "with the welcome it begins");
  usleep(5000);
  is(bench.page().heartbeat, first, "while the loop does not turn nothing is written");
  bench.Turn();
  const uint32_t second = bench.page().heartbeat;
  ok(second - first >= 5 && second - first < 1000, "when it does, the time is");
  bench.receiver->Beat(3'600'000);
  usleep(2000);
  const uint32_t third = bench.page().heartbeat;
  bench.Turns(3);
  is(bench.page().heartbeat, third, "another interval is the one that counts");
  bench.receiver->Beat(0);
  is(bench.page().heartbeat, 0, "0 takes it back");
  bench.Turns(3);
  is(bench.page().heartbeat, 0, "and ends it");

  bench.receiver->Beat(1);
  bench.receiver->Unref();
  is(uv_run(&bench.loop, UV_RUN_NOWAIT), 0, "it does not keep the loop running");
  ok(bench.page().heartbeat != 0, "(and beats)");
  bench.receiver->Close();
  is(bench.page().heartbeat, 0, "a receiver that is closed shows nothing");
  bench.receiver->Beat(1);
  is(bench.page().heartbeat, 0, "nor does it begin again");
}

// Since when the loop runs callbacks, and that it does not.
void TestTurn() {
  Bench bench;
  bench.Turn();
  is(static_cast<long long>(bench.page().turn_since_ns), 0, "without a page nothing is shown");
  bench.Greet();
  uint64_t within = 0;
  bench.on_connections = [&](std::vector<Connection>*) { within = bench.page().turn_since_ns; };
  bench.Send(1);
  const uint64_t before = uv_hrtime();
  bench.Turn();
  ok(within >= before && within <= uv_hrtime(), "a callback of the channel is within a turn");
  is(static_cast<long long>(bench.page().turn_since_ns), static_cast<long long>(within),
     "which lasts as long as the loop does not wait");
  std::thread waker([&bench] {
    while (bench.page().turn_since_ns != 0) std::this_thread::yield();
    SendSignal(bench.primary.get(), FrameType::kPing);
  });
  uv_run(&bench.loop, UV_RUN_ONCE);
  waker.join();
  ok(bench.page().turn_since_ns > within, "when it waits it shows 0, and afterwards another turn");
  bench.receiver->Close();
  is(static_cast<long long>(bench.page().turn_since_ns), 0, "a closed receiver shows none");
  bench.Turns(2);
  is(static_cast<long long>(bench.page().turn_since_ns), 0, "nor any later");
}

// The loop waits for that long.
void Wait(Bench* bench, uint64_t ms) {
  bool is_over = false;
  uv_timer_t timer;
  uv_timer_init(&bench->loop, &timer);
  timer.data = &is_over;
  const auto end = [](uv_timer_t* over) { *static_cast<bool*>(over->data) = true; };
  uv_update_time(&bench->loop);
  uv_timer_start(&timer, end, ms, 0);
  while (!is_over) uv_run(&bench->loop, UV_RUN_ONCE);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
  bench->Turn();
}

void TestFigures() {
  constexpr int kBusyMs = 300;
  Bench bench;
  const uint32_t start = rondo::HeartbeatNow();
  bench.Greet();
  bench.Turns(5);
  ok(bench.page().figures_at == 0 || rondo::HeartbeatNow() - start >= 100,
     "at first there are no figures");
  bench.on_connections = [](std::vector<Connection>*) { usleep(kBusyMs * 1000); };
  bench.Send(1);
  bench.Turns(2);
  const uint32_t delay = bench.page().delay_us;
  ok(bench.page().figures_at != 0, "after some time there are");
  ok(delay >= kBusyMs * 1000, "the longest turn is the delay");
  ok(bench.page().busy_permille > 500 && bench.page().busy_permille <= 1000, "it was busy");
  ok(bench.page().memory_kb > 100, "and has some memory");
  const uint32_t at = bench.page().figures_at;
  bench.Turns(100);
  ok(bench.page().figures_at == at || bench.page().figures_at - at >= 100,
     "they are not written at each turn");
  Wait(&bench, 400);
  ok(bench.page().figures_at - at >= 100, "but later again");
  ok(bench.page().delay_us < delay, "of a delay that is past less is left");
  ok(bench.page().busy_permille < 500, "and it waited for the most part");
  bench.receiver->Unref();
  ok(uv_loop_alive(&bench.loop) == 0, "none of it keeps the loop running");
}

}  // namespace

int main() {
  support::WarmUpLibuv();
  const int fds_before = CountOpenFds();
  TestNoChannel();
  TestGreeting();
  TestLateScoreboard();
  TestNoMemory();
  TestReceiving();
  TestBounds();
  TestNextWindow();
  TestRefusing();
  TestFullChannel();
  TestCloseWithRefusals();
  TestPageStays();
  TestEnd();
  TestEndWithRefusals();
  TestEndWithUnreadFrames();
  TestBadFrames();
  TestLoopWithin();
  TestCloseWithin();
  TestOutOfFds();
  TestRefs();
  TestHeartbeat();
  TestTurn();
  TestFigures();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
