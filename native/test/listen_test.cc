// links: base/listen.cc base/socket.cc
// Every way to get a listener and every way not to, and that no fd and no file is left behind.
#include "base/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <string>
#include <utility>

#include "tap.h"

namespace {

using rondo::AdoptListener;
using rondo::GetLocalAddress;
using rondo::ListenAny;
using rondo::ListenResult;
using rondo::ListenTcp;
using rondo::ListenUnix;
using rondo::ListenUnixResult;
using rondo::LocalAddress;
using rondo::UniqueFd;
using rondo::UnlinkIfOwned;
using tap::is;
using tap::ok;
using tap::skip;

constexpr int kBacklog = 16;
constexpr int kTries = 20;
constexpr int kKeepMode = -1;
constexpr int kSkipped = 255;

// --- Helpers: sockets made without the code under test ---------------------------------------

int CountOpenFds() {
  int count = 0;
  for (int fd = 0; fd < 1024; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) count++;
  }
  return count;
}

// 0 if a client can connect, or the errno it got.
int ConnectError(const sockaddr* address, socklen_t size) {
  const UniqueFd client(socket(address->sa_family, SOCK_STREAM, 0));
  return connect(client.get(), address, size) == 0 ? 0 : errno;
}

sockaddr_in Ipv4Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int ConnectIpv4(int port) {
  const sockaddr_in address = Ipv4Loopback(port);
  return ConnectError(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

int ConnectIpv6(int port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<in_port_t>(port));
  address.sin6_addr = in6addr_loopback;
  return ConnectError(reinterpret_cast<sockaddr*>(&address), sizeof(address));
}

socklen_t FillUnix(const std::string& path, sockaddr_un* out) {
  *out = {};
  out->sun_family = AF_UNIX;
  memcpy(out->sun_path, path.data(), path.size());
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
}

int ConnectUnix(const std::string& path) {
  sockaddr_un address;
  const socklen_t size = FillUnix(path, &address);
  return ConnectError(reinterpret_cast<sockaddr*>(&address), size);
}

UniqueFd BoundUnix(const std::string& path, int type) {
  sockaddr_un address;
  const socklen_t size = FillUnix(path, &address);
  UniqueFd fd(socket(AF_UNIX, type, 0));
  const int result = bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size);
  is(result, 0, "(a socket bound at a path)");
  return fd;
}

