#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

namespace loadgen {
namespace {

struct NumberOption {
  const char* name;
  int64_t Options::*field;
  int64_t min;
  int64_t max;
};

constexpr int64_t kMaxConcurrency = 16'384;

constexpr NumberOption kNumbers[] = {
    {"--port", &Options::port, 1, 65'535},
    {"--connections", &Options::requests, 1, 5'000'000},
    {"--requests", &Options::requests, 1, 5'000'000},
    {"--concurrency", &Options::concurrency, 1, kMaxConcurrency},
    {"--seconds", &Options::seconds, 1, 600},
    {"--rate", &Options::rate, 0, 1'000'000},
    {"--burst", &Options::burst, 0, kMaxConcurrency},
    {"--every-ms", &Options::every_ms, 0, 60'000},
    {"--hang-ms", &Options::hang_ms, 1, 60'000},
    {"--opening", &Options::opening, 0, kMaxConcurrency},
    {"--failures", &Options::failures, 0, 5'000'000},
    {"--late-ms", &Options::late_ms, 0, 60'000},
    {"--hold-ms", &Options::hold_ms, 0, 600'000},
    {"--slowest", &Options::slowest, 0, 1'024},
    {"--connects", &Options::connects, 0, 1},
    {"--post", &Options::post, 0, 1},
    {"--proxy", &Options::proxy, 0, 1},
    {"--slow-percent", &Options::slow_percent, 0, 100},
    {"--random", &Options::random, 0, 1},
    {"--moves", &Options::moves, 0, 1},
    {"--begin-at-eof", &Options::begin_at_eof, 0, 1},
    {"--end-at-eof", &Options::end_at_eof, 0, 1},
    {"--skip", &Options::skip, 0, 5'000'000},
    {"--sources", &Options::sources, 1, 253},
};

bool ParseNumber(const NumberOption& option, const char* text, Options* options,
                 std::string* error) {
  char* end = nullptr;
  errno = 0;
  const int64_t value = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || value < option.min || value > option.max) {
    *error = std::string(option.name) + " must be a whole number from " +
             std::to_string(option.min) + " to " + std::to_string(option.max) + ", not '" + text +
             "'";
    return false;
  }
  options->*option.field = value;
  return true;
}

// A load generator that can reach other machines is a weapon; this one cannot.
bool ResolveLoopback(Options* options, std::string* error) {
  const auto port = htons(static_cast<uint16_t>(options->port));
  sockaddr_in v4 = {};
  sockaddr_in6 v6 = {};
  if (inet_pton(AF_INET, options->host.c_str(), &v4.sin_addr) == 1 &&
      ntohl(v4.sin_addr.s_addr) >> 24 == 127) {
    v4.sin_family = AF_INET;
    v4.sin_port = port;
    memcpy(&options->target, &v4, sizeof(v4));
    options->target_length = sizeof(v4);
    return true;
  }
  if (inet_pton(AF_INET6, options->host.c_str(), &v6.sin6_addr) == 1 &&
      IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = port;
    memcpy(&options->target, &v6, sizeof(v6));
    options->target_length = sizeof(v6);
    return true;
  }
  *error = "--host must be an address in 127.0.0.0/8 or ::1, not '" + options->host + "'";
  return false;
}

bool IsRequestPath(const std::string& path) {
  if (path.empty() || path.size() > 1024 || path[0] != '/') return false;
  for (const char c : path) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

bool ParseMode(const std::string& name, Options* options) {
  for (const Mode mode : {Mode::kStorm, Mode::kHttp, Mode::kKeepAlive, Mode::kHold}) {
    options->mode = mode;
    if (name == kModeNames[static_cast<int>(mode)]) return true;
  }
  return false;
}

bool ParseOption(const std::string& name, const char* value, Options* options, std::string* error) {
  // They bound the same number; but a reader of the command line should see what is counted.
  const bool keeps_alive = options->mode == Mode::kKeepAlive;
  const bool holds = options->mode == Mode::kHold;
  if (name == (keeps_alive ? "--connections" : "--requests") ||
      (name == "--opening" && !keeps_alive && !holds) || (name == "--hold-ms" && !holds) ||
      (holds && (name == "--concurrency" || name == "--rate")) ||
      (!keeps_alive && (name == "--random" || name == "--moves" || name == "--begin-at-eof")) ||
      (options->mode != Mode::kHttp && name == "--proxy") ||
      (!keeps_alive && options->mode != Mode::kHttp &&
       (name == "--post" || name == "--slow-percent" || name == "--end-at-eof"))) {
    *error = name + " does not go with " + kModeNames[static_cast<int>(options->mode)];
    return false;
  }
  for (const NumberOption& option : kNumbers) {
    if (name == option.name) return ParseNumber(option, value, options, error);
  }
  if (name == "--host") {
    options->host = value;
    return true;
  }
  if (name == "--path") {
    options->path = value;
    if (IsRequestPath(options->path)) return true;
    *error = std::string("--path must start with / and hold no spaces, not '") + value + "'";
    return false;
  }
  *error = "unknown option '" + name + "'";
  return false;
}

}  // namespace

int64_t Options::DueNs(int64_t nth) const {
  // 5,000,000 requests, each a minute (or, by the rate, a second) after the last, fit in 63 bits.
  if (burst > 0) return nth / burst * every_ms * 1'000'000;
  return rate > 0 ? nth * kSecond / rate : 0;
}

const char* Usage() {
  return "usage: loadgen storm|http --port PORT [--connections N] [options]\n"
         "       loadgen keep-alive --port PORT [--requests N] [--opening K] [options]\n"
         "       loadgen hold --port PORT --connections N [--opening K] [options]\n"
         "       loadgen hold --port PORT --connections N --burst K --every-ms MS [--hold-ms MS]\n"
         "options: [--host ADDRESS] [--path PATH] [--concurrency K] [--seconds S]\n"
         "         [--rate R | --burst K --every-ms MS] [--hang-ms MS] [--late-ms MS] [--failures "
         "N]\n"
         "         [--skip N] [--slowest N] [--connects 1] [--sources N]\n"
         "http: [--proxy 1]\n"
         "http and keep-alive: [--post 1] [--slow-percent N] [--end-at-eof 1]\n"
         "keep-alive: [--random 1] [--moves 1] [--begin-at-eof 1]\n";
}

bool ParseOptions(int argc, char** argv, Options* options, std::string* error) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (!ParseMode(mode, options)) {
    *error = "the first argument must be storm, http, keep-alive or hold, not '" + mode + "'";
    return false;
  }
  for (int i = 2; i < argc; i += 2) {
    if (i + 1 == argc) {
      *error = std::string(argv[i]) + " needs a value";
      return false;
    }
    if (!ParseOption(argv[i], argv[i + 1], options, error)) return false;
  }
  if (options->port == 0) {
    *error = "--port is required";
    return false;
  }
  if ((options->burst > 0) != (options->every_ms > 0)) {
    *error = "--burst and --every-ms need each other";
    return false;
  }
  if (options->burst > 0 && options->rate > 0) {
    *error = "--burst does not go with --rate";
    return false;
  }
  const bool keeps_alive = options->mode == Mode::kKeepAlive;
  if (options->opening > 0 && options->IsOpenLoop() && !keeps_alive) {
    *error = "--opening does not go with --rate or --burst";
    return false;
  }
  if (options->begin_at_eof > 0 && options->opening == 0) {
    *error = "--begin-at-eof needs --opening";
    return false;
  }
  if (options->random > 0 && !options->IsOpenLoop()) {
    *error = "--random needs --rate or --burst";
    return false;
  }
  if (options->mode == Mode::kHold) {
    if (options->requests > kMaxConcurrency) {
      *error = "hold takes at most " + std::to_string(kMaxConcurrency) + " --connections";
      return false;
    }
    options->concurrency = options->requests;
    if (options->opening == 0) options->opening = options->requests;
  }
  return ResolveLoopback(options, error);
}

}  // namespace loadgen
