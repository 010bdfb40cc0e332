#include "reply.h"

#include <strings.h>

#include <string>

namespace loadgen {
namespace {

constexpr size_t kMaxNameBytes = 32;

// Names go into the JSON report as they are, so only characters that need no escaping.
bool IsName(std::string_view word) {
  if (word.empty() || word.size() > kMaxNameBytes) return false;
  for (const char c : word) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && c != '-' && c != '_') return false;
  }
  return true;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// `head` is the status line and the headers, each line ended by \r\n.
bool FindHeader(std::string_view head, std::string_view name, std::string_view* value) {
  size_t at = head.find("\r\n");
  while (at != std::string_view::npos && at + 2 < head.size()) {
    const std::string_view rest = head.substr(at + 2);
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    if (line.size() > name.size() && line[name.size()] == ':' &&
        strncasecmp(line.data(), name.data(), name.size()) == 0) {
      *value = Trim(line.substr(name.size() + 1));
      return true;
    }
    at = head.find("\r\n", at + 2);
  }
  return false;
}

}  // namespace

std::string_view WorkerOfLine(std::string_view reply) {
  if (reply.empty() || reply.find('\n') != reply.size() - 1) return {};
  const std::string_view word = reply.substr(0, reply.find_first_of(" \n"));
  return IsName(word) ? word : std::string_view();
}

std::string_view WorkerOfHttp(std::string_view reply) {
  const size_t head_end = reply.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return {};
  const std::string_view head = reply.substr(0, head_end + 2);
  const std::string_view body = reply.substr(head_end + 4);

  if (head.substr(0, 13) != "HTTP/1.1 200 ") return {};
  std::string_view length;
  if (FindHeader(head, "Content-Length", &length) && length != std::to_string(body.size())) {
    return {};
  }
  std::string_view worker;
  if (!FindHeader(head, "X-Worker", &worker)) return {};
  return IsName(worker) ? worker : std::string_view();
}

}  // namespace loadgen
