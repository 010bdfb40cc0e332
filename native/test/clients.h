// Listeners and clients of 127.0.0.1 for the C++ tests, made without the code under test, and how
// to wait for what they see.
#ifndef RONDO_TEST_CLIENTS_H_
#define RONDO_TEST_CLIENTS_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "support.h"

namespace support {

constexpr int kTimeoutSeconds = 20;

struct Door {
  UniqueFd fd;
  int port = 0;
};

inline sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline Door OpenDoor() {
  Door door;
  door.fd = NewSocket();
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  sockaddr* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(door.fd.get(), any, size) != 0 || listen(door.fd.get(), 4096) != 0) return door;
  getsockname(door.fd.get(), any, &size);
  door.port = ntohs(address.sin_port);
  return door;
}

// A client's end, connected; blocking, but for no longer than a test may take.
inline UniqueFd Connect(int port) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit = {kTimeoutSeconds, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  const sockaddr_in address = Loopback(port);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fd.Reset();
  }
  return fd;
}

// What a client gets: a slot's number, or one of these.
constexpr int kClosed = -1;   // the end, or a reset, and no byte before it
constexpr int kHangs = -2;    // nothing at all
constexpr int kRefused = -3;  // it could not even connect

inline int Answer(const UniqueFd& client) {
  if (!client) return kRefused;
  char byte = 0;
  const ssize_t result = recv(client.get(), &byte, 1, 0);
  if (result == 1) return byte;
  return result < 0 && errno == EAGAIN ? kHangs : kClosed;
}

inline int Ask(int port) { return Answer(Connect(port)); }

// Whether the client has been answered, or let go, by now.
inline bool IsAnswered(const UniqueFd& client) {
  char byte;
  return recv(client.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0;
}

// Several clients, each asking again and again, until so many have asked in all or Stop().
class Crowd {
 public:
  Crowd(int port, int count, int clients = 4) : left_(count), asking_(clients) {
    for (int i = 0; i < clients; i++) {
      threads_.emplace_back([this, port] {
        while (!is_stopped_ && left_.fetch_sub(1) > 0) Note(Ask(port));
        asking_--;
      });
    }
  }
  ~Crowd() { Stop(); }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void Wait() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  void Stop() {
    is_stopped_ = true;
    Wait();
  }
  // The same, where nobody accepts any more: what is in the backlog, and comes into it, is let go.
  void StopAndEmpty(const UniqueFd& door) {
    is_stopped_ = true;
    while (asking_ > 0) {
      UniqueFd(accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC)).Reset();
      usleep(100);
    }
    Wait();
  }

  std::atomic<int> served{0};
  std::atomic<int> closed{0};
  std::atomic<int> hung{0};
  std::atomic<int> refused{0};

 private:
  void Note(int answer) {
    if (answer >= 0) served++;
    if (answer == kClosed) closed++;
    if (answer == kHangs) hung++;
    if (answer == kRefused) refused++;
  }

  std::atomic<int> left_;
  std::atomic<int> asking_;
  std::atomic<bool> is_stopped_{false};
  std::vector<std::thread> threads_;
};

// True as soon as `condition()` is; false if it is not in time.
template <typename Condition>
bool Until(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kTimeoutSeconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    usleep(500);
  }
  return true;
}

}  // namespace support

#endif  // RONDO_TEST_CLIENTS_H_
