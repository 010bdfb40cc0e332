// Connections that wait for one of the program's functions, on their way to the primary's
// JavaScript. The engine's thread puts them here, the owner's takes them.
#ifndef RONDO_ENGINE_PICKS_H_
#define RONDO_ENGINE_PICKS_H_

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/peer.h"

namespace rondo {

// What is asked of the program. The numbers are known to src/native/engine.ts.
enum class Question {
  kSlot = 0,      // which worker gets it
  kListener = 1,  // which listener it is for
};

struct PickRequest {
  uint32_t ticket;
  Question question;
  uint16_t listener;
  Peer peer;
  // For kListener, what was seen of it: see Glimpse.
  std::string host;
  bool is_tls;
};

struct PickAnswer {
  uint32_t ticket;
  int picked;  // a slot or a listener; -1: the default
};

class Picks {
 public:
  Picks() { uv_mutex_init(&mutex_); }
  ~Picks() { uv_mutex_destroy(&mutex_); }
  Picks(const Picks&) = delete;
  Picks& operator=(const Picks&) = delete;

  void Put(PickRequest request) {
    uv_mutex_lock(&mutex_);
    // Nobody has taken them for long, and their connections have been dealt meanwhile.
    if (requests_.size() >= kMostRequests) {
      requests_.erase(requests_.begin(), requests_.begin() + kMostRequests / 2);
    }
    requests_.push_back(std::move(request));
    uv_mutex_unlock(&mutex_);
  }
  std::vector<PickRequest> Take() {
    uv_mutex_lock(&mutex_);
    std::vector<PickRequest> taken = std::exchange(requests_, {});
    uv_mutex_unlock(&mutex_);
    return taken;
  }

 private:
  static constexpr size_t kMostRequests = 16'384;

  uv_mutex_t mutex_;  // guards requests_
  std::vector<PickRequest> requests_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_PICKS_H_
