#include "receiver/receiver.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/errors.h"

namespace rondo {

namespace {

constexpr uint64_t kRetryMs = 20;

// An environment variable named the fd; this tells a channel from whatever else has its number.
int CheckChannel(int fd) {
  sockaddr_storage address;
  socklen_t length = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return -errno;
  int type = 0;
  socklen_t type_length = sizeof(type);
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length) != 0) return -errno;
  const bool keeps_boundaries = type == SOCK_SEQPACKET || type == SOCK_DGRAM;
  return address.ss_family == AF_UNIX && keeps_boundaries ? 0 : -EINVAL;
}

}  // namespace

Receiver::Receiver(uv_loop_t* loop, UniqueFd channel, Owner* owner)
    : loop_(loop), channel_(std::move(channel)), owner_(owner), buffer_(new char[kMaxFrame]) {}

int Receiver::Open() {
  int result = CheckChannel(channel_.get());
  if (result < 0) return result;
  result = retry_.Open(this, [this](uv_timer_t* timer) { return uv_timer_init(loop_, timer); });
  if (result < 0) return result;
  result = beat_.Open(this, [this](uv_timer_t* timer) { return uv_timer_init(loop_, timer); });
  if (result < 0) return result;
  uv_unref(beat_.base());
  result = poll_.Open(
      this, [this](uv_poll_t* poll) { return uv_poll_init(loop_, poll, channel_.get()); });
  if (result < 0) return result;
  result = SendHello(channel_.get());
  // A primary that is gone already is the end of the channel, which reading will find.
  if (result < 0 && result != -EPIPE && result != -ECONNRESET) return result;
  return StartReading();
}

void Receiver::Close() {
  is_ended_ = true;
  poll_.Close();
  retry_.Close();
  beat_.Close();
  // Nobody shows anything from here on, which must not look like a loop that is stuck.
  ShowBeat(0);
  outgoing_.clear();
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
  if (is_ended_) return;
  outgoing_.push_back({FrameType::kServing, listeners, {}});
  Flush();
}

bool Receiver::Refuse(Connection* refused, bool may_return) {
  if (is_ended_) return false;
  Connection connection = std::move(*refused);
  connection.is_final = may_return;
  Release();
  // Announced, so that the engine can make sure it has an fd left before it reads.
  outgoing_.push_back({FrameType::kRefused, {}, {}});
  outgoing_.push_back({FrameType::kReturned, {}, std::move(connection)});
  Flush();
  return true;
}

void Receiver::Release() { SetActive(active_ - 1); }

void Receiver::SetActive(uint32_t active) {
  active_ = active;
  if (row_ != nullptr) row_->active.store(active, std::memory_order_relaxed);
}

void Receiver::Beat(uint64_t interval_ms) {
  beat_interval_ms_ = interval_ms;
  if (row_ == nullptr || is_ended_) return;
  if (interval_ms == 0) {
    uv_timer_stop(beat_.get());
    ShowBeat(0);
    return;
  }
  ShowBeat(HeartbeatNow());
  uv_timer_start(
      beat_.get(),
      [](uv_timer_t* timer) { static_cast<Receiver*>(timer->data)->ShowBeat(HeartbeatNow()); },
      interval_ms, interval_ms);
}

void Receiver::ShowBeat(uint32_t heartbeat) {
  if (row_ != nullptr) row_->heartbeat.store(heartbeat, std::memory_order_relaxed);
}

// ---- receiving ----

// One turn: about a window of connections, so that reading new ones cannot starve those that are
// being served. The poll is level-triggered; what is left comes next turn.
void Receiver::Read() {
  const size_t most = std::min<size_t>(window_, kMaxBatch);
  while (!is_ended_ && ReadFrame() && batch_.size() < most) {
  }
  Deliver();
}

