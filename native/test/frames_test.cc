// links: channel base
// Every frame there and back, and every way to be no frame: cut short, too long, garbage, fds that
// do not match. What does not parse is rejected whole, and its fds are closed.
#include "channel/frames.h"

#include <string.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support.h"
#include "tap.h"

namespace {

using rondo::Connection;
using rondo::FdPair;
using rondo::Frame;
using rondo::FrameType;
using rondo::kMaxBatch;
using rondo::kMaxFrame;
using rondo::kMaxListeners;
using rondo::kMaxRefusals;
using rondo::ReadResult;
using rondo::UniqueFd;
using rondo::Welcome;
using support::CountOpenFds;
using support::IdOf;
using support::NewSockets;
using support::Numbers;
using tap::is;
using tap::ok;

constexpr size_t kHeader = 4;

// A channel, and the frame last read from its second end. The body is kept in memory of exactly
// its length, so that AddressSanitizer sees a parser that reads beyond it.
struct Wire {
  FdPair pair;
  std::unique_ptr<char[]> buffer{new char[kMaxFrame]};
  std::unique_ptr<char[]> body;
  std::unique_ptr<Frame> frame;
  int error = 0;

  Wire() { is(rondo::OpenSocketPair(&pair), 0, "(a channel)"); }

  int in() const { return pair.first.get(); }

  ReadResult Read() {
    frame = std::make_unique<Frame>();
    error = 0;
    const ReadResult result = ReadFrame(pair.second.get(), buffer.get(), frame.get(), &error);
    if (result == ReadResult::kFrame) KeepBody();
    return result;
  }

  ReadResult ReadWithoutFds() {
    frame = std::make_unique<Frame>();
    error = 0;
    const ReadResult result =
        ReadFrameWithoutFds(pair.second.get(), buffer.get(), frame.get(), &error);
    if (result == ReadResult::kFrame) KeepBody();
    return result;
  }

  void KeepBody() {
    body.reset(new char[frame->length]);
    memcpy(body.get(), frame->body, frame->length);
    frame->body = body.get();
  }

