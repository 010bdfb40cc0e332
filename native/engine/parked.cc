#include "engine/parked.h"

#include <utility>

namespace rondo {

namespace {

constexpr size_t kMostParked = 256;
// Few, for while they are on their way they are not seen to wait.
constexpr int kOffersAtOnce = 32;

}  // namespace

void Parked::Push(ParkedConnection parked) {
  count_of_[parked.connection.listener] += WeightOf(parked.connection);
  list_.push_back(std::move(parked));
  Show();
}

bool Parked::IsCrowded(uint16_t listener) {
  const size_t most = is_crowded_[listener] ? kMostParked / 2 : kMostParked;
  is_crowded_[listener] = count_of_[listener] >= most;
  return is_crowded_[listener];
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