// False: no more this turn.
bool Receiver::ReadFrame() {
  const uint32_t announced = Announced();
  if (!HasFdHeadroom(channel_.get(), std::clamp<size_t>(announced, 1, kMaxBatch))) {
    // Not read, a connection is safe: the primary can take it back and deal it to another.
    uv_poll_stop(poll_.get());
    RetrySoon();
    return false;
  }
  Frame frame;
  int error = 0;
  switch (rondo::ReadFrame(channel_.get(), buffer_.get(), &frame, &error)) {
    case ReadResult::kFrame:
      break;
    case ReadResult::kEmpty:
      return false;
    case ReadResult::kFdsLost:
      // Another thread took the fds between the look and the read.
      if (row_ != nullptr) row_->lost.fetch_add(frame.count, std::memory_order_relaxed);
      CountReceived(frame.count);
      return true;
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
  if (frame.type != FrameType::kConnections) {
    Deliver();
    return HandleControl(frame);
  }
  if (!ParseConnections(&frame, &batch_)) {
    End(-EPROTO);
    return false;
  }
  // In this order: at no moment is it neither pending nor active.
  SetActive(active_ + frame.count);
  CountReceived(frame.count);
  // If all that was handed has been read, a look into the channel would find nothing.
  return announced > frame.count;
}

bool Receiver::HandleControl(const Frame& frame) {
  Welcome welcome;
  switch (frame.type) {
    case FrameType::kWelcome:
      if (!ParseWelcome(frame, &welcome) || welcome.slot >= kMaxSlots) break;
      window_ = std::max<uint32_t>(welcome.window, 1);
      // Not the first: only the window has changed.
      if (row_ != nullptr) return true;
      if (welcome.version == kProtocolVersion) {
        const int result = board_.Map(frame.fds[0].get());
        if (result < 0) {
          End(result);
          return false;
        }
        row_ = board_.row(welcome.slot);
        SetActive(0);
        Beat(beat_interval_ms_);
      }
      owner_->OnWelcome(welcome);
      return true;
    case FrameType::kState:
      owner_->OnState(frame.body, frame.length);
      return true;
    case FrameType::kPing:
      SendCredit();
      return true;
    default:
      break;
  }
  End(-EPROTO);
  return false;
}

// How many handed connections the board says have not been read; 0 if it cannot say.
uint32_t Receiver::Announced() const {
  if (row_ == nullptr) return 0;
  return row_->handed.load(std::memory_order_relaxed) -
         row_->received.load(std::memory_order_relaxed);
}

void Receiver::CountReceived(uint32_t count) {
  if (row_ == nullptr) return;
  // Written, then `wake` read, both seq_cst; Slot::AskForCredit does the reverse.
  row_->received.fetch_add(count, std::memory_order_seq_cst);
  const uint32_t wake = row_->wake.load(std::memory_order_seq_cst);
  if (wake == answered_wake_) return;
  answered_wake_ = wake;
  SendCredit();
}

void Receiver::Deliver() {
  if (batch_.empty()) return;
  owner_->OnConnections(&batch_);
  batch_.clear();
}

void Receiver::End(int error) {
  Deliver();
  if (is_ended_) return;
  for (Outgoing& outgoing : outgoing_) Keep(&outgoing);
  Close();
  // Nobody else will get what could not be sent back.
  for (Connection& connection : unreturned_) {
    batch_.push_back(std::move(connection));
    SetActive(active_ + 1);
    if (batch_.size() == kMaxBatch) Deliver();
  }
  unreturned_.clear();
  Deliver();
  owner_->OnEnd(error);
}

// ---- sending ----

void Receiver::SendCredit() {
  // Behind what waits, for a kReturned must follow its kRefused at once.
  if (outgoing_.empty() && SendSignal(channel_.get(), FrameType::kCredit) == 0) return;
  outgoing_.push_back({FrameType::kCredit, {}, {}});
  Flush();
}

void Receiver::Flush() {
  while (!outgoing_.empty()) {
    const int result = Send(outgoing_.front());
    if (IsWouldBlock(-result) || IsShortage(-result)) return RetrySoon();
    // Any other error means that the primary is gone; reading will say so.
    if (result < 0) Keep(&outgoing_.front());
    outgoing_.pop_front();
  }
}

void Receiver::Keep(Outgoing* outgoing) {
  if (outgoing->type != FrameType::kReturned) return;
  outgoing->connection.is_final = true;
  unreturned_.push_back(std::move(outgoing->connection));
}

int Receiver::Send(const Outgoing& outgoing) {
  switch (outgoing.type) {
    case FrameType::kServing:
      return SendServing(channel_.get(), outgoing.listeners.data(), outgoing.listeners.size());
    case FrameType::kReturned:
      return SendReturned(channel_.get(), outgoing.connection);
    default:
      return SendSignal(channel_.get(), outgoing.type);
  }
}

void Receiver::RetrySoon() {
  uv_timer_start(
      retry_.get(),
      [](uv_timer_t* timer) {
        Receiver* const receiver = static_cast<Receiver*>(timer->data);
        receiver->StartReading();
        receiver->Flush();
      },
      kRetryMs, 0);
}

int Receiver::StartReading() {
  return uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t* poll, int status, int) {
    Receiver* const receiver = static_cast<Receiver*>(poll->data);
    // libuv stops at an error. Here it is the primary that ended without reading all, said once;
    // what it had sent is still to be read.
    if (status < 0) receiver->StartReading();
    receiver->Read();
  });
}

}  // namespace rondo
