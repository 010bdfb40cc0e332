#include "engine/idle.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/errors.h"

namespace rondo {

namespace {

// What a look at the next byte says, which stays where it is.
enum class Next { kNothing, kByte, kEnd };

Next LookAt(int fd) {
  char byte;
  ssize_t count;
  do {
    count = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count > 0) return Next::kByte;
  if (count == 0) return Next::kEnd;
  return IsWouldBlock(errno) || IsShortage(errno) ? Next::kNothing : Next::kEnd;
}

}  // namespace

int Idle::Open() {
  return timer_.Open(loop_, this, [](void* idle) { static_cast<Idle*>(idle)->OnTime(); });
}

void Idle::Close() {
  timer_.Close();
  Count(&counters_->closed, held_.size());
  counters_->held.store(0, std::memory_order_relaxed);
  times_.clear();
  held_.clear();
  count_of_.fill(0);
}

bool Idle::Hold(Connection* connection, uint64_t until_ns, uint64_t now_ns) {
  held_.emplace_back();
  Held* const held = &held_.back();
  const int result = held->watch.Open(loop_, connection->fd.get(), held, [](void* data) {
    Held* const ready = static_cast<Held*>(data);
    ready->idle->OnReadable(ready);
  });
  if (result < 0) {
    held_.pop_back();
    return false;
  }
  held->idle = this;
  held->self = std::prev(held_.end());
  held->time = until_ns == 0 ? times_.end() : times_.emplace(until_ns, held->self);
  held->connection = std::move(*connection);
  count_of_[held->connection.listener]++;
  counters_->held.store(held_.size(), std::memory_order_relaxed);
  SetTimer(now_ns);
  return true;
}

void Idle::CloseListener(uint16_t listener) {
  for (auto at = held_.begin(); at != held_.end();) {
    Held* const held = &*at++;
    if (held->connection.listener != listener) continue;
    Count(&counters_->closed);
    Remove(held);
  }
}

bool Idle::TakeOne(Released* out, uint64_t now_ns) {
  if (held_.empty()) return false;
  Held* const held = &held_.front();
  out->idle_ms = 0;
  if (held->time != times_.end()) {
    const uint64_t left_ns = held->time->first - std::min(held->time->first, now_ns);
    // 0 would be no limit.
    out->idle_ms = static_cast<uint32_t>(std::max<uint64_t>(left_ns / kMillisecond, 1));
  }
  out->connection = Remove(held);
  return true;
}

void Idle::OnReadable(Held* held) {
  switch (LookAt(held->connection.fd.get())) {
    case Next::kNothing:
      return;
    case Next::kEnd:
      Count(&counters_->ended);
      Remove(held);
      return;
    case Next::kByte:
      return owner_->OnRequest(Remove(held));
  }
}

void Idle::OnTime() {
  const uint64_t now_ns = NowNs();
  while (!times_.empty() && times_.begin()->first <= now_ns) {
    Held* const held = &*times_.begin()->second;
    // What has arrived in time, and the loop is late.
    if (LookAt(held->connection.fd.get()) == Next::kByte) {
      owner_->OnRequest(Remove(held));
      continue;
    }
    Count(&counters_->timed_out);
    Remove(held);
  }
  SetTimer(now_ns);
}

Connection Idle::Remove(Held* held) {
  Connection connection = std::move(held->connection);
  count_of_[connection.listener]--;
  held->watch.Close();
  if (held->time != times_.end()) times_.erase(held->time);
  held_.erase(held->self);
  counters_->held.store(held_.size(), std::memory_order_relaxed);
  return connection;
}

void Idle::SetTimer(uint64_t now_ns) {
  if (times_.empty()) return timer_.Stop();
  const uint64_t first_ns = times_.begin()->first;
  timer_.Start(first_ns - std::min(first_ns, now_ns), now_ns);
}

}  // namespace rondo
