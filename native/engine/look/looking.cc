#include "engine/look/looking.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/errors.h"
#include "engine/look/proxy_header.h"

namespace rondo {

namespace {

// No more often than this is looked for what is due, however many wait.
constexpr uint64_t kTickNs = 10 * kMillisecond;
// Of one listener.
constexpr uint64_t kReportNs = 1 * kSecond;

ssize_t Receive(int fd, char* buffer, size_t length, int flags) {
  ssize_t bytes;
  do {
    bytes = recv(fd, buffer, length, flags | MSG_DONTWAIT);
  } while (bytes < 0 && errno == EINTR);
  return bytes < 0 ? -errno : bytes;
}

// Whether the client has ended, though what it sent before has not been read.
bool HasEnded(int fd) {
#ifdef POLLRDHUP
  pollfd poll_fd = {fd, POLLRDHUP, 0};
  return poll(&poll_fd, 1, 0) > 0;
#else
  // It is found when its time is over.
  (void)fd;
  return false;
#endif
}

}  // namespace

int Looking::Open(Loop* loop, void* data, void (*on_seen)(void* data)) {
  loop_ = loop;
  data_ = data;
  on_seen_ = on_seen;
  return timer_.Open(loop, this, [](void* looking) { static_cast<Looking*>(looking)->OnTime(); });
}

void Looking::Close() {
  timer_.Close();
  for (const Waiting& waiting : waiting_) {
    Count(&shared_->listeners[waiting.look.connection.listener].closed);
  }
  waiting_.clear();
  for (const Connection& connection : seen_) Count(&shared_->listeners[connection.listener].closed);
  seen_.clear();
  count_of_.fill(0);
  Show();
}

void Looking::CloseOf(uint16_t listener) {
  const auto is_its = [=](const Connection& connection) { return connection.listener == listener; };
  const auto kept = std::remove_if(seen_.begin(), seen_.end(), is_its);
  Count(&shared_->listeners[listener].closed, static_cast<uint64_t>(seen_.end() - kept));
  seen_.erase(kept, seen_.end());
  for (auto place = waiting_.begin(); place != waiting_.end();) {
    const auto next = std::next(place);
    if (is_its(place->look.connection)) {
      Count(&shared_->listeners[listener].closed);
      Remove(&*place);
    }
    place = next;
  }
}

Looking::Outcome Looking::Begin(Connection* connection,
                                const std::shared_ptr<const LookOptions>& options,
                                uint64_t silent_ns, uint64_t now_ns) {
  Look look;
  look.connection = std::move(*connection);
  look.options = options;
  // One that comes back between two requests has had its header.
  const bool has_header = !look.connection.about.empty();
  const Trusted* const proxies = has_header ? nullptr : options->proxies.get();
  look.phase = proxies == nullptr ? Phase::kFirstBytes : Phase::kHeader;
  const Trust trust = proxies == nullptr ? Trust::kYes : proxies->Of(look.connection.fd.get());
  if (trust == Trust::kGone) return Refuse(&look, HeaderFault::kEnded);
  if (trust == Trust::kNo) return Refuse(&look, HeaderFault::kUntrusted);
  const Outcome outcome = Step(&look);
  if (outcome == Outcome::kWaits) {
    look.due_ns = now_ns + options->timeout_ns - std::min(silent_ns, options->timeout_ns);
    return Wait(std::move(look), now_ns);
  }
  if (outcome == Outcome::kSeen) *connection = std::move(look.connection);
  return outcome;
}

std::vector<Connection> Looking::TakeSeen() { return std::exchange(seen_, {}); }

// Looks at what has come. kWaits: it is not enough.
Looking::Outcome Looking::Step(Look* look) {
  if (buffer_ == nullptr) buffer_ = std::make_unique<char[]>(kMostLookedAt);
  const char* bytes = buffer_.get();
  const ssize_t result = Receive(look->connection.fd.get(), buffer_.get(), kMostLookedAt, MSG_PEEK);
  if (result < 0 && IsWouldBlock(static_cast<int>(-result))) return Outcome::kWaits;
  // The client has ended, by a reset too: of what it was to send, nothing comes any more.
  if (result <= 0) return GiveUp(look, HeaderFault::kEnded);
  size_t length = static_cast<size_t>(result);
  if (look->phase == Phase::kHeader) {
    const Outcome outcome = TakeHeader(look, &bytes, &length);
    if (outcome != Outcome::kSeen) return outcome;
    look->phase = Phase::kFirstBytes;
  }
  if (look->options->looker == nullptr) return Outcome::kSeen;
  if (length == 0) return Outcome::kWaits;
  const Seen seen = look->options->looker->Look(bytes, length, &look->connection.glimpse);
  return seen == Seen::kMore && length < kMostLookedAt ? Outcome::kWaits : Outcome::kSeen;
}

// The header is taken from the socket and from `bytes`, which are what is behind it then.
Looking::Outcome Looking::TakeHeader(Look* look, const char** bytes, size_t* length) {
  const ParsedHeader parsed = ParseProxyHeader(*bytes, *length);
  if (parsed.seen == Seen::kMore) return Outcome::kWaits;
  if (parsed.seen == Seen::kBad) return Refuse(look, parsed.fault);
  look->connection.about = EncodeAbout(parsed.header);
  // Into the place where they are: they were looked at there.
  const ssize_t taken = Receive(look->connection.fd.get(), buffer_.get(), parsed.length, 0);
  // It was all there, and nobody else reads from it.
  if (taken != static_cast<ssize_t>(parsed.length)) return Refuse(look, HeaderFault::kEnded);
  *bytes += parsed.length;
  *length -= parsed.length;
  return Outcome::kSeen;
}

// It is closed by the caller, who may have a watch on it.
Looking::Outcome Looking::Refuse(Look* look, HeaderFault fault) {
  const uint16_t listener = look->connection.listener;
  Count(&shared_->listeners[listener].header_faults[static_cast<size_t>(fault)]);
  Report* const report = &reports_[listener];
  report->count++;
  const uint64_t now_ns = NowNs();
  if (now_ns >= report->next_at_ns) {
    const int code = static_cast<int>(fault);
    events_->Emit({EventType::kHeaderFault, listener, 0, code, 0, report->count});
    *report = {0, now_ns + kReportNs};
  }
  return Outcome::kClosed;
}

// Nothing more is waited for. `fault`: why there is no header, where it lacks.
Looking::Outcome Looking::GiveUp(Look* look, HeaderFault fault) {
  return look->phase == Phase::kHeader ? Refuse(look, fault) : Outcome::kSeen;
}

// ---- those that wait ----

Looking::Outcome Looking::Wait(Look look, uint64_t now_ns) {
  const uint16_t listener = look.connection.listener;
  MakeRoom(listener);
  const auto place = waiting_.emplace(waiting_.end());
  place->look = std::move(look);
  place->looking = this;
  place->place = place;
  count_of_[listener]++;
  Show();
  const int result = place->watch.Open(
      loop_, place->look.connection.fd.get(), &*place,
      [](void* data) {
        Waiting* const waiting = static_cast<Waiting*>(data);
        waiting->looking->OnReadable(waiting);
      },
      Trigger::kEdge);
  // Without a watch (max_user_watches) its time is over at once: it is dealt at the next turn.
  if (result < 0) place->look.due_ns = now_ns;
  const uint64_t due_ns = kHasEdges ? place->look.due_ns : now_ns;
  timer_.Start(std::max(due_ns, now_ns + kTickNs) - now_ns, now_ns);
  return Outcome::kWaits;
}

void Looking::MakeRoom(uint16_t listener) {
  if (count_of_[listener] < kMostLooking) return;
  const auto oldest = std::find_if(waiting_.begin(), waiting_.end(), [=](const Waiting& waiting) {
    return waiting.look.connection.listener == listener;
  });
  Finish(&*oldest, GiveUp(&oldest->look, HeaderFault::kCrowded));
}

void Looking::OnReadable(Waiting* waiting) {
  Look* const look = &waiting->look;
  Outcome outcome = Step(look);
  if (outcome == Outcome::kWaits && HasEnded(look->connection.fd.get())) {
    outcome = GiveUp(look, HeaderFault::kEnded);
  }
  if (outcome == Outcome::kWaits) return;
  Finish(waiting, outcome);
  if (!seen_.empty()) on_seen_(data_);
}

void Looking::Finish(Waiting* waiting, Outcome outcome) {
  Connection connection = Remove(waiting);
  if (outcome == Outcome::kSeen) seen_.push_back(std::move(connection));
}

// Its fd is the caller's, and its watch is closed before it.
Connection Looking::Remove(Waiting* waiting) {
  Connection connection = std::move(waiting->look.connection);
  count_of_[connection.listener]--;
  waiting_.erase(waiting->place);
  Show();
  return connection;
}

void Looking::Show() { shared_->engine.looking.store(waiting_.size(), std::memory_order_relaxed); }

void Looking::OnTime() {
  const uint64_t now_ns = NowNs();
  uint64_t due_ns = UINT64_MAX;
  for (auto place = waiting_.begin(); place != waiting_.end();) {
    Waiting* const waiting = &*place++;
    if (waiting->look.due_ns <= now_ns) {
      Finish(waiting, GiveUp(&waiting->look, HeaderFault::kTimedOut));
      continue;
    }
    due_ns = std::min(due_ns, waiting->look.due_ns);
    if (kHasEdges) continue;
    waiting->watch.Resume();
    due_ns = now_ns;
  }
  if (!waiting_.empty()) timer_.Start(std::max(due_ns, now_ns + kTickNs) - now_ns, now_ns);
  if (!seen_.empty()) on_seen_(data_);
}

}  // namespace rondo
