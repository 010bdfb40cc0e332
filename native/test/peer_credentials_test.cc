// links: base/socket.cc
// Who is at the other end of a Unix socket, as the kernel has it: real processes, of another user
// where this one is root.
#include <sys/un.h>

#include <string>

#include "base/socket.h"
#include "support.h"
#include "tap.h"

namespace {

using rondo::GetPeerCredentials;
using rondo::PeerCredentials;
using rondo::UniqueFd;
using tap::is;
using tap::ok;

constexpr uid_t kOther = 12345;

// An abstract name, or a path in the working directory where there are none.
struct Server {
  Server() {
    address.sun_family = AF_UNIX;
    const std::string name = "rondo-peer-test-" + std::to_string(getpid());
    name.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);
    fd.Reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    is_open = bind(fd.get(), any(), sizeof(address)) == 0 && listen(fd.get(), 8) == 0;
  }
  const sockaddr* any() const { return reinterpret_cast<const sockaddr*>(&address); }
  UniqueFd Connect() const {
    UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(client.get(), any(), sizeof(address)) != 0) client.Reset();
    return client;
  }

  sockaddr_un address = {};
  UniqueFd fd;
  bool is_open = false;
};

void TestBothEnds(const Server& server) {
  const UniqueFd client = server.Connect();
  const UniqueFd accepted(accept4(server.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  PeerCredentials peer = {};
  is(GetPeerCredentials(accepted.get(), &peer), 0, "of who has connected");
  is(peer.pid, getpid(), "its pid");
  is(peer.uid, geteuid(), "its user");
  is(peer.gid, getegid(), "its group");
  peer = {};
  is(GetPeerCredentials(client.get(), &peer), 0, "of who listens");
  is(peer.pid, getpid(), "its pid");
}

// The child ends before it is asked for: what is told is of the time of its connect(2).
void TestAnotherProcess(const Server& server, uid_t uid, const std::string& name) {
  const pid_t child = fork();
  if (child == 0) {
    if (uid != geteuid() && (setgid(uid) != 0 || setuid(uid) != 0)) _exit(1);
    _exit(server.Connect() ? 0 : 2);
  }
  const UniqueFd accepted(accept4(server.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  int status = -1;
  waitpid(child, &status, 0);
  is(status, 0, name + "(it has connected)");
  PeerCredentials peer = {};
  is(GetPeerCredentials(accepted.get(), &peer), 0, name + "has credentials");
  is(peer.uid, uid, name + "its user");
  is(peer.pid, child, name + "its pid");
}

void TestNoPeer(const Server& server) {
  PeerCredentials peer = {7, 7, 7};
  is(GetPeerCredentials(-1, &peer), -EBADF, "no fd");
  const UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
  is(GetPeerCredentials(file.get(), &peer), -ENOTSOCK, "no socket");
  const UniqueFd alone(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  is(GetPeerCredentials(alone.get(), &peer), -ENOTCONN, "a socket that is not connected");
  is(GetPeerCredentials(support::NewSocket().get(), &peer), -ENOTCONN, "one of another family");
  is(peer.pid, 7, "then nothing is written");
  ok(server.fd.get() >= 0, "(the server is there)");
}

}  // namespace

int main() {
  const int fds_before = support::CountOpenFds();
  {
    const Server server;
    ok(server.is_open, "(it listens)");
    TestBothEnds(server);
    TestAnotherProcess(server, geteuid(), "another process ");
    if (geteuid() == 0) {
      TestAnotherProcess(server, kOther, "another user ");
    } else {
      tap::skip("another user", "only root can be one");
    }
    TestNoPeer(server);
  }
  is(support::CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
