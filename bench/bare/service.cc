#include "service.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

namespace bare {
namespace {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kBusy = 3 * kMillisecond;
constexpr int64_t kSlow = 20 * kMillisecond;
constexpr size_t kReadBytes = 4'096;
constexpr size_t kMaxRequestBytes = 16'384;
constexpr char kHeadEnd[] = "\r\n\r\n";

int64_t Now() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000 * kMillisecond + now.tv_nsec;
}

void Spin(int64_t time) {
  const int64_t until = Now() + time;
  while (Now() < until) {
  }
}

// A reply fits in any socket buffer. If the client is gone or the buffer full, there is nobody to
// tell: the client sees a reply that is missing.
bool Send(int fd, const std::string& bytes) {
  return send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

}  // namespace

bool ParseHandler(const std::string& name, Handler* handler) {
  constexpr struct {
    const char* name;
    Handler handler;
  } kHandlers[] = {{"storm", Handler::kStorm},     {"busy", Handler::kBusy},
                   {"hello", Handler::kHello},     {"mixed", Handler::kMixed},
                   {"handoff", Handler::kHandoff}, {"hold", Handler::kHold}};
  for (const auto& known : kHandlers) {
    if (name != known.name) continue;
    *handler = known.handler;
    return true;
  }
  return false;
}

Service::Service(Handler handler, int index)
    : handler_(handler), name_("w" + std::to_string(index)) {
  const std::string head = "HTTP/1.1 200 OK\r\nX-Worker: " + name_ +
                           "\r\nContent-Length: " + std::to_string(name_.size()) + "\r\n";
  kept_reply_ = head + "\r\n" + name_;
  final_reply_ = head + "Connection: close\r\n\r\n" + name_;
}

bool Service::Serve(int fd, std::string* input) const {
  if (handler_ == Handler::kStorm || handler_ == Handler::kHandoff || handler_ == Handler::kHold) {
    return Greet(fd, input);
  }
  char buffer[kReadBytes];
  while (input->size() < kMaxRequestBytes) {
    const ssize_t got = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) return false;
    input->append(buffer, static_cast<size_t>(got));
    for (size_t end = input->find(kHeadEnd); end != std::string::npos;
         end = input->find(kHeadEnd)) {
      if (!Answer(fd, std::string_view(*input).substr(0, end + strlen(kHeadEnd)))) return false;
      input->erase(0, end + strlen(kHeadEnd));
    }
  }
  return false;
}

// Asks for nothing, so it is called a second time only when the client has closed.
bool Service::Greet(int fd, std::string* input) const {
  if (!input->empty()) return false;
  *input = name_;
  if (handler_ == Handler::kHandoff) *input += " " + std::to_string(Now());
  *input += "\n";
  return Send(fd, *input) && handler_ == Handler::kHold;
}

bool Service::Answer(int fd, std::string_view head) const {
  if (handler_ == Handler::kBusy) Spin(kBusy);
  if (handler_ == Handler::kMixed && head.substr(0, 10) == "GET /slow ") Spin(kSlow);
  // As the load generator writes it.
  const bool keeps_alive = head.find("\r\nConnection: close\r\n") == std::string_view::npos;
  return Send(fd, keeps_alive ? kept_reply_ : final_reply_) && keeps_alive;
}

}  // namespace bare
