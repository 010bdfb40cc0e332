#include "engine/parked.h"

#include <utility>

namespace rondo {

namespace {

constexpr size_t kMostParked = 256;
// A session that goes elsewhere has lost what its worker knows of it, so more of these may wait.
constexpr uint32_t kMostForSlot = 1024;
// Few, for while they are on their way they are not seen to wait.
constexpr int kOffersAtOnce = 32;

}  // namespace

void Parked::Push(ParkedConnection parked) {
  Weigh(PlaceOf(parked), 1);
  list_.push_back(std::move(parked));
  Show();
}

bool Parked::IsCrowded(uint16_t listener) {
  const size_t most = is_crowded_[listener] ? kMostParked / 2 : kMostParked;
  is_crowded_[listener] = count_of_[listener] - named_of_[listener] >= most;
  return is_crowded_[listener];
}

bool Parked::IsCrowdedFor(int slot) const {
  return count_for_[static_cast<size_t>(slot)] >= kMostForSlot;
}

void Parked::PushOverflow(Connection connection) {
  overflow_[connection.listener].push_back(std::move(connection));
  overflow_total_++;
  Show();
}

bool Parked::TakeOverflow(uint16_t listener, Connection* out) {
  std::list<Connection>* const overflow = &overflow_[listener];
  if (overflow->empty()) return false;
  *out = std::move(overflow->front());
  overflow->pop_front();
  overflow_total_--;
  Show();
  return true;
}

void Parked::OfferAgain() {
  int left = kOffersAtOnce;
  for (ParkedConnection& parked : list_) {
    Connection& connection = parked.connection;
    if (!is_crowded_[connection.listener] || connection.refused_by.empty()) continue;
    connection.refused_by.clear();
    if (--left == 0) return;
  }
}

}  // namespace rondo
