// The limit: what the kernel allows, with no Node in the way. One process and its workers, bound to
// an IPv4 address, with port 0 to a free port of it:
//
//   bare dispatcher HANDLER WORKERS HOST PORT   accepts, and sends each connection to the next
//   worker bare reuseport HANDLER WORKERS HOST PORT    workers that each listen (SO_REUSEPORT) bare
//   noop storm|handoff 0 HOST PORT         accepts, writes the line and closes; no workers
//
// Prints one line of JSON, the port and the pids of its workers, and serves until it is killed.
// No process outlives the one that started it.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "base/fd_passing.h"
#include "listen.h"
#include "worker.h"

namespace {

using rondo::UniqueFd;

constexpr int kMaxWorkers = 64;

[[noreturn]] void Fail(const char* what, int error) {
  fprintf(stderr, "bare: %s: %s\n", what, strerror(error));
  _exit(1);
}

// Room for every connection at once, so that what is met first is not a limit of this program.
void RaiseFdLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Runs `work` in a process that ends with this one. Returns its pid, here only.
template <typename Work>
pid_t Start(Work work) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) Fail("fork", errno);
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have ended before that call, and no signal comes of it any more.
  if (getppid() != parent) _exit(1);
  const int error = work();
  if (error != 0) Fail("worker", error);
  _exit(0);
}

void Listen(int socket) {
  if (listen(socket, SOMAXCONN) != 0) Fail("listen", errno);
}

void PrintReady(int port, const std::vector<pid_t>& workers) {
  printf("{\"port\":%d,\"workers\":[", port);
  for (size_t i = 0; i < workers.size(); i++) printf("%s%d", i == 0 ? "" : ",", workers[i]);
  printf("]}\n");
  fflush(stdout);
}

// A full channel is waited for: nobody bounds what is on its way to a worker, as with Node's own
// ways.
void HandOff(int channel, const UniqueFd& connection) {
  while (true) {
    const int fd = connection.get();
    const ssize_t sent = rondo::SendFds(channel, &fd, 1, "", 1);
    if (sent > 0) return;
    if (sent != -EAGAIN) Fail("sendmsg", static_cast<int>(-sent));
    pollfd writable = {channel, POLLOUT, 0};
    poll(&writable, 1, -1);
  }
}

void RunDispatcher(bare::Handler handler, int count, const sockaddr_in& address) {
  const UniqueFd listener = bare::Bind(address, false);
  if (!listener) Fail("bind", errno);
  Listen(listener.get());
  std::vector<UniqueFd> channels;
  std::vector<pid_t> workers;
  for (int i = 0; i < count; i++) {
    rondo::FdPair pair;
    const int error = rondo::OpenSocketPair(&pair);
    if (error != 0) Fail("socketpair", -error);
    workers.push_back(Start([&] {
      // Ends of others, which must be seen to close when their owners do.
      channels.clear();
      pair.first.Reset();
      const bare::Service service(handler, i);
      return bare::Worker(service).Run(pair.second.get(), bare::ReceiveFrom);
    }));
    channels.push_back(std::move(pair.first));
  }
  PrintReady(bare::PortOf(listener.get()), workers);
  for (size_t next = 0;; next = (next + 1) % channels.size()) {
    const UniqueFd connection = bare::AcceptFrom(listener.get());
    if (!connection) Fail("accept", errno);
    HandOff(channels[next].get(), connection);
  }
}

void RunReusePort(bare::Handler handler, int count, sockaddr_in address) {
  std::vector<pid_t> workers;
  for (int i = 0; i < count; i++) {
    UniqueFd listener = bare::Bind(address, true);
    if (!listener) Fail("bind", errno);
    // The first one finds the port.
    address.sin_port = htons(static_cast<uint16_t>(bare::PortOf(listener.get())));
    // Its worker takes connections until there is none, and must not wait for one there.
    if (fcntl(listener.get(), F_SETFL, O_NONBLOCK) != 0) Fail("fcntl", errno);
    Listen(listener.get());
    workers.push_back(Start([&] {
      const bare::Service service(handler, i);
      return bare::Worker(service).Run(listener.get(), bare::AcceptFrom);
    }));
  }
  PrintReady(ntohs(address.sin_port), workers);
  wait(nullptr);
  fprintf(stderr, "bare: a worker ended\n");
  _exit(1);
}

void RunNoop(bare::Handler handler, const sockaddr_in& address) {
  const UniqueFd listener = bare::Bind(address, false);
  if (!listener) Fail("bind", errno);
  Listen(listener.get());
  PrintReady(bare::PortOf(listener.get()), {});
  const bare::Service service(handler, 0);
  while (true) {
    const UniqueFd connection = bare::AcceptFrom(listener.get());
    if (!connection) Fail("accept", errno);
    std::string input;
    service.Serve(connection.get(), &input);
  }
}

}  // namespace

int main(int argc, char** argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  bare::Handler handler;
  sockaddr_in address;
  const std::string mode = argc == 6 ? argv[1] : "";
  const int workers = argc == 6 ? atoi(argv[3]) : -1;
  if (argc == 6 && bare::ParseHandler(argv[2], &handler) && workers <= kMaxWorkers &&
      bare::ParseAddress(argv[4], argv[5], &address)) {
    RaiseFdLimit();
    if (mode == "dispatcher" && workers > 0) RunDispatcher(handler, workers, address);
    if (mode == "reuseport" && workers > 0) RunReusePort(handler, workers, address);
    if (mode == "noop" && workers == 0) RunNoop(handler, address);
  }
  fprintf(stderr,
          "usage: bare dispatcher|reuseport HANDLER WORKERS HOST PORT\n"
          "       bare noop storm|handoff 0 HOST PORT\n");
  return 2;
}
