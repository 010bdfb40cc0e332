#include "shared/metrics.h"

#include <errno.h>
#include <string.h>

#include <algorithm>
#include <cmath>

namespace rondo::shared {

namespace {

double ToDouble(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

uint64_t ToBits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// With only one writer a load and a store do: no other can come in between.
void AddTo(Word* sum, double n) { sum->store(ToBits(ToDouble(sum->load()) + n)); }

uint64_t RowWords(size_t bounds) { return RoundUp(1 + 2 * (bounds + 2), 8); }

}  // namespace

Definition Gauge::Define(const std::string& name) {
  return {Kind::kGauge, name, {}, kCells * sizeof(Row)};
}

int Gauge::Watch(const Region& region, const Cells* cells, const Found& found) {
  if (found.large_bytes != RoundUp(Define("").large_bytes, kPage)) return -EIO;
  cells_ = cells;
  return mapping_.Map(region.fd(), found.large_at, found.large_bytes);
}

int Gauge::Open(const Region& region, const Cells* cells, const Found& found) {
  const int result = Watch(region, cells, found);
  if (result < 0) return result;
  Row* const own = &mapping_.At<Row>(0)[cells->index()];
  if (own->generation.load() == cells->generation()) return 0;
  own->value = ToBits(0);
  own->generation = cells->generation();
  return 0;
}

void Gauge::Set(double value) {
  mapping_.At<Row>(0)[cells_->index()].value.store(ToBits(value), std::memory_order_release);
}

void Gauge::Add(double n) { AddTo(&mapping_.At<Row>(0)[cells_->index()].value, n); }

double Gauge::Sum() const {
  double sum = 0;
  for (const Share& share : Shares()) {
    if (share.owner.is_alive) sum += share.sum;
  }
  return sum;
}

std::vector<Share> Gauge::Shares() const {
  std::vector<Share> shares;
  for (uint32_t i = 0; i < cells_->used(); i++) {
    Row* const row = &mapping_.At<Row>(0)[i];
    const uint64_t generation = row->generation.load();
    if (generation == 0) continue;
    const double value = ToDouble(row->value.load());
    const Owner owner = cells_->Look(i);
    // Otherwise another process has the cell, and has not used the gauge.
    if (owner.generation == generation) shares.push_back({owner, value, {}});
  }
  return shares;
}

Definition Histogram::Define(const std::string& name, const std::vector<double>& bounds) {
  Definition wanted = {Kind::kHistogram, name, {}, kCells * RowWords(bounds.size()) * sizeof(Word)};
  for (const double bound : bounds) wanted.parameters.push_back(ToBits(bound));
  return wanted;
}

double Histogram::ToBound(uint64_t parameter) { return ToDouble(parameter); }

int Histogram::Watch(const Region& region, const Cells* cells, const Found& found) {
  if (found.parameters.empty()) return -EIO;
  for (const uint64_t bits : found.parameters) {
    const double bound = ToDouble(bits);
    if (!std::isfinite(bound) || (!bounds_.empty() && bound <= bounds_.back())) return -EIO;
    bounds_.push_back(bound);
  }
  if (found.large_bytes != RoundUp(Define("", bounds_).large_bytes, kPage)) return -EIO;
  cells_ = cells;
  return mapping_.Map(region.fd(), found.large_at, found.large_bytes);
}

int Histogram::Open(const Region& region, const Cells* cells, const Found& found) {
  const int result = Watch(region, cells, found);
  if (result < 0) return result;
  Word* const own = Row(cells->index());
  if (own[0].load() == cells->generation()) return 0;
  Word* const start = Start(cells->index());
  for (size_t i = 0; i < numbers(); i++) start[i] = own[1 + i].load();
  own[0] = cells->generation();
  return 0;
}

void Histogram::Observe(double value) {
  const size_t bucket = static_cast<size_t>(
      std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
  Word* const own = Row(cells_->index());
  Word* const count = &own[2 + bucket];
  count->store(count->load(std::memory_order_relaxed) + 1, std::memory_order_release);
  AddTo(&own[1], value);
}

Share Histogram::Total() const {
  Share total;
  total.counts.resize(bounds_.size() + 1);
  for (uint32_t i = 0; i < cells_->used(); i++) {
    Word* const row = Row(i);
    total.sum += ToDouble(row[1].load());
    for (size_t k = 0; k < total.counts.size(); k++) total.counts[k] += row[2 + k].load();
  }
  return total;
}

std::vector<Share> Histogram::Shares() const {
  std::vector<Share> shares;
  for (uint32_t i = 0; i < cells_->used(); i++) {
    Word* const row = Row(i);
    Word* const start = Start(i);
    Share share;
    const uint64_t generation = row[0].load();
    if (generation == 0) continue;
    share.sum = ToDouble(row[1].load()) - ToDouble(start[0].load());
    for (size_t k = 0; k <= bounds_.size(); k++) {
      share.counts.push_back(row[2 + k].load() - start[1 + k].load());
    }
    share.owner = cells_->Look(i);
    if (share.owner.generation == generation && row[0].load() == generation) {
      shares.push_back(std::move(share));
    }
  }
  return shares;
}

Word* Histogram::Row(uint32_t index) const {
  return mapping_.At<Word>(index * RowWords(bounds_.size()) * sizeof(Word));
}

}  // namespace rondo::shared
