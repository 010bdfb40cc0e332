// links: base/fd_passing.cc
// Every message size and fd count, every way a message can fail to arrive whole, and that no fd is
// leaked or closed that is the caller's.
#include "base/fd_passing.h"

#include <string.h>

#include <string>
#include <utility>
#include <vector>

#include "support.h"
#include "tap.h"

namespace {

using rondo::FdPair;
using rondo::HasFdHeadroom;
using rondo::kMaxFdsPerMessage;
using rondo::OpenSocketPair;
using rondo::ReceivedMessage;
using rondo::ReceiveFds;
using rondo::SendFds;
using rondo::UniqueFd;
using support::CountOpenFds;
using support::FdLimit;
using support::IdOf;
using support::NewSockets;
using support::Numbers;
using tap::is;
using tap::ok;
using tap::skip;

constexpr int kSkipped = 255;

// A pair and what comes out of its second end.
struct Channel {
  FdPair pair;
  std::string payload;
  UniqueFd fds[kMaxFdsPerMessage];

  Channel() { is(OpenSocketPair(&pair), 0, "(a pair)"); }

  ssize_t Send(const std::vector<int>& numbers, const std::string& bytes = "x") {
    return SendFds(pair.first.get(), numbers.data(), numbers.size(), bytes.data(), bytes.size());
  }

  void CloseReceived() {
    for (UniqueFd& fd : fds) fd.Reset();
  }

  ReceivedMessage Receive(size_t max_fds = kMaxFdsPerMessage, size_t capacity = 1 << 17) {
    CloseReceived();
    std::vector<char> buffer(capacity);
    const ReceivedMessage message =
        ReceiveFds(pair.second.get(), buffer.data(), capacity, fds, max_fds);
    payload.assign(buffer.data(), message.bytes > 0 ? static_cast<size_t>(message.bytes) : 0);
    return message;
  }
};

void TestUniqueFd() {
  UniqueFd one = support::NewSocket();
  const int number = one.get();
  UniqueFd other(std::move(one));
  ok(!one && other.get() == number, "a moved UniqueFd is empty");
  UniqueFd& itself = other;
  other = std::move(itself);
  ok(other.get() == number && support::IsOpen(number), "moved to itself, it keeps its fd");
  errno = ENOTTY;
  other.Reset();
  is(errno, ENOTTY, "closing leaves errno alone");
  ok(!support::IsOpen(number), "and closes");
  UniqueFd released = support::NewSocket();
  const int kept = released.Release();
  released.Reset();
  ok(support::IsOpen(kept), "a released fd stays open");
  UniqueFd(kept).Reset();
}

void TestPair() {
  Channel channel;
  for (const int fd : {channel.pair.first.get(), channel.pair.second.get()}) {
    ok(support::IsCloseOnExec(fd), "an end is CLOEXEC");
    ok(support::IsNonBlocking(fd), "and NONBLOCK");
  }
  const FdLimit limit(1);
  FdPair pair;
  is(OpenSocketPair(&pair), -EMFILE, "a pair needs two fds");
  ok(!pair.first && !pair.second, "and without them is none");
}

void TestCounts() {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{252}, size_t{253}}) {
    const std::string name = std::to_string(count) + " fds";
    Channel channel;
    const std::vector<UniqueFd> sockets = NewSockets(count);
    is(channel.Send(Numbers(sockets), "hello"), 5, name + ": sent");
    const ReceivedMessage message = channel.Receive();
    is(message.bytes, 5, name + ": received");
    is(channel.payload, "hello", name + ": the payload");
    is(static_cast<long long>(message.fd_count), static_cast<long long>(count), name + ": all");
    ok(!message.fds_lost && !message.payload_cut, name + ": nothing lost");
    size_t right = 0;
    for (size_t i = 0; i < count; i++) {
      const int fd = channel.fds[i].get();
      const bool is_same = IdOf(fd) == IdOf(sockets[i].get()) && fd != sockets[i].get();
      if (is_same && support::IsCloseOnExec(fd)) right++;
    }
    is(static_cast<long long>(right), static_cast<long long>(count),
       name + ": in order, CLOEXEC, and the sender's own are still open");
  }
}

void TestTooMany() {
  Channel channel;
  const std::vector<UniqueFd> sockets = NewSockets(254);
  is(channel.Send(Numbers(sockets)), -EINVAL, "254 fds are too many");
  ok(support::IsOpen(sockets[253].get()), "they stay open");
  is(channel.Receive().bytes, -EAGAIN, "and nothing was sent");
}

