// Creating listeners. One rule makes the error paths readable: a UniqueFd on the stack owns the
// socket from the line that made it, so an early return closes it, and the error was copied out of
// errno before that.
#include "base/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/sysmacros.h>
#endif

#include <initializer_list>
#include <utility>

namespace rondo {

namespace {

// Takes ownership of `fd`.
ListenResult StartListening(UniqueFd fd, int backlog, const char* ip) {
  if (listen(fd.get(), backlog) != 0) return {UniqueFd(), -errno, ip};
  return {std::move(fd), 0, ip};
}

// --- TCP --------------------------------------------------------------------------------------

struct TcpAddress {
  union {
    sockaddr any;
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;
  };
  socklen_t size;
};

int ParseTcpAddress(const char* ip, int port, TcpAddress* out) {
  if (port < 0 || port > 65535) return -EINVAL;
  memset(out, 0, sizeof(*out));
  if (strchr(ip, ':') == nullptr) {
    out->ipv4.sin_family = AF_INET;
    out->ipv4.sin_port = htons(static_cast<in_port_t>(port));
    out->size = sizeof(out->ipv4);
    return inet_pton(AF_INET, ip, &out->ipv4.sin_addr) == 1 ? 0 : -EINVAL;
  }
  char digits[INET6_ADDRSTRLEN];
  const size_t length = strcspn(ip, "%");
  if (length >= sizeof(digits)) return -EINVAL;
  memcpy(digits, ip, length);
  digits[length] = '\0';
  out->ipv6.sin6_family = AF_INET6;
  out->ipv6.sin6_port = htons(static_cast<in_port_t>(port));
  // An unknown interface gives index 0, and bind then says EINVAL, as it does under net.Server.
  if (ip[length] == '%') out->ipv6.sin6_scope_id = if_nametoindex(ip + length + 1);
  out->size = sizeof(out->ipv6);
  return inet_pton(AF_INET6, digits, &out->ipv6.sin6_addr) == 1 ? 0 : -EINVAL;
}

int BindTcp(const ListenOptions& options, UniqueFd* out) {
  TcpAddress address;
  int error = ParseTcpAddress(options.ip, options.port, &address);
  if (error != 0) return error;
  UniqueFd fd;
  error = OpenSocket(address.any.sa_family, SOCK_STREAM, &fd);
  if (error != 0) return error;
  // So that a restarted primary gets its port while connections of the old one are still open or in
  // TIME_WAIT.
  const int on = 1;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) return -errno;
  if (address.any.sa_family == AF_INET6) {
    // Set both ways: the default is net.ipv6.bindv6only's to decide.
    const int only = options.ipv6_only ? 1 : 0;
    if (setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) != 0) return -errno;
  }
  if (bind(fd.get(), &address.any, address.size) != 0) return -errno;
  *out = std::move(fd);
  return 0;
}

}  // namespace

ListenResult ListenTcp(const ListenOptions& options) {
  UniqueFd fd;
  const int error = BindTcp(options, &fd);
  if (error != 0) return {UniqueFd(), error, options.ip};
  return StartListening(std::move(fd), options.backlog, options.ip);
}

ListenResult ListenAny(int port, bool ipv6_only, int backlog) {
  UniqueFd fd;
  const int error = BindTcp({"::", port, ipv6_only, backlog}, &fd);
  if (error == 0) return StartListening(std::move(fd), backlog, "::");
  if (error == -EADDRINUSE) return {UniqueFd(), error, "::"};
  // Any other failure falls back, not only a missing IPv6: so does net.Server, and so a forbidden
  // port is reported of '0.0.0.0'.
  return ListenTcp({"0.0.0.0", port, false, backlog});
}

// --- Unix ------------------------------------------------------------------------------------

namespace {

struct FileInfo {
  bool is_socket;
  int mode;  // permission bits
  UnixIdentity identity;
};

constexpr int kPermissions = 07777;

// Of `path` itself, should it be a symbolic link. 0 or -errno.
int Inspect(const char* path, FileInfo* out) {
#ifdef __GLIBC__
  // What lstat compiles to with glibc 2.33 and later, the prebuilt addon could not load with an
  // earlier one. (musl has had lstat always, and statx since 1.2.5.)
  struct statx info;
  const unsigned fields = STATX_TYPE | STATX_MODE | STATX_INO;
  if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, fields, &info) != 0) return -errno;
  *out = {S_ISSOCK(info.stx_mode),
          info.stx_mode & kPermissions,
          {makedev(info.stx_dev_major, info.stx_dev_minor), info.stx_ino}};
