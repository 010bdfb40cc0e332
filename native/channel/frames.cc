#include "channel/frames.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/errors.h"

namespace rondo {

namespace {

struct FrameHeader {
  FrameType type;
  uint8_t count;
  uint16_t reserved;
};

struct ConnectionHeader {
  uint16_t listener;
  uint8_t flags;
  uint8_t refusals;  // that many slot numbers follow, behind the time of accepting (8 bytes)
};

// With kHasAbout there follow a length (2 bytes) and so many bytes.
enum ConnectionFlag : uint8_t {
  kIsFinal = 1,
  kWasRefused = 2,
  kIsNamed = 4,
  kHasAbout = 8,
  kHasSession = 16,  // its hash (8 bytes) follows
  kIsAhead = 32,
  kAllFlags = 63,
};

// A frame being written. Fixed size: the largest is a full batch with full refusal lists.
class FrameWriter {
 public:
  explicit FrameWriter(FrameType type, size_t count = 0) {
    const FrameHeader header = {type, static_cast<uint8_t>(count), 0};
    Append(&header, sizeof(header));
  }

  void Append(const void* data, size_t length) {
    memcpy(bytes_ + length_, data, length);
    length_ += length;
  }

  void Append(const Connection& connection) {
    const size_t refusals = connection.refused_by.size();
    const int flags =
        (connection.is_final ? kIsFinal : 0) | (connection.was_refused ? kWasRefused : 0) |
        (connection.is_named ? kIsNamed : 0) | (connection.about.empty() ? 0 : kHasAbout) |
        (connection.glimpse.sticky != 0 ? kHasSession : 0) | (connection.is_ahead ? kIsAhead : 0);
    const ConnectionHeader header = {connection.listener, static_cast<uint8_t>(flags),
                                     static_cast<uint8_t>(refusals)};
    Append(&header, sizeof(header));
    Append(&connection.accepted_ns, sizeof(connection.accepted_ns));
    if (refusals > 0) Append(connection.refused_by.data(), refusals * sizeof(uint16_t));
    const uint64_t session = connection.glimpse.sticky;
    if (session != 0) Append(&session, sizeof(session));
    if (connection.about.empty()) return;
    const uint16_t length = static_cast<uint16_t>(std::min(connection.about.size(), kMaxAbout));
    Append(&length, sizeof(length));
    Append(connection.about.data(), length);
  }

  int Send(int socket, const int* fds, size_t fd_count) const {
    const ssize_t sent = SendFds(socket, fds, fd_count, bytes_, length_);
    return sent < 0 ? static_cast<int>(sent) : 0;
  }

 private:
  char bytes_[sizeof(FrameHeader) +
              kMaxBatch * (sizeof(ConnectionHeader) + 2 * sizeof(uint64_t) +
                           kMaxRefusals * sizeof(uint16_t) + sizeof(uint16_t) + kMaxAbout) +
              sizeof(uint32_t)];
  size_t length_ = 0;
};

static_assert(sizeof(FrameHeader) == 4 && sizeof(ConnectionHeader) == 4);
static_assert(sizeof(FrameWriter) < kMaxFrame, "every frame fits the reader's buffer");

// Reads numbers from a frame's body, never beyond its end.
class BodyReader {
 public:
  explicit BodyReader(const Frame& frame) : at_(frame.body), left_(frame.length) {}

  bool Take(void* out, size_t length) {
    if (left_ < length) return false;
    // An empty vector's data() may be null, which memcpy must not be given.
    if (length > 0) memcpy(out, at_, length);
    at_ += length;
    left_ -= length;
    return true;
  }
  bool AtEnd() const { return left_ == 0; }