  ReadResult ReadBytes(const std::string& bytes, const std::vector<int>& fds = {}) {
    rondo::SendFds(in(), fds.data(), fds.size(), bytes.data(), bytes.size());
    return Read();
  }
};

// ---- frames by hand -------------------------------------------------------------------------

std::string Number16(uint32_t value) {
  const uint16_t number = static_cast<uint16_t>(value);
  return std::string(reinterpret_cast<const char*>(&number), sizeof(number));
}

std::string Number32(uint32_t value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string Head(FrameType type, size_t count = 0) {
  return {static_cast<char>(type), static_cast<char>(count), 0, 0};
}

std::string OneConnection(uint32_t listener, int is_final, const std::vector<uint32_t>& refusals) {
  std::string bytes = Number16(listener);
  bytes += static_cast<char>(is_final);
  bytes += static_cast<char>(refusals.size());
  bytes += std::string(8, '\x2a');  // when it was accepted
  for (const uint32_t slot : refusals) bytes += Number16(slot);
  return bytes;
}

// ---- there and back -------------------------------------------------------------------------

std::vector<Connection> SomeConnections(size_t count, size_t refusals) {
  std::vector<Connection> connections(count);
  for (size_t i = 0; i < count; i++) {
    connections[i].fd = support::NewSocket();
    connections[i].listener = static_cast<uint16_t>(kMaxListeners - 1 - i);
    connections[i].is_final = i % 2 == 1;
    connections[i].accepted_ns = UINT64_MAX - i;
    for (size_t j = 0; j < refusals; j++) {
      connections[i].refused_by.push_back(static_cast<uint16_t>(1023 - j));
    }
  }
  return connections;
}

bool AreSame(const std::vector<Connection>& sent, const std::vector<Connection>& found) {
  if (sent.size() != found.size()) return false;
  for (size_t i = 0; i < sent.size(); i++) {
    if (IdOf(sent[i].fd.get()) != IdOf(found[i].fd.get()) ||
        sent[i].accepted_ns != found[i].accepted_ns || sent[i].listener != found[i].listener ||
        sent[i].is_final != found[i].is_final || sent[i].refused_by != found[i].refused_by) {
      return false;
    }
  }
  return true;
}

void TestConnections() {
  for (const size_t count : {size_t{1}, size_t{2}, kMaxBatch}) {
    for (const size_t refusals : {size_t{0}, size_t{1}, kMaxRefusals}) {
      const std::string name =
          std::to_string(count) + " connections, each refused by " + std::to_string(refusals);
      Wire wire;
      const std::vector<Connection> sent = SomeConnections(count, refusals);
      is(SendConnections(wire.in(), sent.data(), count), 0, name + ": sent");
      ok(wire.Read() == ReadResult::kFrame && wire.frame->type == FrameType::kConnections,
         name + ": read");
      std::vector<Connection> found;
      ok(ParseConnections(wire.frame.get(), &found), name + ": parsed");
      ok(AreSame(sent, found), name + ": the same");
      is(static_cast<long long>(wire.frame->fd_count), 0, name + ": their fds are moved out");
    }
  }
  Wire wire;
  const std::vector<Connection> sent = SomeConnections(kMaxBatch + 1, 0);
  is(SendConnections(wire.in(), sent.data(), 0), -EINVAL, "no connections are no frame");
  is(SendConnections(wire.in(), sent.data(), kMaxBatch + 1), -EINVAL, "nor is one too many");
  ok(wire.Read() == ReadResult::kEmpty, "and nothing was sent");
}

void TestReturned() {
  Wire wire;
  std::vector<Connection> sent = SomeConnections(1, 3);
  is(SendReturned(wire.in(), sent[0]), 0, "a returned connection: sent");
  ok(wire.Read() == ReadResult::kFrame && wire.frame->type == FrameType::kReturned, "read");
  std::vector<Connection> found = SomeConnections(1, 0);
  ok(ParseConnections(wire.frame.get(), &found), "parsed");
  is(static_cast<long long>(found.size()), 2, "behind what the list had");
  found.erase(found.begin());
  ok(AreSame(sent, found), "the same");
}

void TestReleased() {
  Wire wire;
  std::vector<Connection> sent = SomeConnections(1, 3);
  is(rondo::SendReleased(wire.in(), sent[0], 5000), 0, "a released connection: sent");
  ok(wire.Read() == ReadResult::kFrame && wire.frame->type == FrameType::kReleased, "read");
  std::vector<uint16_t> listeners;
  ok(ParseListeners(*wire.frame, &listeners) && listeners[0] == sent[0].listener,
     "its listener alone, as for one whose fd is lost");
  rondo::Released released;
  ok(ParseReleased(wire.frame.get(), &released), "parsed");
  is(static_cast<long long>(released.idle_ms), 5000, "its time");
  std::vector<Connection> found;
  found.push_back(std::move(released.connection));
  ok(AreSame(sent, found), "the same");
  is(static_cast<long long>(wire.frame->fd_count), 0, "with its fd");
}

// Of any bytes, up to the most there may be.
void TestAbout() {
  for (const size_t length : {size_t{1}, size_t{300}, rondo::kMaxAbout}) {
    Wire wire;
    std::vector<Connection> sent = SomeConnections(kMaxBatch, 3);
    sent[0].about = std::string(length, '\0');
    sent[kMaxBatch - 1].about = std::string(length, 'x');
    is(SendConnections(wire.in(), sent.data(), sent.size()), 0, "what is known of two: sent");
    std::vector<Connection> found;
    ok(wire.Read() == ReadResult::kFrame && ParseConnections(wire.frame.get(), &found), "read");
    ok(AreSame(sent, found) && found[0].about == sent[0].about && found[1].about.empty() &&
           found[kMaxBatch - 1].about == sent[kMaxBatch - 1].about,
       std::to_string(length) + " bytes, the same");
  }
  Wire wire;
  std::vector<Connection> sent = SomeConnections(1, 0);
  sent[0].about = std::string(rondo::kMaxAbout + 1, 'x');
  SendReturned(wire.in(), sent[0]);
  std::vector<Connection> found;
  ok(wire.Read() == ReadResult::kFrame && ParseConnections(wire.frame.get(), &found) &&
         found[0].about.size() == rondo::kMaxAbout,
     "more is cut off");
}

void TestControl() {
  Wire wire;
  const std::vector<UniqueFd> pages = NewSockets(2);
  is(rondo::SendWelcome(wire.in(), {9, 1023, 77}, Numbers(pages).data()), 0, "welcome: sent");
  ok(wire.Read() == ReadResult::kFrame && wire.frame->type == FrameType::kWelcome, "read");
  Welcome welcome = {};
  ok(ParseWelcome(*wire.frame, &welcome), "parsed");
  ok(welcome.version == 9 && welcome.slot == 1023 && welcome.window == 77, "the same");
  ok(IdOf(wire.frame->fds[0].get()) == IdOf(pages[0].get()) &&
         IdOf(wire.frame->fds[1].get()) == IdOf(pages[1].get()),
     "with its fds, in order");

  uint32_t version = 0;
  is(rondo::SendHello(wire.in()), 0, "hello: sent");
  ok(wire.ReadWithoutFds() == ReadResult::kFrame && wire.frame->type == FrameType::kHello, "read");
  ok(ParseHello(*wire.frame, &version) && version == rondo::kProtocolVersion, "the same");

  std::vector<uint16_t> all;
  for (uint16_t id = 0; id < kMaxListeners; id++) all.push_back(id);
  for (const size_t count : {size_t{0}, size_t{1}, kMaxListeners}) {
    std::vector<uint16_t> found = {99};
    is(rondo::SendServing(wire.in(), all.data(), count), 0, "serving: sent");
    ok(wire.ReadWithoutFds() == ReadResult::kFrame && wire.frame->type == FrameType::kServing,
       "read");
    ok(ParseServing(*wire.frame, &found), "parsed");
    ok(found == std::vector<uint16_t>(all.begin(), all.begin() + static_cast<long>(count)),
       std::to_string(count) + " listeners, the same");
  }
  is(rondo::SendServing(wire.in(), all.data(), kMaxListeners + 1), -EINVAL, "serving too many");

  for (const FrameType type :
       {FrameType::kCredit, FrameType::kPing, FrameType::kRefused, FrameType::kMapped}) {
    is(SendSignal(wire.in(), type), 0, "a signal: sent");
    ok(wire.Read() == ReadResult::kFrame && wire.frame->type == type, "read");
    is(static_cast<long long>(wire.frame->length), 0, "without a body");
  }
}

void TestState() {
  Wire wire;
  for (const size_t length : {size_t{0}, size_t{1}, kMaxFrame - kHeader}) {
    const std::string state(length, 's');
    is(rondo::SendState(wire.in(), state.data(), length), 0, "a state is sent");
    ok(wire.Read() == ReadResult::kFrame && wire.frame->type == FrameType::kState, "read");
    ok(std::string(wire.frame->body, wire.frame->length) == state,
       std::to_string(length) + " bytes, the same");
  }
  const std::string state(kMaxFrame - kHeader + 1, 's');
  is(rondo::SendState(wire.in(), state.data(), state.size()), -EMSGSIZE, "one byte too many");
}

// ---- what is no frame -----------------------------------------------------------------------

void TestReading() {
  {
    Wire wire;
    ok(wire.Read() == ReadResult::kEmpty, "nothing waits");
    ok(wire.ReadWithoutFds() == ReadResult::kEmpty, "the same without fds");
    for (size_t length = 1; length < kHeader; length++) {
      const std::string bytes = Head(FrameType::kCredit).substr(0, length);
      ok(wire.ReadBytes(bytes) == ReadResult::kBroken, "a header cut short");
    }
    int known = 0;
    for (int type = 0; type < 256; type++) {
      const std::string bytes = {static_cast<char>(type), 0, 0, 0};
      if (wire.ReadBytes(bytes) == ReadResult::kFrame) known++;
    }
    is(known, 14, "of 256 types, those of the protocol are frames");
    const std::string bytes = Head(FrameType::kState) + std::string(kMaxFrame, 'x');
    ok(wire.ReadBytes(bytes, {0, 1, 2}) == ReadResult::kBroken, "longer than any frame");
  }
  {
    Wire wire;
    wire.ReadBytes(Head(FrameType::kCredit));
    SendSignal(wire.pair.second.get(), FrameType::kCredit);
    SendSignal(wire.in(), FrameType::kPing);
    wire.pair.first.Reset();
    ok(wire.Read() == ReadResult::kFrame && wire.frame->type == FrameType::kPing,
       "the other end was closed with something unread: what it had sent is still a frame");
    ok(wire.Read() == ReadResult::kEnd, "then the end");
    ok(wire.ReadWithoutFds() == ReadResult::kEnd, "the same without fds");
  }
  Wire wire;
  wire.pair.second.Reset();
  ok(wire.Read() == ReadResult::kError, "a closed fd");
  is(wire.error, -EBADF, "is EBADF");
  ok(wire.ReadWithoutFds() == ReadResult::kError && wire.error == -EBADF, "the same without fds");
}

void TestFdsOfFrames() {
  Wire wire;
  const std::vector<UniqueFd> sockets = NewSockets(kMaxBatch + 1);
  const int before = CountOpenFds();
  ok(wire.ReadBytes(Head(FrameType::kConnections, 33), Numbers(sockets)) == ReadResult::kFdsLost,
     "more fds than a batch are lost");
  ok(wire.frame->type == FrameType::kConnections && wire.frame->count == 33, "type and count hold");
  is(CountOpenFds(), before, "and closed");
  ok(wire.ReadBytes("??", Numbers(NewSockets(5))) == ReadResult::kBroken, "fds with no frame");
  wire.frame.reset();
  is(CountOpenFds(), before, "are closed");

  const std::string credit = Head(FrameType::kCredit);
  const std::vector<int> numbers = Numbers(sockets);
  rondo::SendFds(wire.in(), numbers.data(), 3, credit.data(), credit.size());
  ok(wire.ReadWithoutFds() == ReadResult::kFrame, "a frame read without room for its fds");
  is(static_cast<long long>(wire.frame->fd_count), 0, "has none");
  is(CountOpenFds(), before, "and the kernel closed them");

  {
    std::vector<Connection> sent = SomeConnections(4, 3);
    SendConnections(wire.in(), sent.data(), 4);
    const support::FdLimit limit(2);
    ok(wire.Read() == ReadResult::kFdsLost, "out of fds");
    is(wire.frame->count, 4, "how many were lost is known");
    std::vector<uint16_t> listeners = {7};
    ok(ParseListeners(*wire.frame, &listeners), "and their listeners");
    ok(listeners == std::vector<uint16_t>({7, 255, 254, 253, 252}), "behind what the list had");
    is(static_cast<long long>(wire.frame->fd_count), 0, "none of the fds came");
  }
}

void TestListenersThatDoNotParse() {
  Wire wire;
  const auto parses = [&wire](const std::string& body, size_t count) {
    std::vector<uint16_t> listeners;
    return wire.ReadBytes(Head(FrameType::kConnections, count) + body) == ReadResult::kFrame &&
           ParseListeners(*wire.frame, &listeners) && listeners.size() == count;
  };
  const std::string one = OneConnection(5, 1, {1, 2});
  ok(parses(one + one, 2), "(two listeners)");
  ok(!parses(one, 2), "a connection that is not there");
  ok(!parses(one + one, 1), "a connection too many");
  ok(!parses(one + "x", 1), "a byte too many");
  ok(!parses(one + OneConnection(256, 0, {}), 2), "listener 256");
  for (size_t length = 0; length < one.size(); length++) {
    ok(!parses(one.substr(0, length), 1), "cut after " + std::to_string(length) + " bytes");
  }
}

bool ParsesAsConnections(const std::string& body, size_t count, size_t fd_count) {
  Wire wire;
  const std::vector<UniqueFd> sockets = NewSockets(fd_count);
  const bool is_frame = wire.ReadBytes(Head(FrameType::kConnections, count) + body,
                                       Numbers(sockets)) == ReadResult::kFrame;
  std::vector<Connection> found(1);
  const bool is_parsed = is_frame && ParseConnections(wire.frame.get(), &found);
  const size_t kept = wire.frame->fd_count;
  if (is_parsed ? kept != 0 : found.size() != 1 || kept != fd_count) {
    ok(false, "a frame that does not parse keeps its fds, and the list stays as it was");
  }
  return is_parsed;
}

void TestConnectionsThatDoNotParse() {
  const std::string one = OneConnection(5, 0, {1, 2});
  ok(ParsesAsConnections(one, 1, 1), "(a body that parses)");
  ok(!ParsesAsConnections(one, 1, 0), "no fd for a connection");
  ok(!ParsesAsConnections(one, 1, 2), "two fds for a connection");
  ok(!ParsesAsConnections(one, 2, 2), "a connection that is not there");
  ok(!ParsesAsConnections(one + one, 1, 1), "a connection too many");
  ok(!ParsesAsConnections("", 0, 0), "no connection");
  ok(!ParsesAsConnections(one, 255, 1), "255 connections");
  ok(!ParsesAsConnections(one + "x", 1, 1), "a byte too many");
  for (size_t length = 0; length < one.size(); length++) {
    ok(!ParsesAsConnections(one.substr(0, length), 1, 1),
       "cut after " + std::to_string(length) + " bytes");
  }
  ok(ParsesAsConnections(OneConnection(255, 1, {}), 1, 1), "(listener 255, final)");
  ok(ParsesAsConnections(OneConnection(255, 7, {}), 1, 1), "(all flags there are)");
  ok(!ParsesAsConnections(OneConnection(256, 0, {}), 1, 1), "listener 256");
  ok(!ParsesAsConnections(OneConnection(65535, 0, {}), 1, 1), "listener 65535");
  ok(!ParsesAsConnections(OneConnection(0, 8, {}), 1, 1), "a flag that is none");
  ok(!ParsesAsConnections(OneConnection(0, 255, {}), 1, 1), "all flags there could be");
  ok(!ParsesAsConnections(one + OneConnection(256, 0, {}), 2, 2), "the second is wrong");
}

void TestControlThatDoesNotParse() {
  Wire wire;
  const int fd = wire.in();
  const std::string rest = Number32(2) + Number32(3);
  const std::string welcome = Number32(rondo::kProtocolVersion) + rest;
  const auto is_welcome = [&](const std::string& body, const std::vector<int>& fds) {
    Welcome out;
    return wire.ReadBytes(Head(FrameType::kWelcome) + body, fds) == ReadResult::kFrame &&
           ParseWelcome(*wire.frame, &out);
  };
  ok(is_welcome(welcome, {fd, fd}), "(a welcome)");
  ok(!is_welcome(welcome, {}), "a welcome without an fd");
  ok(!is_welcome(welcome, {fd}), "with one");
  ok(!is_welcome(welcome, {fd, fd, fd}), "with three");
  ok(is_welcome(Number32(1) + rest, {fd}), "another version may have another number");
  ok(!is_welcome(welcome + "x", {fd, fd}), "a byte too long");
  for (size_t length = 0; length < welcome.size(); length++) {
    ok(!is_welcome(welcome.substr(0, length), {fd, fd}), "a welcome cut short");
  }

  const auto is_hello = [&](const std::string& body) {
    uint32_t version;
    return wire.ReadBytes(Head(FrameType::kHello) + body) == ReadResult::kFrame &&
           ParseHello(*wire.frame, &version);
  };
  ok(is_hello(Number32(1)), "(a hello)");
  ok(!is_hello(Number32(1) + "x"), "a hello too long");
  for (size_t length = 0; length < 4; length++) {
    ok(!is_hello(Number32(1).substr(0, length)), "a hello cut short");
  }

  const auto is_serving = [&](const std::string& body) {
    std::vector<uint16_t> listeners;
    return wire.ReadBytes(Head(FrameType::kServing) + body) == ReadResult::kFrame &&
           ParseServing(*wire.frame, &listeners);
  };
  ok(is_serving(Number16(255)), "(serving 255)");
  ok(!is_serving(Number16(256)), "serving 256");
  ok(!is_serving(Number16(0) + Number16(65535)), "serving 0 and 65535");
  ok(!is_serving(Number16(0) + "x"), "half a listener");
  ok(!is_serving(std::string((kMaxListeners + 1) * 2, '\0')), "more listeners than there are");
}

// ---- any bytes at all -----------------------------------------------------------------------

struct Fuzz {
  std::mt19937 random{20240607};
  uint32_t Below(size_t most) { return static_cast<uint32_t>(random() % most); }

  std::string Bytes(size_t length) {
    std::string bytes;
    for (size_t i = 0; i < length; i++) bytes += static_cast<char>(random());
    return bytes;
  }

  // A frame that parses, or nearly.
  std::string Frame(size_t count) {
    const FrameType types[] = {FrameType::kConnections, FrameType::kReturned, FrameType::kWelcome,
                               FrameType::kHello, FrameType::kServing};
    const FrameType type = types[Below(5)];
    std::string bytes = Head(type, count);
    if (type == FrameType::kWelcome) return bytes + Bytes(12);
    if (type == FrameType::kHello) return bytes + Bytes(4);
    for (size_t i = 0; i < count; i++) {
      if (type == FrameType::kServing) {
        bytes += Number16(Below(kMaxListeners + 1));
      } else {
        std::vector<uint32_t> refusals(Below(8) == 0 ? Below(256) : Below(3));
        bytes += OneConnection(Below(kMaxListeners + 8), static_cast<int>(Below(2)), refusals);
      }
    }
    return bytes;
  }

  std::string Any(size_t count) {
    std::string bytes = Below(4) == 0 ? Bytes(1 + Below(600)) : Frame(count);
    if (Below(3) == 0) bytes.resize(1 + Below(bytes.size() + 8));
    for (uint32_t flips = Below(3); flips > 0; flips--) {
      bytes[Below(bytes.size())] = static_cast<char>(random());
    }
    return bytes;
  }
};

void TestAnyBytes() {
  Fuzz fuzz;
  Wire wire;
  const std::vector<UniqueFd> sockets = NewSockets(40);
  const int before = CountOpenFds();
  long long parsed = 0;
  long long rejected = 0;
  long long wrong = 0;
  for (int round = 0; round < 100000; round++) {
    const size_t count = fuzz.Below(8) == 0 ? fuzz.Below(40) : fuzz.Below(3);
    const size_t fd_count = fuzz.Below(4) == 0 ? fuzz.Below(40) : count;
    const std::string bytes = fuzz.Any(count);
    std::vector<int> fds = Numbers(sockets);
    fds.resize(fd_count);
    const ReadResult result = wire.ReadBytes(bytes, fds);
    if (result == ReadResult::kEmpty || result == ReadResult::kEnd) wrong++;
    if (result != ReadResult::kFrame) {
      rejected++;
      continue;
    }
    std::vector<Connection> connections;
    std::vector<uint16_t> listeners;
    Welcome welcome;
    uint32_t version;
    // Each parser gets whatever there is: none may rely on the type.
    if (ParseServing(*wire.frame, &listeners)) {
      for (const uint16_t id : listeners) wrong += id >= kMaxListeners;
      wrong += listeners.size() * 2 != wire.frame->length;
    }
    if (ParseHello(*wire.frame, &version)) wrong += wire.frame->length != 4;
    if (ParseWelcome(*wire.frame, &welcome)) wrong += wire.frame->length != 12;
    listeners.clear();
    if (ParseListeners(*wire.frame, &listeners)) {
      for (const uint16_t id : listeners) wrong += id >= kMaxListeners;
      wrong += listeners.size() != wire.frame->count;
    }
    const size_t kept = wire.frame->fd_count;
    if (ParseConnections(wire.frame.get(), &connections)) {
      wrong += listeners.size() != connections.size();
      parsed++;
      wrong += connections.size() != wire.frame->count || connections.size() != kept;
      for (const Connection& one : connections) wrong += one.listener >= kMaxListeners || !one.fd;
    } else {
      rejected++;
      wrong += !connections.empty() || wire.frame->fd_count != kept;
    }
  }
  wire.frame.reset();
  is(wrong, 0, "100,000 random frames: none is taken for what it is not");
  ok(parsed > 1000 && rejected > 1000, "some parsed, some did not");
  is(CountOpenFds(), before, "and no fd of theirs is left");
}

}  // namespace

int main() {
  const int fds_before = CountOpenFds();
  TestConnections();
  TestReturned();
  TestReleased();
  TestAbout();
  TestControl();
  TestState();
  TestReading();
  TestFdsOfFrames();
  TestConnectionsThatDoNotParse();
  TestListenersThatDoNotParse();
  TestControlThatDoesNotParse();
  TestAnyBytes();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