#else
  struct stat info;
  if (lstat(path, &info) != 0) return -errno;
  *out = {S_ISSOCK(info.st_mode),
          static_cast<int>(info.st_mode & kPermissions),
          {info.st_dev, info.st_ino}};
#endif
  return 0;
}

// True when nothing is bound to the path any more: a datagram socket cannot connect to a stream
// listener, and the kernel says so with EPROTOTYPE if a socket is bound there, with ECONNREFUSED if
// only its file is left. This sees a socket that is bound but does not listen yet, and a listener
// with a full backlog (ECONNREFUSED on macOS), as alive, and a live server sees no stray client.
// The stream probe after it is for kernels that refuse before they compare types.
bool IsAbandoned(const UnixAddress& address) {
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    UniqueFd probe;
    if (OpenSocket(AF_UNIX, type, &probe) != 0) return false;
    if (connect(probe.get(), address.any(), address.size) == 0) return false;
    if (errno != ECONNREFUSED) return false;
  }
  return true;
}

// True when it is worth binding again. The check and the unlink are two steps: of two primaries
// that find the same abandoned file at once, one could in theory remove what the other just bound.
bool RemoveAbandoned(const UnixAddress& address) {
#ifdef O_PATH
  // As long as it is held, a socket bound here meanwhile cannot get the same inode number.
  const UniqueFd pin(open(address.path, O_PATH | O_NOFOLLOW | O_CLOEXEC));
#endif
  FileInfo info = {};
  if (const int error = Inspect(address.path, &info); error != 0) return error == -ENOENT;
  if (!info.is_socket || !IsAbandoned(address)) return false;
  UnlinkIfOwned(address.path, info.identity);
  return true;
}

int BindUnix(int fd, const UnixAddress& address) {
  int error = bind(fd, address.any(), address.size) == 0 ? 0 : -errno;
  if (error == -EADDRINUSE && !address.is_abstract && RemoveAbandoned(address)) {
    error = bind(fd, address.any(), address.size) == 0 ? 0 : -errno;
  }
  // net.Server reports a missing directory as EACCES, for likeness with Windows.
  return error == -ENOENT ? -EACCES : error;
}

int ChangeMode(const char* path, int mode) {
  int result;
  do {
    result = chmod(path, static_cast<mode_t>(mode));
  } while (result != 0 && errno == EINTR);  // network file systems
  return result == 0 ? 0 : -errno;
}

// Between bind and listen every client is refused, so none gets in before the mode is right.
int FinishUnix(int fd, const UnixAddress& address, const UnixMode& mode, int backlog,
               UnixIdentity* identity) {
  if (!address.is_abstract) {
    FileInfo info = {};
    if (const int error = Inspect(address.path, &info); error != 0) return error;
    // Replaced already by someone else: neither ours to chmod nor to unlink.
    if (!info.is_socket) return -EADDRINUSE;
    *identity = info.identity;
    const int wanted = (mode.exact >= 0 ? mode.exact : info.mode) | mode.added;
    if (wanted != info.mode) {
      if (const int error = ChangeMode(address.path, wanted); error != 0) return error;
    }
  }
  return listen(fd, backlog) == 0 ? 0 : -errno;
}

}  // namespace

ListenUnixResult ListenUnix(const char* path, size_t length, const UnixMode& mode, int backlog) {
  ListenUnixResult result{UniqueFd(), 0, {0, 0}};
  UnixAddress address;
  result.error = ParseUnixAddress(path, length, &address);
  if (result.error != 0) return result;
  UniqueFd fd;
  result.error = OpenSocket(AF_UNIX, SOCK_STREAM, &fd);
  if (result.error != 0) return result;
  result.error = BindUnix(fd.get(), address);
  if (result.error != 0) return result;
  result.error = FinishUnix(fd.get(), address, mode, backlog, &result.identity);
  if (result.error != 0) {
    UnlinkIfOwned(address.path, result.identity);
    return result;
  }
  result.fd = std::move(fd);
  return result;
}

