#include "receiver/receiver.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/errors.h"

namespace rondo {

namespace {

constexpr uint64_t kRetryMs = 20;
// A welcome brings the fds of two pages.
constexpr uint32_t kFdsOfWelcome = 2;

}  // namespace

// An environment variable named the fd; this tells a channel from whatever else has its number.
int Receiver::Check(int fd) {
  sockaddr_storage address;
  socklen_t length = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return -errno;
  int type = 0;
  socklen_t type_length = sizeof(type);
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length) != 0) return -errno;
  const bool keeps_boundaries = type == SOCK_SEQPACKET || type == SOCK_DGRAM;
  return address.ss_family == AF_UNIX && keeps_boundaries ? 0 : -EINVAL;
}

Receiver::Receiver(uv_loop_t* loop, UniqueFd channel, Owner* owner)
    : loop_(loop),
      channel_(std::move(channel)),
      owner_(owner),
      outbox_(channel_.get()),
      buffer_(new char[kMaxFrame]) {}

int Receiver::Open() {
  int result = Check(channel_.get());
  if (result < 0) return result;
  result = retry_.Open(this, [this](uv_timer_t* timer) { return uv_timer_init(loop_, timer); });
  if (result < 0) return result;
  result = figures_.Open(loop_);
  if (result < 0) return result;
  result = poll_.Open(
      this, [this](uv_poll_t* poll) { return uv_poll_init(loop_, poll, channel_.get()); });
  if (result < 0) return result;
  result = SendHello(channel_.get());
  // A primary that is gone already is the end of the channel, which reading will find.
  if (result < 0 && result != -EPIPE && result != -ECONNRESET) return result;
  return StartReading();
}

void Receiver::Close() {
  state_ = State::kEnded;
  poll_.Close();
  retry_.Close();
  figures_.Close();
  channel_.Reset();
  // They close here.
  for (const Connection& connection : outbox_.TakeUnsent()) CountEnded(connection.listener);
}

// The timer too: while an fd is lacking it stands in for the poll.
void Receiver::Ref() {
  if (!poll_) return;
  uv_ref(poll_.base());
  uv_ref(retry_.base());
}

void Receiver::Unref() {
  if (!poll_) return;
  uv_unref(poll_.base());
  uv_unref(retry_.base());
}

void Receiver::SetServing(const std::vector<uint16_t>& listeners) {
  if (state_ == State::kEnded) return;
  outbox_.AddServing(listeners);
  Flush();
}

bool Receiver::Refuse(Connection* refused, bool may_return) {
  if (state_ == State::kEnded) return false;
  Connection connection = std::move(*refused);
  connection.is_final = may_return;
  outbox_.AddReturned(std::move(connection));
  Flush();
  return true;
}

bool Receiver::Release(Connection* released, uint32_t idle_ms) {
  if (state_ != State::kMapped) return false;
  outbox_.AddReleased(std::move(*released), idle_ms);
  Flush();
  return true;
}

int Receiver::Tell(FrameType type, ClaimKind kind, std::string key) {
  if (state_ == State::kEnded) return -EPIPE;
  if (key.empty() || key.size() > kMaxClaim) return -EINVAL;
  counts_.CountClaim();
  outbox_.AddClaim(type, kind, std::move(key));
  Flush();
  return 0;
}

// ---- receiving ----

// One turn: about a window of connections, so that reading new ones cannot starve those that are
// being served. The poll is level-triggered; what is left, or comes meanwhile, is for the next
// turn.
void Receiver::Read() {
  const uint32_t announced = counts_.Announced();
  // No frame but a welcome brings fds that are not announced. If another thread takes some between
  // this look and the last read, the kernel swallows a frame's: see CountLost().
  const size_t headroom = std::clamp<size_t>(announced, kFdsOfWelcome, kLargestBatch);
  if (!HasFdHeadroom(channel_.get(), headroom)) {
    // Not read, a connection is safe: the primary can take it back and deal it to another.
    uv_poll_stop(poll_.get());
    RetrySoon();
    return;
  }
  const size_t most = std::min({window_, announced, static_cast<uint32_t>(kMaxBatch)});
  while (ReadFrame() && batch_.size() < most) continue;
  Deliver();
}

// True if connections came, and more may wait.
bool Receiver::ReadFrame() {
  Frame frame;
  int error = 0;
  switch (rondo::ReadFrame(channel_.get(), buffer_.get(), &frame, &error)) {
    case ReadResult::kFrame:
      if (frame.type == FrameType::kConnections) return TakeConnections(&frame);
      HandleInTurn(&frame);
      return false;
    case ReadResult::kFdsLost:
      if (frame.type == FrameType::kConnections) CountLost(frame);
      // A later welcome says only how many to read in a turn, which stays as it is.
      if (frame.type == FrameType::kWelcome && state_ != State::kMapped) GreetLater();
      return false;
    case ReadResult::kEmpty:
      return false;
    case ReadResult::kEnd:
      End(0);
      return false;
    case ReadResult::kBroken:
      End(-EPROTO);
      return false;
    case ReadResult::kError:
      End(error);
      return false;
  }
  return false;
}

