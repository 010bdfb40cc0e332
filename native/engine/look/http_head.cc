#include "engine/look/http_head.h"

#include <algorithm>

namespace rondo {

namespace {

// The longest method there is has 17 letters ("UPDATEREDIRECTREF").
constexpr size_t kLongestMethod = 24;
constexpr std::string_view kVersion = "HTTP/1.";

bool IsMethodLetter(char c) { return (c >= 'A' && c <= 'Z') || c == '-'; }

// Lines end in LF, with or without a CR. npos: it is not whole yet.
size_t EndOfLine(std::string_view bytes, size_t from) { return bytes.find('\n', from); }

std::string_view WithoutCr(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = LowerCase(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Whether `encoded` is `name` once it is decoded. Names of parameters are seldom encoded.
bool IsName(std::string_view encoded, std::string_view name) {
  if (encoded.find('%') == std::string_view::npos) return encoded == name;
  char decoded[256];
  const size_t size = DecodePercent(encoded, true, decoded, sizeof(decoded));
  return size < sizeof(decoded) && std::string_view(decoded, size) == name;
}

// "host:port", "[::1]:port", "::1" and "host" alike.
std::string_view WithoutPort(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    return end == std::string_view::npos ? text.substr(1) : text.substr(1, end - 1);
  }
  const size_t colon = text.find(':');
  const bool is_alone =
      colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos;
  return is_alone ? text.substr(0, colon) : text;
}

}  // namespace

Reading HttpHead::Read(std::string_view bytes) {
  target_ = headers_ = {};
  const bool is_bounded = bytes.size() >= kMostHeadBytes;
  bytes = bytes.substr(0, kMostHeadBytes);
  // An empty line may precede the request (RFC 9112, 2.2).
  size_t at = 0;
  while (at < bytes.size() && at < 4 && (bytes[at] == '\r' || bytes[at] == '\n')) at++;
  const size_t method = at;
  while (at < bytes.size() && IsMethodLetter(bytes[at])) {
    if (++at - method > kLongestMethod) return Reading::kNotThis;
  }
  if (at == bytes.size()) return Reading::kMore;
  if (at == method || bytes[at] != ' ') return Reading::kNotThis;
  const size_t end = EndOfLine(bytes, at);
  // A control character is in no target.
  for (size_t i = at; i < std::min(end, bytes.size()); i++) {
    if (static_cast<unsigned char>(bytes[i]) < ' ' && bytes[i] != '\r') return Reading::kNotThis;
  }
  if (end == std::string_view::npos) return is_bounded ? Reading::kComplete : Reading::kMore;
  const std::string_view line = WithoutCr(bytes.substr(at + 1, end - at - 1));
  const size_t blank = line.rfind(' ');
  if (blank == std::string_view::npos || line.substr(blank + 1, kVersion.size()) != kVersion) {
    return Reading::kNotThis;
  }
  target_ = TrimBlanks(line.substr(0, blank));
  const size_t first = end + 1;
  for (size_t from = first; from <= bytes.size();) {
    const size_t next = EndOfLine(bytes, from);
    if (next == std::string_view::npos) {
      headers_ = bytes.substr(first, from - first);
      return is_bounded ? Reading::kComplete : Reading::kMore;
    }
    if (WithoutCr(bytes.substr(from, next - from)).empty()) {
      headers_ = bytes.substr(first, from - first);
      return Reading::kComplete;
    }
    from = next + 1;
  }
  return is_bounded ? Reading::kComplete : Reading::kMore;
}

template <typename Visit>
void HttpHead::ForEach(std::string_view name, Visit visit) const {
  for (size_t from = 0; from < headers_.size();) {
    const size_t end = EndOfLine(headers_, from);
    if (end == std::string_view::npos) return;
    const std::string_view line = WithoutCr(headers_.substr(from, end - from));
    from = end + 1;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !EqualsIgnoringCase(line.substr(0, colon), name)) {
      continue;
    }
    if (visit(TrimBlanks(line.substr(colon + 1)))) return;
  }
}

std::string_view HttpHead::Query(std::string_view name) const {
  std::string_view rest = target_;
  const size_t mark = rest.find('?');
  if (mark == std::string_view::npos) return {};
  rest = rest.substr(mark + 1);
  rest = rest.substr(0, rest.find('#'));
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size() < rest.size() ? pair.size() + 1 : pair.size());
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !IsName(pair.substr(0, equals), name)) continue;
    return pair.substr(equals + 1);
  }
  return {};
}

std::string_view HttpHead::Cookie(std::string_view name) const {
  std::string_view found;
  ForEach("cookie", [&](std::string_view value) {
    while (!value.empty()) {
      const std::string_view part = value.substr(0, value.find(';'));
      value.remove_prefix(part.size() < value.size() ? part.size() + 1 : part.size());
      const size_t equals = part.find('=');
      if (equals == std::string_view::npos || TrimBlanks(part.substr(0, equals)) != name) continue;
      found = TrimBlanks(part.substr(equals + 1));
      if (found.size() >= 2 && found.front() == '"' && found.back() == '"') {
        found = found.substr(1, found.size() - 2);
      }
      return true;
    }
    return false;
  });
  return found;
}

std::string_view HttpHead::Host() const {
  // In the target of a request to a proxy it goes before the header (RFC 9112, 3.2.2).
  const size_t scheme = target_.find("://");
  if (scheme != std::string_view::npos && scheme <= 5 && target_.front() != '/') {
    const std::string_view rest = target_.substr(scheme + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const size_t at = authority.rfind('@');
    return WithoutPort(at == std::string_view::npos ? authority : authority.substr(at + 1));
  }
  std::string_view host;
  ForEach("host", [&](std::string_view value) {
    host = WithoutPort(value);
    return true;
  });
  return host;
}

std::string_view HttpHead::ForwardedFor() const {
  std::string_view address;
  ForEach("x-forwarded-for", [&](std::string_view value) {
    address = WithoutPort(TrimBlanks(value.substr(0, value.find(','))));
    return !address.empty();
  });
  return address;
}

size_t DecodePercent(std::string_view text, bool plus_is_blank, char* out, size_t size) {
  size_t length = 0;
  for (size_t i = 0; i < text.size() && length < size; i++) {
    char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(high << 4 | low);
        i += 2;
      }
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    out[length++] = c;
  }
  return length;
}

}  // namespace rondo
