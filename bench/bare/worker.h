// A bare worker: one epoll loop over the source of its connections and the connections themselves.
#ifndef RONDO_BENCH_BARE_WORKER_H_
#define RONDO_BENCH_BARE_WORKER_H_

#include <string>
#include <unordered_map>

#include "base/unique_fd.h"
#include "service.h"

namespace bare {

// The next connection of `source`, non-blocking; or empty, with errno EAGAIN if there is none now.
using TakeConnection = rondo::UniqueFd (*)(int source);

rondo::UniqueFd AcceptFrom(int source);   // a listening socket
rondo::UniqueFd ReceiveFrom(int source);  // a channel; errno 0 when its other end is closed

class Worker {
 public:
  explicit Worker(const Service& service) : service_(service) {}

  // Borrows `source`, which must not block. Returns only when the source fails, with an errno, or
  // with 0 if it ends.
  int Run(int source, TakeConnection take);

 private:
  struct Connection {
    rondo::UniqueFd fd;
    std::string input;
  };

  int TakeAll(int source, TakeConnection take);
  void Start(rondo::UniqueFd fd);
  void Continue(int fd);

  const Service& service_;
  rondo::UniqueFd epoll_;
  std::unordered_map<int, Connection> connections_;
};

}  // namespace bare

#endif  // RONDO_BENCH_BARE_WORKER_H_
