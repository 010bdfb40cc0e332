#include "reply.h"

#include <strings.h>

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

// Whatever the case of letters.
bool IsSame(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// `head` is the status line and the headers, each line ended by \r\n.
bool FindHeader(std::string_view head, std::string_view name, std::string_view* value) {
  size_t at = head.find("\r\n");
  while (at != std::string_view::npos && at + 2 < head.size()) {
    const std::string_view rest = head.substr(at + 2);
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    if (line.size() > name.size() && line[name.size()] == ':' &&
        IsSame(line.substr(0, name.size()), name)) {
      *value = Trim(line.substr(name.size() + 1));
      return true;
    }
    at = head.find("\r\n", at + 2);
  }
  return false;
}

// At most 18 digits, so that nothing overflows.
bool ParseNumber(std::string_view text, int64_t* number) {
  if (text.empty() || text.size() > 18) return false;
  *number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    *number = *number * 10 + (c - '0');
  }
  return true;
}

Reply::Extent ExtentOf(std::string_view head, std::string_view body) {
  std::string_view value;
  if (FindHeader(head, "Transfer-Encoding", &value)) return Reply::Extent::kWrong;
  if (!FindHeader(head, "Content-Length", &value)) return Reply::Extent::kUntilClose;
  int64_t length = 0;
  const auto size = static_cast<int64_t>(body.size());
  if (!ParseNumber(value, &length) || size > length) return Reply::Extent::kWrong;
  return size < length ? Reply::Extent::kIncomplete : Reply::Extent::kComplete;
}

}  // namespace

Reply ReadLine(std::string_view bytes) {
  Reply reply;
  const size_t line_end = bytes.find('\n');
  if (line_end == std::string_view::npos) return reply;
  reply.extent = line_end == bytes.size() - 1 ? Reply::Extent::kUntilClose : Reply::Extent::kWrong;
  const std::string_view line = bytes.substr(0, line_end);
  const size_t word_end = line.find(' ');
  const std::string_view word = line.substr(0, word_end);
  if (IsName(word)) reply.worker = word;
  if (word_end == std::string_view::npos) return reply;
  if (!ParseNumber(line.substr(word_end + 1), &reply.received_ns)) reply.worker = {};
  return reply;
}

Reply ReadHttp(std::string_view bytes) {
  Reply reply;
  const size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return reply;
  const std::string_view head = bytes.substr(0, head_end + 2);
  reply.extent = ExtentOf(head, bytes.substr(head_end + 4));

  std::string_view value;
  if (FindHeader(head, "Connection", &value)) reply.announces_close = IsSame(value, "close");
  if (head.substr(0, 13) == "HTTP/1.1 200 " && FindHeader(head, "X-Worker", &value) &&
      IsName(value)) {
    reply.worker = value;
  }
  return reply;
}

}  // namespace loadgen
