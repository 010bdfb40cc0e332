// Prints TAP 14 for the C++ tests: ok() and is() report one assertion each, done() prints the plan
// and gives main its exit code. Every test program includes it once and links nothing for it.
#ifndef RONDO_TEST_TAP_H_
#define RONDO_TEST_TAP_H_

#include <stdio.h>

#include <string>

namespace tap {

struct Counts {
  int run = 0;
  int failed = 0;
};

inline Counts& counts() {
  static Counts instance;
  return instance;
}

// Flushed line by line: a test that forks must not print its parent's buffer twice, and one that
// crashes must show how far it came.
inline bool report(bool passed, const std::string& name, const std::string& diagnostics) {
  Counts& total = counts();
  total.run++;
  if (!passed) total.failed++;
  printf("%sok %d - %s\n%s", passed ? "" : "not ", total.run, name.c_str(),
         passed ? "" : diagnostics.c_str());
  fflush(stdout);
  return passed;
}

inline std::string diagnose(const std::string& found, const std::string& wanted, int line) {
  return "  ---\n  found: " + found + "\n  wanted: " + wanted +
         "\n  line: " + std::to_string(line) + "\n  ...\n";
}

inline bool ok(bool passed, const std::string& name, int line = __builtin_LINE()) {
  return report(passed, name, diagnose("false", "true", line));
}

inline bool is(long long found, long long wanted, const std::string& name,
               int line = __builtin_LINE()) {
  return report(found == wanted, name,
                diagnose(std::to_string(found), std::to_string(wanted), line));
}

inline bool is(const std::string& found, const std::string& wanted, const std::string& name,
               int line = __builtin_LINE()) {
  return report(found == wanted, name, diagnose("'" + found + "'", "'" + wanted + "'", line));
}

inline void skip(const std::string& name, const std::string& reason) {
  report(true, name + " # SKIP " + reason, "");
}

// The exit code of the program. No assertion at all is a failure.
inline int done() {
  const Counts& total = counts();
  printf("1..%d\n", total.run);
  fflush(stdout);
  return total.failed == 0 && total.run > 0 ? 0 : 1;
}

}  // namespace tap

#endif  // RONDO_TEST_TAP_H_