bool LeadsTo(const char* path, const UnixIdentity& identity) {
  FileInfo info = {};
  return identity.ino != 0 && Inspect(path, &info) == 0 && info.is_socket &&
         info.identity.dev == identity.dev && info.identity.ino == identity.ino;
}

// The path can change hands between the two calls; POSIX offers no unlink of an inode.
void UnlinkIfOwned(const char* path, const UnixIdentity& identity) {
  const int saved_errno = errno;
  if (LeadsTo(path, identity)) unlink(path);
  errno = saved_errno;
}

// --- Adopting --------------------------------------------------------------------------------

namespace {

bool IsPipe(int fd) {
#ifdef F_GETPIPE_SZ
  return fcntl(fd, F_GETPIPE_SZ) >= 0;
#else
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode);
#endif
}

// 0 if a worker can serve what this socket accepts: Node has handles for these and no others.
int CheckServable(int fd) {
  int type = 0;
  socklen_t size = sizeof(type);
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    // net.Server takes pipes for sockets until listen fails. Everything else that is not a socket,
    // a closed fd included, is EINVAL to it.
    return IsPipe(fd) ? -ENOTSOCK : -EINVAL;
  }
  if (type != SOCK_STREAM) return -EINVAL;
  sockaddr_storage address;
  size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -errno;
  const int family = address.ss_family;
  return family == AF_INET || family == AF_INET6 || family == AF_UNIX ? 0 : -EINVAL;
}

}  // namespace

bool IsListening(int fd) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

ListenResult AdoptListener(UniqueFd fd, int backlog) {
  int error = CheckServable(fd.get());
  if (error == 0) error = SetNonBlockingAndCloseOnExec(fd.get());
  if (error != 0) return {UniqueFd(), error};
  // Also one that listens: the backlog is where connections wait, and it may be shorter than that.
  return StartListening(std::move(fd), backlog, nullptr);
}

// --- Naming ----------------------------------------------------------------------------------

namespace {

void FormatIpv6(const sockaddr_in6& address, LocalAddress* out) {
  inet_ntop(AF_INET6, &address.sin6_addr, out->host, sizeof(out->host));
  if (!IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr)) return;
  char interface_name[IF_NAMESIZE];
  if (if_indextoname(address.sin6_scope_id, interface_name) == nullptr) return;
  const size_t length = strlen(out->host);
  snprintf(out->host + length, sizeof(out->host) - length, "%%%s", interface_name);
}

void FormatUnix(const sockaddr_un& address, socklen_t size, LocalAddress* out) {
  constexpr size_t kHeader = offsetof(sockaddr_un, sun_path);
  size_t length = size > kHeader ? size - kHeader : 0;
  // Linux counts a terminator that did not fit.
  if (length > kMaxUnixPath) length = kMaxUnixPath;
#ifdef __linux__
  const bool is_abstract = length > 0 && address.sun_path[0] == '\0';
#else
  const bool is_abstract = false;
#endif
  if (!is_abstract) length = strnlen(address.sun_path, length);
  memcpy(out->host, address.sun_path, length);
  out->path_length = length;
}

}  // namespace

int GetLocalAddress(int fd, LocalAddress* out) {
  memset(out, 0, sizeof(*out));
  union {
    sockaddr any;
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;
    sockaddr_un unix_path;
    sockaddr_storage room;
  } address;
  memset(&address, 0, sizeof(address));
  socklen_t size = sizeof(address);
  if (getsockname(fd, &address.any, &size) != 0) return -errno;
  switch (address.any.sa_family) {
    case AF_INET:
      out->family = 4;
      out->port = ntohs(address.ipv4.sin_port);
      inet_ntop(AF_INET, &address.ipv4.sin_addr, out->host, sizeof(out->host));
      return 0;
    case AF_INET6:
      out->family = 6;
      out->port = ntohs(address.ipv6.sin6_port);
      FormatIpv6(address.ipv6, out);
      return 0;
    case AF_UNIX:
      out->family = 1;
      FormatUnix(address.unix_path, size, out);
      return 0;
    default:
      return -EAFNOSUPPORT;
  }
}

}  // namespace rondo
