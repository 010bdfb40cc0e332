// Exact latency figures: every sample is kept and sorted once at the end. No buckets, so that a
// standard deviation or a maximum is what it says. Samples of the start of a run, where a queue is
// still filling, can be kept apart: they are in `stddev_all_ms` alone.
#ifndef RONDO_BENCH_LOADGEN_LATENCY_H_
#define RONDO_BENCH_LOADGEN_LATENCY_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace loadgen {

// For a curve on an axis where each further nine takes as much room.
constexpr double kCurvePercents[] = {0,  10,   25,    50,   75,    87.5,   90,    95,     97.5,
                                     99, 99.5, 99.75, 99.9, 99.95, 99.975, 99.99, 99.995, 99.999};

struct LatencySummary {
  size_t samples = 0;
  double min_ms = 0;
  double mean_ms = 0;
  double stddev_ms = 0;
  double stddev_all_ms = 0;
  double p50_ms = 0;
  double p90_ms = 0;
  double p99_ms = 0;
  double p999_ms = 0;
  double max_ms = 0;
  // Percent and milliseconds, as far as there is a sample beyond; the last one is the maximum.
  std::vector<std::pair<double, double>> percentiles;
};

class Latencies {
 public:
  void Reserve(size_t count) { samples_ns_.reserve(count); }
  void Add(int64_t ns, bool is_start) { (is_start ? start_ns_ : samples_ns_).push_back(ns); }

  // All zero if there are no samples.
  LatencySummary Summarize() {
    LatencySummary summary;
    std::vector<int64_t> all_ns = samples_ns_;
    all_ns.insert(all_ns.end(), start_ns_.begin(), start_ns_.end());
    summary.stddev_all_ms = Deviation(all_ns);
    if (samples_ns_.empty()) return summary;
    std::sort(samples_ns_.begin(), samples_ns_.end());

    summary.samples = samples_ns_.size();
    summary.min_ms = ToMs(samples_ns_.front());
    summary.mean_ms = Mean(samples_ns_);
    summary.stddev_ms = Deviation(samples_ns_);
    summary.p50_ms = Percentile(0.5);
    summary.p90_ms = Percentile(0.9);
    summary.p99_ms = Percentile(0.99);
    summary.p999_ms = Percentile(0.999);
    summary.max_ms = ToMs(samples_ns_.back());
    const double last = 100 - 100 / static_cast<double>(samples_ns_.size());
    for (const double percent : kCurvePercents) {
      if (percent < last) summary.percentiles.emplace_back(percent, Percentile(percent / 100));
    }
    summary.percentiles.emplace_back(100, summary.max_ms);
    return summary;
  }

 private:
  static double ToMs(int64_t ns) { return static_cast<double>(ns) / 1e6; }

  static double Mean(const std::vector<int64_t>& samples_ns) {
    double sum = 0;
    for (const int64_t ns : samples_ns) sum += ToMs(ns);
    return sum / static_cast<double>(samples_ns.size());
  }

  // Two passes: the sum of squares alone would lose the digits that matter.
  static double Deviation(const std::vector<int64_t>& samples_ns) {
    if (samples_ns.empty()) return 0;
    const double mean = Mean(samples_ns);
    double squares = 0;
    for (const int64_t ns : samples_ns) squares += (ToMs(ns) - mean) * (ToMs(ns) - mean);
    return std::sqrt(squares / static_cast<double>(samples_ns.size()));
  }

  // Nearest rank: the smallest sample that at least this share of all samples does not exceed.
  double Percentile(double share) const {
    const double rank = std::ceil(share * static_cast<double>(samples_ns_.size()));
    return ToMs(samples_ns_[rank < 1 ? 0 : static_cast<size_t>(rank) - 1]);
  }

  std::vector<int64_t> samples_ns_;
  std::vector<int64_t> start_ns_;
};

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_LATENCY_H_
