#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

#include <cinttypes>

namespace loadgen {
namespace {

struct ErrorEntry {
  int error;
  const char* name;
};

// The errors a loopback client can meet. strerrorname_np would know all, but not on musl.
constexpr ErrorEntry kErrors[] = {
    {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
    {ECONNABORTED, "ECONNABORTED"},
    {ECONNREFUSED, "ECONNREFUSED"},
    {ECONNRESET, "ECONNRESET"},
    {EMFILE, "EMFILE"},
    {ENETUNREACH, "ENETUNREACH"},
    {ENFILE, "ENFILE"},
    {ENOBUFS, "ENOBUFS"},
    {ENOMEM, "ENOMEM"},
    {EPIPE, "EPIPE"},
    {ETIMEDOUT, "ETIMEDOUT"},
};

std::string ErrorName(int error) {
  for (const ErrorEntry& entry : kErrors) {
    if (entry.error == error) return entry.name;
  }
  return "errno " + std::to_string(error);
}

double OwnCpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void PrintEntry(const char** separator, const std::string& name, int64_t count) {
  printf("%s\"%s\":%" PRId64, *separator, name.c_str(), count);
  *separator = ",";
}

}  // namespace

void PrintReport(const Options& options, Tally* tally, bool interrupted) {
  const double elapsed_s = static_cast<double>(tally->elapsed_ns) / 1e9;
  printf("{\"mode\":\"%s\",\"connections\":%" PRId64 ",\"started\":%" PRId64 ",\"ok\":%" PRId64,
         options.mode == Mode::kHttp ? "http" : "storm", options.connections, tally->started,
         tally->ok);
  const char* separator = "";
  printf(",\"failed\":{");
  for (const auto& [error, count] : tally->failed) {
    PrintEntry(&separator, ErrorName(error), count);
  }
  printf("},\"wrong\":%" PRId64 ",\"hung\":%" PRId64 ",\"unfinished\":%" PRId64, tally->wrong,
         tally->hung, tally->unfinished);
  printf(",\"interrupted\":%s", interrupted ? "true" : "false");
  printf(",\"elapsedS\":%.6f,\"rate\":%.1f", elapsed_s,
         elapsed_s > 0 ? static_cast<double>(tally->ok) / elapsed_s : 0.0);

  const LatencySummary latency = tally->latencies.Summarize();
  printf(",\"latencyMs\":{\"samples\":%zu,\"min\":%.4f,\"mean\":%.4f,\"stddev\":%.4f",
         latency.samples, latency.min_ms, latency.mean_ms, latency.stddev_ms);
  printf(",\"stddevAll\":%.4f,\"p50\":%.4f,\"p90\":%.4f", latency.stddev_all_ms, latency.p50_ms,
         latency.p90_ms);
  printf(",\"p99\":%.4f,\"p999\":%.4f,\"max\":%.4f}", latency.p99_ms, latency.p999_ms,
         latency.max_ms);

  separator = "";
  printf(",\"workers\":{");
  for (const auto& [name, count] : tally->workers) PrintEntry(&separator, name, count);
  printf("},\"cpuS\":%.6f}\n", OwnCpuSeconds());
}

}  // namespace loadgen
