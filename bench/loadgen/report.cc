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
  if (error == kEndOfFile) return "EOF";
  if (error == kWrongReply) return "wrong";
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

void PrintNumber(const char* name, int64_t value) { printf(",\"%s\":%" PRId64, name, value); }

void PrintEntry(const char** separator, const std::string& name, int64_t count) {
  printf("%s\"%s\":%" PRId64, *separator, name.c_str(), count);
  *separator = ",";
}

void PrintHung(const std::vector<HungRequest>& requests) {
  const char* separator = "";
  printf(",\"hungAt\":[");
  for (const HungRequest& request : requests) {
    printf("%s{\"startMs\":%.0f,\"worker\":", separator,
           static_cast<double>(request.started_ns) / 1e6);
    if (request.server == nullptr)
      printf("null}");
    else
      printf("\"%s\"}", request.server->worker.c_str());
    separator = ",";
  }
  printf("]");
}

void PrintRequests(const Options& options, const Tally& tally) {
  PrintNumber("requests", options.requests);
  PrintNumber("started", tally.started);
  PrintNumber("ok", tally.ok);
  PrintNumber("failed", tally.failed);
  const char* separator = "";
  printf(",\"failures\":{");
  for (const auto& [error, count] : tally.failures) {
    PrintEntry(&separator, ErrorName(error), count);
  }
  printf("}");
  PrintNumber("reusedFailed", tally.reused_failed);
  PrintNumber("refused", tally.refused);
  PrintNumber("hung", tally.hung);
  if (!tally.hung_told.empty()) PrintHung(tally.hung_told);
  if (options.connects > 0) PrintNumber("hungConnected", tally.hung_connected);
  PrintNumber("unfinished", tally.unfinished);
}

void PrintConnections(const Tally& tally) {
  PrintNumber("opened", tally.opened);
  printf(",\"closed\":{\"announced\":%" PRId64 ",\"idle\":%" PRId64 ",\"unasked\":%" PRId64 "}",
         tally.closed_announced, tally.closed_idle, tally.closed_unasked);
}

void PrintLatency(const char* name, const LatencySummary& latency) {
  printf(",\"%s\":{", name);
  printf("\"samples\":%zu,\"min\":%.4f,\"mean\":%.4f,\"stddev\":%.4f", latency.samples,
         latency.min_ms, latency.mean_ms, latency.stddev_ms);
  printf(",\"stddevAll\":%.4f,\"p50\":%.4f,\"p90\":%.4f", latency.stddev_all_ms, latency.p50_ms,
         latency.p90_ms);
  printf(",\"p99\":%.4f,\"p999\":%.4f,\"max\":%.4f", latency.p99_ms, latency.p999_ms,
         latency.max_ms);
  const char* separator = "";
  printf(",\"percentiles\":[");
  for (const auto& [percent, ms] : latency.percentiles) {
    printf("%s[%g,%.4f]", separator, percent, ms);
    separator = ",";
  }
  printf("]}");
}

void PrintSlowest(const Slowest& slowest) {
  const char* separator = "";
  printf(",\"slowest\":[");
  for (const SlowReply& reply : slowest.Sorted()) {
    printf("%s{\"startMs\":%.4f,\"ms\":%.4f,\"worker\":\"%s\"}", separator,
           static_cast<double>(reply.started_ns) / 1e6, static_cast<double>(reply.latency_ns) / 1e6,
           reply.server->worker.c_str());
    separator = ",";
  }
  printf("]");
}

// By worker, the requests or the connections it served.
void PrintServed(const char* name, const Tally& tally, int64_t Served::*count) {
  const char* separator = "";
  printf(",\"%s\":{", name);
  for (const auto& [worker, served] : tally.served) PrintEntry(&separator, worker, served.*count);
  printf("}");
}

}  // namespace

void PrintReport(const Options& options, Tally* tally, bool interrupted) {
  const double elapsed_s = static_cast<double>(tally->elapsed_ns) / 1e9;
  printf("{\"mode\":\"%s\"", kModeNames[static_cast<int>(options.mode)]);
  PrintRequests(options, *tally);
  printf(",\"interrupted\":%s", interrupted ? "true" : "false");
  PrintConnections(*tally);
  printf(",\"elapsedS\":%.6f,\"rate\":%.1f", elapsed_s,
         elapsed_s > 0 ? static_cast<double>(tally->rated) / elapsed_s : 0.0);
  PrintLatency("latencyMs", tally->latencies.Summarize());
  PrintNumber("late", tally->late);
  if (options.slowest > 0) PrintSlowest(tally->slowest);
  const LatencySummary handoff = tally->handoffs.Summarize();
  if (handoff.samples > 0) PrintLatency("handoffMs", handoff);
  if (options.connects > 0) PrintLatency("connectMs", tally->connects.Summarize());
  PrintServed("workers", *tally, &Served::requests);
  if (options.opening > 0 || options.skip > 0)
    PrintServed("workersAfterStart", *tally, &Served::after_start);
  if (options.moves > 0) PrintNumber("moved", tally->moved);
  PrintServed("workerConnections", *tally, &Served::connections);
  if (options.mode == Mode::kHold) {
    PrintServed("workerOpen", *tally, &Served::open);
    PrintNumber("worstGap", tally->worst_gap);
    PrintNumber("mostOpen", tally->most_open);
  }
  printf(",\"cpuS\":%.6f}\n", OwnCpuSeconds());
}

}  // namespace loadgen