void TestPayloads() {
  Channel channel;
  is(channel.Send({}, ""), -EINVAL, "a message without a payload");
  is(channel.Send({channel.pair.first.get()}, ""), -EINVAL, "the same with an fd");
  for (const size_t size : {size_t{1}, size_t{4096}, size_t{65536}}) {
    const std::string bytes(size, 'p');
    is(channel.Send({}, bytes), static_cast<long long>(size),
       "a payload of " + std::to_string(size));
    channel.Receive();
    ok(channel.payload == bytes, "arrives whole");
  }
  is(channel.Send({}, std::string(1 << 22, 'x')), -EMSGSIZE, "a payload beyond any buffer");

  channel.Send({}, "first");
  channel.Send({}, "second");
  channel.Receive();
  is(channel.payload, "first", "one receive, one message");
  channel.Receive();
  is(channel.payload, "second", "in order");

  const std::vector<UniqueFd> sockets = NewSockets(2);
  channel.Send(Numbers(sockets), "too long");
  const ReceivedMessage message = channel.Receive(2, 3);
  ok(message.payload_cut, "a payload longer than the buffer is said to be cut");
  is(channel.payload, "too", "to what fits");
  is(static_cast<long long>(message.fd_count), 2, "its fds are there");
  is(channel.Receive().bytes, -EAGAIN, "the rest of it is not the next message");
}

void TestFull() {
  Channel channel;
  const std::vector<UniqueFd> sockets = NewSockets(2);
  long long sent = 0;
  ssize_t result = 0;
  while (sent < 100000 && (result = channel.Send(Numbers(sockets))) > 0) sent++;
  is(result, -EAGAIN, "a full channel says EAGAIN");
  ok(sent > 2 * 32, "after more than a few messages");
  long long received = 0;
  for (;;) {
    const ReceivedMessage message = channel.Receive();
    if (message.bytes <= 0) break;
    if (message.fd_count == 2) received++;
    if (received == 1) is(channel.Send(Numbers(sockets)), 1, "room for one makes room for one");
  }
  is(received, sent + 1, "what was sent arrives, whole, and what was not does not");
}

void TestClosedPeer() {
  Channel channel;
  const std::vector<UniqueFd> sockets = NewSockets(1);
  channel.Send(Numbers(sockets), "last");
  channel.pair.first.Reset();
  is(channel.Receive().bytes, 4, "what a closed peer had sent arrives");
  is(channel.Receive().bytes, 0, "then 0 bytes say that it is closed");
  const int end = channel.pair.second.get();
  is(SendFds(end, nullptr, 0, "x", 1), -EPIPE, "sending to it is EPIPE, and no signal");

  Channel unread;
  unread.Send(Numbers(sockets), "unread");
  const int before = CountOpenFds();
  unread.pair.second.Reset();
  is(CountOpenFds(), before - 1, "closing an end with fds in flight closes just the end");
}

void TestBadFds() {
  Channel channel;
  is(channel.Send({-1}), -EBADF, "sending an fd that is none");
  is(channel.Receive().bytes, -EAGAIN, "sends nothing");
  is(SendFds(-1, nullptr, 0, "x", 1), -EBADF, "sending on an fd that is none");
  const UniqueFd file(open("/dev/null", O_RDWR | O_CLOEXEC));
  is(SendFds(file.get(), nullptr, 0, "x", 1), -ENOTSOCK, "sending on a file");
  char byte;
  is(ReceiveFds(file.get(), &byte, 1, nullptr, 0).bytes, -ENOTSOCK, "receiving on a file");
  is(ReceiveFds(-1, &byte, 1, nullptr, 0).bytes, -EBADF, "receiving on an fd that is none");
}

// The kernel rounds the room for fds up, so one more than asked for may have been installed.
void TestLessRoomThanFds() {
  for (size_t max = 0; max <= 4; max++) {
    for (const size_t more : {size_t{1}, size_t{2}, size_t{100}}) {
      Channel channel;
      const std::vector<UniqueFd> sockets = NewSockets(max + more);
      channel.Send(Numbers(sockets), "cut");
      const int before = CountOpenFds();
      const ReceivedMessage message = channel.Receive(max);
      const bool is_right = message.fds_lost && message.fd_count == 0 && channel.payload == "cut";
      ok(is_right, std::to_string(max + more) + " fds, room for " + std::to_string(max) +
                       ": all are lost, and it says so");
      is(CountOpenFds(), before, "and closed");
    }
  }
}

