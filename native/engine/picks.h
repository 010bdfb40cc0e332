// Connections that wait for the program's function, on their way to the primary's JavaScript. The
// engine's thread puts them here, the owner's takes them.
#ifndef RONDO_ENGINE_PICKS_H_
#define RONDO_ENGINE_PICKS_H_

#include <stdint.h>
#include <uv.h>

#include <utility>
#include <vector>

#include "engine/peer.h"

namespace rondo {

struct PickRequest {
  uint32_t ticket;
  uint16_t listener;
  Peer peer;
};

struct PickAnswer {
  uint32_t ticket;
  int slot;  // -1: the default
};

class Picks {
 public:
  Picks() { uv_mutex_init(&mutex_); }
  ~Picks() { uv_mutex_destroy(&mutex_); }
  Picks(const Picks&) = delete;
  Picks& operator=(const Picks&) = delete;

  void Put(const PickRequest& request) {
    uv_mutex_lock(&mutex_);
    requests_.push_back(request);
    uv_mutex_unlock(&mutex_);
  }
  std::vector<PickRequest> Take() {
    uv_mutex_lock(&mutex_);
    std::vector<PickRequest> taken = std::exchange(requests_, {});
    uv_mutex_unlock(&mutex_);
    return taken;
  }

 private:
  uv_mutex_t mutex_;  // guards requests_, which the bound of what is parked bounds
  std::vector<PickRequest> requests_;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_PICKS_H_