#ifdef __linux__
int BacklogOf(const UniqueFd& fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(fd.get(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return -1;
  return static_cast<int>(info.tcpi_sacked);  // what a listening socket reports there
}
#endif

bool HasIpv6() {
  const UniqueFd fd(socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return fd && bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

int PortOf(const UniqueFd& fd) {
  LocalAddress address;
  return GetLocalAddress(fd.get(), &address) == 0 ? address.port : -1;
}

std::string HostOf(const UniqueFd& fd) {
  LocalAddress address;
  return GetLocalAddress(fd.get(), &address) == 0 ? address.host : "(none)";
}

ListenUnixResult ListenAt(const std::string& path, int mode = kKeepMode) {
  return ListenUnix(path.data(), path.size(), {mode, 0}, kBacklog);
}

// Exit code of `run` in a child, for what cannot be undone in this process. Below 256.
template <typename Function>
int InChild(Function run) {
  const pid_t child = fork();
  if (child == 0) _exit(run());
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The child's error as a positive errno, 0 for success.
template <typename Function>
int AsNobody(Function run) {
  return InChild([&] { return geteuid() == 0 && setuid(65534) != 0 ? kSkipped : -run(); });
}

// From here on this process gets `error` from the system call, where its first argument is at least
// `from`. False where that cannot be had.
#ifdef __linux__
bool FailSystemCalls(unsigned number, unsigned from, unsigned error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, from, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}
#else
enum { SYS_socket, SYS_listen };
bool FailSystemCalls(unsigned, unsigned, unsigned) { return false; }
#endif

void CheckListening(const UniqueFd& fd, const std::string& what) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  getsockopt(fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
  ok(listening != 0, what + " is listening");
  ok((fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0, what + " is close-on-exec");
  ok((fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0, what + " is non-blocking");
  ok(accept(fd.get(), nullptr, nullptr) < 0 && errno == EAGAIN, what + " does not block in accept");
}

// An fd is never returned along with an error.
template <typename Result>
void Refused(const Result& result, int wanted, const std::string& name) {
  is(result.error, wanted, name);
  ok(!result.fd, name + ", no fd");
}

// --- TCP -------------------------------------------------------------------------------------

void TestIpv4() {
  const ListenResult result = ListenTcp({"127.0.0.1", 0, false, kBacklog});
  is(result.error, 0, "IPv4");
  CheckListening(result.fd, "an IPv4 listener");
  LocalAddress address;
  is(GetLocalAddress(result.fd.get(), &address), 0, "its address can be had");
  is(address.family, 4, "its family");
  is(std::string(address.host), "127.0.0.1", "its host");
  is(static_cast<long long>(address.path_length), 0, "it has no path");
  ok(address.port > 0, "port 0 became a real port");
  is(ConnectIpv4(address.port), 0, "a client connects to it");

  const ListenResult again = ListenTcp({"127.0.0.1", address.port, false, kBacklog});
  Refused(again, -EADDRINUSE, "a port in use");
  is(std::string(again.ip), "127.0.0.1", "the error names the address");
}

// A connection still holds the port when the listener is gone, open or in TIME_WAIT.
void TestRestart() {
  ListenResult first = ListenTcp({"127.0.0.1", 0, false, kBacklog});
  const int port = PortOf(first.fd);
  const sockaddr_in address = Ipv4Loopback(port);
  const UniqueFd client(socket(AF_INET, SOCK_STREAM, 0));
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  is(connect(client.get(), any, sizeof(address)), 0, "(a client connects)");
  const UniqueFd accepted(accept(first.fd.get(), nullptr, nullptr));
  ok(static_cast<bool>(accepted), "(and is accepted)");
  first.fd.Reset();
  is(ListenTcp({"127.0.0.1", port, false, kBacklog}).error, 0, "a restarted server gets its port");
}

void TestIpv6() {
  const ListenResult result = ListenTcp({"::1", 0, false, kBacklog});
  is(result.error, 0, "IPv6");
  CheckListening(result.fd, "an IPv6 listener");
  LocalAddress address;
  is(GetLocalAddress(result.fd.get(), &address), 0, "its address can be had");
  is(address.family, 6, "its family");
  is(std::string(address.host), "::1", "its host");
  is(ConnectIpv6(address.port), 0, "a client connects to it");

  const ListenResult both = ListenTcp({"::", 0, false, kBacklog});
  is(ConnectIpv4(PortOf(both.fd)), 0, "'::' takes IPv4 clients");
  is(ConnectIpv6(PortOf(both.fd)), 0, "'::' takes IPv6 clients");

  // Another program of this machine may have the port for IPv4.
  ListenResult only;
  ListenResult beside;
  for (int i = 0; i < kTries; i++) {
    only = ListenTcp({"::", 0, true, kBacklog});
    beside = ListenTcp({"0.0.0.0", PortOf(only.fd), false, kBacklog});
    if (beside.error == 0) break;
  }
  is(beside.error, 0, "ipv6_only leaves the port free for IPv4");
  beside.fd.Reset();
  is(ConnectIpv4(PortOf(only.fd)), ECONNREFUSED, "ipv6_only refuses IPv4 clients");
  is(ConnectIpv6(PortOf(only.fd)), 0, "ipv6_only takes IPv6 clients");

  Refused(ListenTcp({"::ffff:127.0.0.1", 0, true, kBacklog}), -EINVAL, "a mapped one, ipv6_only");
  Refused(ListenTcp({"fe80::1", 0, false, kBacklog}), -EINVAL, "link-local without an interface");
  Refused(ListenTcp({"fe80::1%no-such-if", 0, false, kBacklog}), -EINVAL, "an unknown interface");
}

// The machine's own link-local address as text, with its interface; empty if it has none.
std::string LinkLocalAddress() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return "";
  std::string found;
  for (const ifaddrs* at = all; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET6) continue;
    const auto* address = reinterpret_cast<const sockaddr_in6*>(at->ifa_addr);
    if (!IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr)) continue;
    char digits[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &address->sin6_addr, digits, sizeof(digits));
    found = std::string(digits) + "%" + at->ifa_name;
  }
  freeifaddrs(all);
  return found;
}

void TestLinkLocal() {
  const std::string ip = LinkLocalAddress();
  if (ip.empty()) return skip("a link-local address", "this machine has none");
  const ListenResult result = ListenTcp({ip.c_str(), 0, false, kBacklog});
  is(result.error, 0, "a link-local address");
  is(HostOf(result.fd), ip, "its host names the interface");
}

void TestAny() {
  const ListenResult result = ListenAny(0, false, kBacklog);
  is(result.error, 0, "no host");
  CheckListening(result.fd, "a listener without a host");
  is(HostOf(result.fd), "::", "it is on '::'");
  is(ConnectIpv4(PortOf(result.fd)), 0, "it takes IPv4 clients");
  is(ConnectIpv6(PortOf(result.fd)), 0, "it takes IPv6 clients");

  const ListenResult again = ListenAny(PortOf(result.fd), false, kBacklog);
  Refused(again, -EADDRINUSE, "no host, port in use");
  is(std::string(again.ip), "::", "the error names '::'");

  const ListenResult ipv4 = ListenTcp({"127.0.0.1", 0, false, kBacklog});
  Refused(ListenAny(PortOf(ipv4.fd), false, kBacklog), -EADDRINUSE, "no host, port in use on IPv4");

  const ListenResult only = ListenAny(0, true, kBacklog);
  is(ConnectIpv4(PortOf(only.fd)), ECONNREFUSED, "no host, ipv6_only, refuses IPv4 clients");
}

void TestTcpErrors() {
  Refused(ListenTcp({"192.0.2.1", 0, false, kBacklog}), -EADDRNOTAVAIL, "a foreign address");
  Refused(ListenTcp({"not-an-ip", 0, false, kBacklog}), -EINVAL, "a name for an address");
  Refused(ListenTcp({"127.0.0.1%lo", 0, false, kBacklog}), -EINVAL, "IPv4 with an interface");
  Refused(ListenTcp({"", 0, false, kBacklog}), -EINVAL, "an empty address");
  Refused(ListenTcp({"::1::1", 0, false, kBacklog}), -EINVAL, "broken IPv6");
  Refused(ListenTcp({"1:2:3:4:5:6:7:8:1:2:3:4:5:6:7:8:1:2:3:4:5:6:7:8", 0, false, kBacklog}),
          -EINVAL, "endless IPv6");
  Refused(ListenTcp({"127.0.0.1", 65536, false, kBacklog}), -EINVAL, "port 65536");
  Refused(ListenTcp({"127.0.0.1", -1, false, kBacklog}), -EINVAL, "port -1");
}

void TestForbiddenPort() {
  const char* const name = "a forbidden port";
  const int error = AsNobody([] { return ListenTcp({"127.0.0.1", 1, false, kBacklog}).error; });
  if (error == 0 || error == kSkipped) return skip(name, "no port is forbidden here");
  is(error, EACCES, name);
  is(AsNobody([] {
       const ListenResult result = ListenAny(1, false, kBacklog);
       return result.error == -EACCES && strcmp(result.ip, "0.0.0.0") == 0 ? 0 : -1;
     }),
     0, "without a host the error names '0.0.0.0', as net.Server's does");
}

// A kernel without IPv6: socket(AF_INET6, …) fails, and AF_INET and AF_UNIX are smaller numbers.
void TestNoIpv6() {
  const char* const name = "without IPv6, no host means '0.0.0.0'";
  const int code = InChild([] {
    if (!FailSystemCalls(SYS_socket, AF_INET6, EAFNOSUPPORT)) return kSkipped;
    if (ListenTcp({"::", 0, false, kBacklog}).error != -EAFNOSUPPORT) return 1;
    const ListenResult result = ListenAny(0, true, kBacklog);
    if (result.error != 0 || HostOf(result.fd) != "0.0.0.0") return 2;
    const ListenResult again = ListenAny(PortOf(result.fd), false, kBacklog);
    return again.error == -EADDRINUSE && strcmp(again.ip, "0.0.0.0") == 0 ? 0 : 3;
  });
  if (code == kSkipped) return skip(name, "no seccomp here");
  is(code, 0, name);
}

// Two sockets can bind one port before either listens; the later listen then fails.
void TestListenFails(const std::string& directory) {
  const char* const name = "when listen fails, no fallback, no fd and no file";
  const std::string path = directory + "/listen-fails";
  const int code = InChild([&] {
    if (!FailSystemCalls(SYS_listen, 0, EADDRINUSE)) return kSkipped;
    const int fds_before = CountOpenFds();
    const ListenResult any = ListenAny(0, false, kBacklog);
    if (any.error != -EADDRINUSE || any.fd || strcmp(any.ip, "::") != 0) return 1;
    const ListenUnixResult at_path = ListenAt(path, 0600);
    if (at_path.error != -EADDRINUSE || at_path.fd) return 2;
    if (access(path.c_str(), F_OK) == 0) return 3;
    return CountOpenFds() == fds_before ? 0 : 4;
  });
  if (code == kSkipped) return skip(name, "no seccomp here");
  is(code, 0, name);
}

// --- Unix ------------------------------------------------------------------------------------

void TestUnix(const std::string& directory) {
  const std::string path = directory + "/plain";
  const ListenUnixResult result = ListenAt(path, 0600);
  is(result.error, 0, "a Unix path");
  CheckListening(result.fd, "a Unix listener");
  struct stat info;
  is(lstat(path.c_str(), &info), 0, "the file is there");
  is(info.st_mode & 0777, 0600, "it has the mode asked for");
  ok(info.st_dev == result.identity.dev && info.st_ino == result.identity.ino, "its identity");
  LocalAddress address;
  is(GetLocalAddress(result.fd.get(), &address), 0, "its address can be had");
  is(address.family, 1, "its family");
  is(std::string(address.host, address.path_length), path, "its path");
  is(ConnectUnix(path), 0, "a client connects to it");

  Refused(ListenAt(path), -EADDRINUSE, "a live path");
  is(ConnectUnix(path), 0, "the live one is still reachable");
  UnlinkIfOwned(path.c_str(), result.identity);
  ok(lstat(path.c_str(), &info) != 0 && errno == ENOENT, "it is unlinked by its owner");

  const ListenUnixResult wide = ListenAt(path, 0777);
  is(lstat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : -1, 0777, "mode is not masked");
  UnlinkIfOwned(path.c_str(), wide.identity);

  const mode_t mask = umask(027);
  const ListenUnixResult kept = ListenAt(path);
  umask(mask);
  is(lstat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : -1, 0750, "-1 leaves it to the umask");
  UnlinkIfOwned(path.c_str(), kept.identity);
}

void TestStale(const std::string& directory) {
  const std::string path = directory + "/stale";
  BoundUnix(path, SOCK_STREAM).Reset();
  const ListenUnixResult replaced = ListenAt(path);
  is(replaced.error, 0, "a file whose socket is gone is replaced");
  is(ConnectUnix(path), 0, "a client connects to the new one");
  UnlinkIfOwned(path.c_str(), replaced.identity);

  {
    const UniqueFd starting = BoundUnix(path, SOCK_STREAM);
    Refused(ListenAt(path), -EADDRINUSE, "a path bound but not listened on yet");
    listen(starting.get(), 1);
    is(ConnectUnix(path), 0, "its owner can go on");
    for (int i = 0; i < 2; i++) Refused(ListenAt(path), -EADDRINUSE, "a live one, being probed");
    fcntl(starting.get(), F_SETFL, O_NONBLOCK);
    const UniqueFd client(accept(starting.get(), nullptr, nullptr));
    ok(client && accept(starting.get(), nullptr, nullptr) < 0, "probing left no client there");
  }
  unlink(path.c_str());
  {
    const UniqueFd datagram = BoundUnix(path, SOCK_DGRAM);
    Refused(ListenAt(path), -EADDRINUSE, "a live datagram socket");
  }
  unlink(path.c_str());
}

void TestNotASocket(const std::string& directory) {
  const std::string file = directory + "/file";
  const std::string link = directory + "/link";
  const std::string target = directory + "/target";
  UniqueFd(open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)).Reset();
  Refused(ListenAt(file), -EADDRINUSE, "a regular file");
  is(access(file.c_str(), F_OK), 0, "it is untouched");
  Refused(ListenAt(directory), -EADDRINUSE, "a directory");

  BoundUnix(target, SOCK_STREAM).Reset();
  is(symlink(target.c_str(), link.c_str()), 0, "(a link to a dead socket)");
  Refused(ListenAt(link), -EADDRINUSE, "a symbolic link");
  struct stat info;
  ok(lstat(link.c_str(), &info) == 0 && S_ISLNK(info.st_mode), "the link is untouched");
  is(access(target.c_str(), F_OK), 0, "and so is what it points to");

  Refused(ListenAt(file + "/socket"), -ENOTDIR, "a file for a directory");
  Refused(ListenAt(directory + "/none/socket"), -EACCES, "a missing directory, as net.Server");
  unlink(file.c_str());
  unlink(link.c_str());
  unlink(target.c_str());
}

void TestForbiddenDirectory(const std::string& directory) {
  const std::string closed = directory + "/closed";
  is(mkdir(closed.c_str(), 0555), 0, "(a directory that may not be written)");
  const int error = AsNobody([&] { return ListenAt(closed + "/socket").error; });
  if (error == kSkipped) {
    skip("a forbidden directory", "cannot become another user here");
  } else {
    is(error, EACCES, "a forbidden directory");
  }
  rmdir(closed.c_str());
}

void TestPathLength(const std::string& directory) {
  std::string path = directory + "/";
  path.resize(rondo::kMaxUnixPath, 'x');
  const ListenUnixResult longest = ListenAt(path, 0600);
  is(longest.error, 0, "the longest path");
  LocalAddress address;
  is(GetLocalAddress(longest.fd.get(), &address), 0, "its address can be had");
  is(std::string(address.host, address.path_length), path, "it is whole");
  is(ConnectUnix(path), 0, "a client connects to it");
  UnlinkIfOwned(path.c_str(), longest.identity);
  is(access(path.c_str(), F_OK), -1, "it is unlinked");

  Refused(ListenAt(path + "x"), -EINVAL, "one byte more");
  Refused(ListenAt(path + std::string(5000, 'x')), -EINVAL, "5000 bytes more");
  is(access(path.c_str(), F_OK), -1, "no truncated path is bound");
  Refused(ListenAt(""), -EINVAL, "an empty path");
  Refused(ListenAt(directory + std::string("/nul\0x", 6)), -EINVAL, "a NUL in a path");
  is(access((directory + "/nul").c_str(), F_OK), -1, "nor one cut at a NUL");
}

void TestAbstract() {
  const std::string name = std::string("\0rondo-listen-test-\0", 20) + std::to_string(getpid());
#ifdef __linux__
  ListenUnixResult result = ListenAt(name, 0600);
  is(result.error, 0, "an abstract name");
  CheckListening(result.fd, "an abstract listener");
  is(static_cast<long long>(result.identity.ino), 0, "it has no file");
  LocalAddress address;
  is(GetLocalAddress(result.fd.get(), &address), 0, "its address can be had");
  ok(std::string(address.host, address.path_length) == name, "its name is what was given");
  is(ConnectUnix(name), 0, "a client connects to it");
  Refused(ListenAt(name), -EADDRINUSE, "an abstract name in use");
  UnlinkIfOwned(name.c_str(), result.identity);
  result.fd.Reset();
  is(ListenAt(name).error, 0, "it is free once closed");
#else
  Refused(ListenAt(name), -EINVAL, "an abstract name");
#endif
}

void TestUnlinkIfOwned(const std::string& directory) {
  const std::string path = directory + "/owned";
  const ListenUnixResult first = ListenAt(path);
  unlink(path.c_str());
  const ListenUnixResult second = ListenAt(path);
  UnlinkIfOwned(path.c_str(), first.identity);
  is(ConnectUnix(path), 0, "a successor's socket stays");

  UnlinkIfOwned(path.c_str(), {0, 0});
  is(access(path.c_str(), F_OK), 0, "no identity unlinks nothing");
  UnlinkIfOwned(path.c_str(), second.identity);
  is(access(path.c_str(), F_OK), -1, "its own is unlinked");
  errno = 0;
  UnlinkIfOwned(path.c_str(), second.identity);
  is(errno, 0, "twice is harmless");
}

// --- Adopting --------------------------------------------------------------------------------

bool IsClosed(int fd) { return fcntl(fd, F_GETFD) < 0 && errno == EBADF; }

void RefusedAdoption(int fd, int wanted, const std::string& name) {
  Refused(AdoptListener(UniqueFd(fd), kBacklog), wanted, "adopting " + name);
  ok(IsClosed(fd), name + " is closed");
}

void TestAdopt(const std::string& directory) {
  const ListenResult unbound = AdoptListener(UniqueFd(socket(AF_INET, SOCK_STREAM, 0)), kBacklog);
  is(unbound.error, 0, "adopting an unbound socket");
  CheckListening(unbound.fd, "it");

  // dup and F_SETFL share or drop the flags, so that adopting has to set both.
  const int listening = dup(unbound.fd.get());
  fcntl(listening, F_SETFL, 0);
  const ListenResult adopted = AdoptListener(UniqueFd(listening), kBacklog);
  is(adopted.fd.get(), listening, "adopting a listening socket keeps its number");
  CheckListening(adopted.fd, "a listening socket, adopted,");
  is(PortOf(adopted.fd), PortOf(unbound.fd), "and its port");
#ifdef __linux__
  const ListenResult again = AdoptListener(UniqueFd(dup(adopted.fd.get())), kBacklog + 1);
  is(again.error, 0, "adopting it once more");
  is(BacklogOf(again.fd), kBacklog + 1, "its backlog is set");
#endif

  const std::string path = directory + "/adopted";
  const ListenResult unix_path = AdoptListener(BoundUnix(path, SOCK_STREAM), kBacklog);
  CheckListening(unix_path.fd, "a bound Unix socket, adopted,");
  is(ConnectUnix(path), 0, "a client connects to it");
  unlink(path.c_str());

  int pair[2];
  is(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0, "(a socketpair)");
  RefusedAdoption(pair[0], -EINVAL, "a connected socket");
  close(pair[1]);
  is(pipe(pair), 0, "(a pipe)");
  RefusedAdoption(pair[0], -ENOTSOCK, "a pipe");
  close(pair[1]);
  RefusedAdoption(socket(AF_UNIX, SOCK_STREAM, 0), -EINVAL, "an unbound Unix socket");
  RefusedAdoption(socket(AF_INET, SOCK_DGRAM, 0), -EINVAL, "a UDP socket");
  RefusedAdoption(open("/dev/null", O_RDONLY), -EINVAL, "a device");
  RefusedAdoption(open(directory.c_str(), O_RDONLY), -EINVAL, "a directory");
  const int closed = dup(0);
  close(closed);
  Refused(AdoptListener(UniqueFd(closed), kBacklog), -EINVAL, "adopting a closed fd");
  Refused(AdoptListener(UniqueFd(), kBacklog), -EINVAL, "adopting nothing");
}

void TestLocalAddressErrors() {
  LocalAddress address;
  const UniqueFd device(open("/dev/null", O_RDONLY | O_CLOEXEC));
  is(GetLocalAddress(device.get(), &address), -ENOTSOCK, "the address of a device");
  is(GetLocalAddress(-1, &address), -EBADF, "the address of nothing");
  const UniqueFd unnamed(socket(AF_UNIX, SOCK_STREAM, 0));
  is(GetLocalAddress(unnamed.get(), &address), 0, "the address of an unnamed socket");
  is(static_cast<long long>(address.path_length), 0, "is empty");
#ifdef __linux__
  const UniqueFd netlink(socket(AF_NETLINK, SOCK_RAW, 0));
  is(GetLocalAddress(netlink.get(), &address), -EAFNOSUPPORT, "the address of another family");
#endif
}

void TestOutOfFds(const std::string& directory) {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  const int next = dup(0);
  close(next);
  const rlimit none_left = {static_cast<rlim_t>(next), limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none_left);
  const ListenResult tcp = ListenTcp({"127.0.0.1", 0, false, kBacklog});
  const ListenResult any = ListenAny(0, false, kBacklog);
  const ListenUnixResult at_path = ListenAt(directory + "/none-left");
  setrlimit(RLIMIT_NOFILE, &limit);
  Refused(tcp, -EMFILE, "out of fds, IPv4");
  Refused(any, -EMFILE, "out of fds, no host");
  is(std::string(any.ip), "0.0.0.0", "the error names '0.0.0.0', as net.Server's does");
  Refused(at_path, -EMFILE, "out of fds, Unix");

  // One fd is enough to bind, and none is left to look whether the path is abandoned.
  const std::string path = directory + "/stale";
  BoundUnix(path, SOCK_STREAM).Reset();
  const rlimit one_left = {static_cast<rlim_t>(next + 1), limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &one_left);
  const ListenUnixResult undecided = ListenAt(path);
  setrlimit(RLIMIT_NOFILE, &limit);
  Refused(undecided, -EADDRINUSE, "when it cannot look");
  is(access(path.c_str(), F_OK), 0, "it removes nothing");
  unlink(path.c_str());
}

}  // namespace

int main() {
  char directory[] = "/tmp/rondo-listen-XXXXXX";
  if (mkdtemp(directory) == nullptr || chmod(directory, 0755) != 0) return 1;
  const int fds_before = CountOpenFds();

  TestIpv4();
  TestRestart();
  if (HasIpv6()) {
    TestIpv6();
    TestLinkLocal();
    TestAny();
  } else {
    skip("IPv6, dual stack, no host", "no IPv6 here");
  }
  TestTcpErrors();
  TestForbiddenPort();
  TestNoIpv6();
  TestListenFails(directory);
  TestUnix(directory);
  TestStale(directory);
  TestNotASocket(directory);
  TestForbiddenDirectory(directory);
  TestPathLength(directory);
  TestAbstract();
  TestUnlinkIfOwned(directory);
  TestAdopt(directory);
  TestLocalAddressErrors();
  TestOutOfFds(directory);

  is(CountOpenFds(), fds_before, "no fd is left open");
  is(rmdir(directory), 0, "no file is left behind");
  return tap::done();
}