// unix(7): what else the kernel puts into the control data if somebody has asked for it, who may be
// another process that has the same socket: credentials, a label, an fd.
void TestOtherControl() {
  const struct {
    const char* name;
    std::vector<int> options;
  } cases[] = {{"SO_PASSCRED", {SO_PASSCRED}},
               {"SO_PASSSEC", {34}},
               {"SO_PASSPIDFD", {76}},
               {"all of them", {SO_PASSCRED, 34, 76}}};
  for (const auto& one : cases) {
    Channel channel;
    bool is_known = true;
    for (const int option : one.options) {
      const int on = 1;
      is_known = is_known &&
                 setsockopt(channel.pair.second.get(), SOL_SOCKET, option, &on, sizeof(on)) == 0;
    }
    if (!is_known) {
      skip(std::string(one.name) + " at the receiving end", "not on this kernel");
      continue;
    }
    for (const size_t count : {size_t{0}, size_t{1}, size_t{32}, kMaxFdsPerMessage}) {
      const std::string name = std::string(one.name) + ", " + std::to_string(count) + " fds: ";
      const std::vector<UniqueFd> sockets = NewSockets(count);
      channel.Send(Numbers(sockets), "hello");
      const int before = CountOpenFds();
      const ReceivedMessage message = channel.Receive(count);
      is(static_cast<long long>(message.fd_count), static_cast<long long>(count),
         name + "all come");
      ok(!message.fds_lost && channel.payload == "hello", name + "nothing is lost");
      is(CountOpenFds(), before + static_cast<int>(count), name + "and no other fd is left");
      channel.CloseReceived();
    }
    const std::vector<UniqueFd> sockets = NewSockets(3);
    channel.Send(Numbers(sockets), "cut");
    const int before = CountOpenFds();
    ok(channel.Receive(1).fds_lost, std::string(one.name) + ": too many are lost, and it says so");
    is(CountOpenFds(), before, std::string(one.name) + ": and closed");
  }
}

void TestOutOfFds() {
  Channel channel;
  const std::vector<UniqueFd> sockets = NewSockets(10);
  for (const int free : {0, 1, 9}) {
    channel.Send(Numbers(sockets), "lost");
    ReceivedMessage message;
    {
      const FdLimit limit(free);
      message = channel.Receive();
    }
    ok(message.fds_lost && message.fd_count == 0,
       "10 fds, " + std::to_string(free) + " free: all are lost, and it says so");
    is(channel.payload, "lost", "the payload arrives");
    for (const UniqueFd& fd : channel.fds) {
      if (fd) ok(false, "no fd is left in the array");
    }
  }
  channel.Send(Numbers(sockets));
  {
    const FdLimit limit(10);
    is(static_cast<long long>(channel.Receive().fd_count), 10, "10 fds, 10 free: all come");
  }
}

void TestHeadroom() {
  const int before = CountOpenFds();
  for (const int free : {0, 1, 2, 32, 253}) {
    const std::string name = std::to_string(free) + " free fds";
    const FdLimit limit(free);
    const size_t count = static_cast<size_t>(free);
    ok(HasFdHeadroom(0, count), name + ": there is headroom for them");
    if (count < kMaxFdsPerMessage) ok(!HasFdHeadroom(0, count + 1), name + ": and not for more");
    ok(HasFdHeadroom(0, 0), name + ": always for none");
  }
  ok(!HasFdHeadroom(-1, 1), "an fd that is none has no headroom");
  is(CountOpenFds(), before, "looking opens nothing for good");
}

// unix(7): more fds in flight than RLIMIT_NOFILE, for users without privileges.
void TestTooManyInFlight() {
  const char* const name = "too many fds in flight are ETOOMANYREFS, and closing frees them";
  const int code = support::InChild([] {
    if (geteuid() == 0 && setuid(65534) != 0) return kSkipped;
    const rlimit low = {64, 64};
    if (setrlimit(RLIMIT_NOFILE, &low) != 0) return 1;
    FdPair pair;
    if (OpenSocketPair(&pair) != 0) return 2;
    const int fds[] = {0, 0, 0, 0, 0, 0, 0, 0};
    ssize_t sent = 0;
    for (int i = 0; i < 100 && sent >= 0; i++) sent = SendFds(pair.first.get(), fds, 8, "x", 1);
    if (sent != -ETOOMANYREFS) return 3;
    UniqueFd received[8];
    char byte;
    while (ReceiveFds(pair.second.get(), &byte, 1, received, 8).bytes == 1) {
      for (UniqueFd& fd : received) fd.Reset();
    }
    return SendFds(pair.first.get(), fds, 8, "x", 1) == 1 ? 0 : 4;
  });
  if (code == kSkipped) return skip(name, "cannot become another user here");
  is(code, 0, name);
}

}  // namespace

int main() {
  const int fds_before = CountOpenFds();
  TestUniqueFd();
  TestPair();
  TestCounts();
  TestTooMany();
  TestPayloads();
  TestFull();
  TestClosedPeer();
  TestBadFds();
  TestLessRoomThanFds();
  TestOtherControl();
  TestOutOfFds();
  TestHeadroom();
  TestTooManyInFlight();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