bool Receiver::TakeConnections(Frame* frame) {
  // Before the scoreboard is there nothing is handed off. What is not taken closes with its frame.
  if (state_ != State::kMapped || !ParseConnections(frame, &batch_)) {
    End(-EPROTO);
    return false;
  }
  CountReceived(frame->count);
  return true;
}

// The kernel has closed them: received and over at once, so that the window opens.
void Receiver::CountLost(const Frame& frame) {
  std::vector<uint16_t> listeners;
  if (state_ != State::kMapped || !ParseListeners(frame, &listeners)) return End(-EPROTO);
  CountReceived(listeners.size());
  counts_.CountLost(listeners);
}

void Receiver::CountReceived(size_t count) {
  if (counts_.CountReceived(count)) Send(FrameType::kCredit);
}

// After the connections that came before it.
void Receiver::HandleInTurn(Frame* frame) {
  if (batch_.empty()) return HandleControl(*frame);
  // Delivering them, the owner may run the loop, which reads more into the buffer.
  const std::string body(frame->body, frame->length);
  held_.emplace(HeldFrame{std::move(*frame), body});
  Deliver();
}

void Receiver::HandleControl(const Frame& frame) {
  if (state_ == State::kEnded) return;
  uint32_t count = 0;
  switch (frame.type) {
    case FrameType::kWelcome:
      return HandleWelcome(frame);
    case FrameType::kState:
      return owner_->OnState(frame.body, frame.length);
    case FrameType::kPing:
      return Send(FrameType::kCredit);
    case FrameType::kRelieve:
      if (!ParseRelieve(frame, &count)) return End(-EPROTO);
      return owner_->OnRelieve(count);
    default:
      return End(-EPROTO);
  }
}

void Receiver::HandleWelcome(const Frame& frame) {
  Welcome welcome;
  if (!ParseWelcome(frame, &welcome)) return End(-EPROTO);
  if (welcome.version == kProtocolVersion) {
    window_ = std::max<uint32_t>(welcome.window, 1);
    // Not the first: only the window has changed.
    if (state_ == State::kMapped) return;
    const int result = counts_.Map(frame.fds[0].get(), frame.fds[1].get());
    // EAGAIN is mmap's for too much locked memory (mlockall(2)).
    if (IsShortage(-result) || result == -EAGAIN) return GreetLater();
    if (result < 0) return End(result);
    state_ = State::kMapped;
    figures_.Start(page()->get(), this, [](void* receiver) {
      Receiver* const self = static_cast<Receiver*>(receiver);
      if (self->counts_.NoteEnded()) self->Send(FrameType::kCredit);
      // What is not delivered by now is so because the owner runs the loop while it is told of
      // another one.
      self->Deliver();
    });
    Send(FrameType::kMapped);
  }
  owner_->OnWelcome(welcome);
}

void Receiver::Deliver() {
  if (!batch_.empty()) {
    owner_->OnConnections(&batch_);
    batch_.clear();
  }
  if (!held_.has_value()) return;
  HeldFrame held = std::move(*held_);
  held_.reset();
  held.frame.body = held.body.data();
  HandleControl(held.frame);
}

void Receiver::End(int error) {
  Deliver();
  if (state_ == State::kEnded) return;
  std::vector<Connection> unsent = outbox_.TakeUnsent();
  Close();
  // Nobody else will get what could not be sent back.
  for (Connection& connection : unsent) {
    batch_.push_back(std::move(connection));
    if (batch_.size() == kMaxBatch) Deliver();
  }
  Deliver();
  owner_->OnEnd(error);
}

// ---- sending ----

void Receiver::Send(FrameType type) {
  outbox_.Add(type);
  Flush();
}

void Receiver::Flush() {
  if (!outbox_.Flush()) RetrySoon();
}

void Receiver::GreetLater() {
  state_ = State::kShort;
  RetrySoon();
}

// One that is waited for already is not put off.
void Receiver::RetrySoon() {
  if (uv_is_active(retry_.base())) return;
  uv_timer_start(
      retry_.get(), [](uv_timer_t* timer) { static_cast<Receiver*>(timer->data)->Retry(); },
      kRetryMs, 0);
}

void Receiver::Retry() {
  StartReading();
  if (state_ == State::kShort) {
    state_ = State::kGreeting;
    outbox_.Add(FrameType::kHello);
  }
  Flush();
}

int Receiver::StartReading() {
  return uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t* poll, int status, int) {
    Receiver* const receiver = static_cast<Receiver*>(poll->data);
    receiver->figures_.BeginTurn();
    // libuv stops at an error. Here it is the primary that ended without reading all, said once;
    // what it had sent is still to be read.
    if (status < 0) receiver->StartReading();
    receiver->Read();
  });
}

}  // namespace rondo
