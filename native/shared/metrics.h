// Gauges and histograms: a row for each cell of the process table, written by the process that has
// the cell and read by all. A row names the generation of its cell that it belongs to, so that a
// dead process's share is told from that of the next one in the cell.
//
// A gauge counts only while its process lives. A histogram counts for ever: a new owner of a cell
// goes on where the row is, and notes from where on the numbers are its own. Killed while it notes
// that, it leaves the old generation, and the next owner notes it anew. Killed in observe(), it
// leaves a bucket that has an observation whose value is not in the sum: at most one for each
// process that was killed.
#ifndef RONDO_SHARED_METRICS_H_
#define RONDO_SHARED_METRICS_H_

#include <stdint.h>

#include <vector>

#include "shared/cells.h"
#include "shared/names.h"

namespace rondo::shared {

// A row's numbers and whose they are.
struct Share {
  Owner owner;
  double sum = 0;  // of a gauge: its value
  std::vector<uint64_t> counts;
};

class Gauge {
 public:
  static Definition Define(const std::string& name);
  int Open(const Region& region, const Cells* cells, const Found& found);
  // To read it only: this process has no share in it. -EIO if what was found cannot be a gauge.
  int Watch(const Region& region, const Cells* cells, const Found& found);

  void Set(double value);
  void Add(double n);
  double Sum() const;
  std::vector<Share> Shares() const;

 private:
  struct alignas(64) Row {
    Word generation;
    Word value;  // bits of a double
  };

  const Cells* cells_ = nullptr;
  Mapping mapping_;
};

class Histogram {
 public:
  static Definition Define(const std::string& name, const std::vector<double>& bounds);
  // A bound out of the parameters.
  static double ToBound(uint64_t parameter);
  int Open(const Region& region, const Cells* cells, const Found& found);
  // As of a gauge. The bounds, which may be anything else, are finite and ascending then.
  int Watch(const Region& region, const Cells* cells, const Found& found);
  const std::vector<double>& bounds() const { return bounds_; }

  void Observe(double value);
  // Over all processes there have ever been.
  Share Total() const;
  std::vector<Share> Shares() const;

 private:
  // A row: generation, sum, counts of the buckets; then sum and counts as they were at the
  // generation's start.
  Word* Row(uint32_t index) const;
  Word* Start(uint32_t index) const { return Row(index) + 1 + numbers(); }
  size_t numbers() const { return bounds_.size() + 2; }

  const Cells* cells_ = nullptr;
  Mapping mapping_;
  std::vector<double> bounds_;
};

}  // namespace rondo::shared

#endif  // RONDO_SHARED_METRICS_H_