 private:
  const char* at_;
  size_t left_;
};

// All of a connection but its fd.
bool TakeConnection(BodyReader* reader, Connection* out) {
  ConnectionHeader header;
  if (!reader->Take(&header, sizeof(header))) return false;
  if (header.listener >= kMaxListeners || header.flags > kAllFlags) return false;
  if (!reader->Take(&out->accepted_ns, sizeof(out->accepted_ns))) return false;
  out->listener = header.listener;
  out->is_final = (header.flags & kIsFinal) != 0;
  out->was_refused = (header.flags & kWasRefused) != 0;
  out->is_named = (header.flags & kIsNamed) != 0;
  out->is_ahead = (header.flags & kIsAhead) != 0;
  out->refused_by.resize(header.refusals);
  if (!reader->Take(out->refused_by.data(), header.refusals * sizeof(uint16_t))) return false;
  if ((header.flags & kHasSession) != 0 &&
      !reader->Take(&out->glimpse.sticky, sizeof(out->glimpse.sticky))) {
    return false;
  }
  if ((header.flags & kHasAbout) == 0) return true;
  uint16_t length = 0;
  if (!reader->Take(&length, sizeof(length)) || length == 0 || length > kMaxAbout) return false;
  out->about.resize(length);
  return reader->Take(&out->about[0], length);
}

// `out` is as it was, and the fds are the frame's, if it returns false.
bool TakeConnections(Frame* frame, BodyReader* reader, std::vector<Connection>* out) {
  const size_t before = out->size();
  if (frame->count == 0 || frame->count != frame->fd_count) return false;
  for (size_t i = 0; i < frame->count; i++) {
    Connection connection;
    if (!TakeConnection(reader, &connection)) {
      out->resize(before);
      return false;
    }
    out->push_back(std::move(connection));
  }
  return true;
}

bool IsFrameType(uint8_t type) {
  return (type >= static_cast<uint8_t>(FrameType::kConnections) &&
          type <= static_cast<uint8_t>(FrameType::kRelieve)) ||
         (type >= static_cast<uint8_t>(FrameType::kHello) &&
          type <= static_cast<uint8_t>(FrameType::kUnclaim));
}

// Fills `frame` from a message of `bytes` in `buffer`.
bool ParseHeader(const char* buffer, size_t bytes, Frame* frame) {
  FrameHeader header;
  if (bytes < sizeof(header)) return false;
  memcpy(&header, buffer, sizeof(header));
  if (!IsFrameType(static_cast<uint8_t>(header.type))) return false;
  frame->type = header.type;
  frame->count = header.count;
  frame->body = buffer + sizeof(header);
  frame->length = bytes - sizeof(header);
  return true;
}

ReadResult SortError(ssize_t error_code, int* error) {
  if (IsWouldBlock(static_cast<int>(-error_code))) return ReadResult::kEmpty;
  *error = static_cast<int>(error_code);
  return ReadResult::kError;
}

}  // namespace

int SendConnections(int socket, const Connection* connections, size_t count) {
  if (count == 0 || count > kMaxBatch) return -EINVAL;
  FrameWriter writer(FrameType::kConnections, count);
  int fds[kMaxBatch];
  for (size_t i = 0; i < count; i++) {
    writer.Append(connections[i]);
    fds[i] = connections[i].fd.get();
  }
  return writer.Send(socket, fds, count);
}

int SendReturned(int socket, const Connection& connection) {
  FrameWriter writer(FrameType::kReturned, 1);
  writer.Append(connection);
  const int fd = connection.fd.get();
  return writer.Send(socket, &fd, 1);
}

int SendReleased(int socket, const Connection& connection, uint32_t idle_ms) {
  FrameWriter writer(FrameType::kReleased, 1);
  writer.Append(connection);
  writer.Append(&idle_ms, sizeof(idle_ms));
  const int fd = connection.fd.get();
  return writer.Send(socket, &fd, 1);
}

int SendRelieve(int socket, uint32_t count) {
  FrameWriter writer(FrameType::kRelieve);
  writer.Append(&count, sizeof(count));
  return writer.Send(socket, nullptr, 0);
}

int SendWelcome(int socket, const Welcome& welcome, const int page_fds[2]) {
  FrameWriter writer(FrameType::kWelcome);
  writer.Append(&welcome, sizeof(welcome));
  return writer.Send(socket, page_fds, 2);
}

int SendState(int socket, const void* state, size_t length) {
  if (length > kMaxFrame - sizeof(FrameHeader)) return -EMSGSIZE;
  std::vector<char> bytes(sizeof(FrameHeader) + length);
  const FrameHeader header = {FrameType::kState, 0, 0};
  memcpy(bytes.data(), &header, sizeof(header));
  if (length > 0) memcpy(bytes.data() + sizeof(header), state, length);
  const ssize_t sent = SendFds(socket, nullptr, 0, bytes.data(), bytes.size());
  return sent < 0 ? static_cast<int>(sent) : 0;
}

int SendHello(int socket) {
  FrameWriter writer(FrameType::kHello);
  writer.Append(&kProtocolVersion, sizeof(kProtocolVersion));
  return writer.Send(socket, nullptr, 0);
}

int SendServing(int socket, const uint16_t* listeners, size_t count) {
  if (count > kMaxListeners) return -EINVAL;
  FrameWriter writer(FrameType::kServing);
  if (count > 0) writer.Append(listeners, count * sizeof(*listeners));
  return writer.Send(socket, nullptr, 0);
}

int SendClaim(int socket, FrameType type, const Claim& claim) {
  if (claim.key.empty() || claim.key.size() > kMaxClaim) return -EINVAL;
  FrameWriter writer(type);
  writer.Append(&claim.kind, sizeof(claim.kind));
  writer.Append(claim.key.data(), claim.key.size());
  return writer.Send(socket, nullptr, 0);
}

int SendSignal(int socket, FrameType type) { return FrameWriter(type).Send(socket, nullptr, 0); }

ReadResult ReadFrame(int socket, char* buffer, Frame* frame, int* error) {
  ReceivedMessage message = ReceiveFds(socket, buffer, kMaxFrame, frame->fds, kMaxBatch);
  // The other end was closed before it had read all; said once, and what it sent is still here.
  if (message.bytes == -ECONNRESET) {
    message = ReceiveFds(socket, buffer, kMaxFrame, frame->fds, kMaxBatch);
  }
  frame->fd_count = message.fd_count;
  if (message.bytes < 0) return SortError(message.bytes, error);
  if (message.bytes == 0) return ReadResult::kEnd;
  if (message.payload_cut || !ParseHeader(buffer, static_cast<size_t>(message.bytes), frame)) {
    return ReadResult::kBroken;
  }
  return message.fds_lost ? ReadResult::kFdsLost : ReadResult::kFrame;
}

ReadResult ReadFrameWithoutFds(int socket, char* buffer, Frame* frame, int* error) {
  frame->fd_count = 0;
  ssize_t bytes;
  do {
    bytes = recv(socket, buffer, kMaxFrame, MSG_DONTWAIT);
  } while (bytes < 0 && errno == EINTR);
  if (bytes < 0) return SortError(-errno, error);
  if (bytes == 0) return ReadResult::kEnd;
  return ParseHeader(buffer, static_cast<size_t>(bytes), frame) ? ReadResult::kFrame
                                                                : ReadResult::kBroken;
}

// The frame of a released one has its time behind it.
bool ParseListeners(const Frame& frame, std::vector<uint16_t>* out) {
  BodyReader reader(frame);
  Connection connection;
  for (size_t i = 0; i < frame.count; i++) {
    if (!TakeConnection(&reader, &connection)) return false;
    out->push_back(connection.listener);
  }
  uint32_t idle_ms = 0;
  if (frame.type == FrameType::kReleased && !reader.Take(&idle_ms, sizeof(idle_ms))) return false;
  return reader.AtEnd();
}

bool ParseConnections(Frame* frame, std::vector<Connection>* out) {
  const size_t before = out->size();
  BodyReader reader(*frame);
  if (!TakeConnections(frame, &reader, out)) return false;
  if (!reader.AtEnd()) {
    out->resize(before);
    return false;
  }
  for (size_t i = 0; i < frame->count; i++) (*out)[before + i].fd = std::move(frame->fds[i]);
  frame->fd_count = 0;
  return true;
}

bool ParseReleased(Frame* frame, Released* out) {
  BodyReader reader(*frame);
  std::vector<Connection> one;
  if (frame->count != 1 || !TakeConnections(frame, &reader, &one)) return false;
  if (!reader.Take(&out->idle_ms, sizeof(out->idle_ms)) || !reader.AtEnd()) return false;
  out->connection = std::move(one[0]);
  out->connection.fd = std::move(frame->fds[0]);
  frame->fd_count = 0;
  return true;
}

bool ParseRelieve(const Frame& frame, uint32_t* count) {
  BodyReader reader(frame);
  return reader.Take(count, sizeof(*count)) && reader.AtEnd();
}

bool ParseWelcome(const Frame& frame, Welcome* out) {
  BodyReader reader(frame);
  if (!reader.Take(out, sizeof(*out)) || !reader.AtEnd()) return false;
  // What another version sends with it is not known, but which version it is must be.
  return frame.fd_count == 2 || out->version != kProtocolVersion;
}

bool ParseHello(const Frame& frame, uint32_t* version) {
  BodyReader reader(frame);
  return reader.Take(version, sizeof(*version)) && reader.AtEnd();
}

bool ParseServing(const Frame& frame, std::vector<uint16_t>* listeners) {
  const size_t count = frame.length / sizeof(uint16_t);
  if (count > kMaxListeners || frame.length % sizeof(uint16_t) != 0) return false;
  listeners->resize(count);
  BodyReader reader(frame);
  reader.Take(listeners->data(), frame.length);
  for (const uint16_t listener : *listeners) {
    if (listener >= kMaxListeners) return false;
  }
  return true;
}

bool ParseClaim(const Frame& frame, Claim* out) {
  if (frame.length < 2 || frame.length > 1 + kMaxClaim) return false;
  out->kind = static_cast<ClaimKind>(frame.body[0]);
  out->key = std::string_view(frame.body + 1, frame.length - 1);
  return out->kind == ClaimKind::kSession || out->kind == ClaimKind::kTicket;
}

}  // namespace rondo
