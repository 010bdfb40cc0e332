// What the readers of first bytes have in common: what they answer, and letters without regard to
// case. Nothing here allocates or keeps anything.
#ifndef RONDO_ENGINE_LOOK_BYTES_H_
#define RONDO_ENGINE_LOOK_BYTES_H_

#include <stddef.h>

#include <string_view>

namespace rondo {

enum class Reading {
  kComplete,  // all that is asked for can be told
  kMore,      // so far it is what it should be; more bytes may tell
  kNotThis,   // it is something else, whatever follows
};

inline char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

inline bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (LowerCase(a[i]) != LowerCase(b[i])) return false;
  }
  return true;
}

inline std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_BYTES_H_
