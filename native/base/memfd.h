// Files that are only memory: of no name in any file system, and gone with their last user.
#ifndef RONDO_BASE_MEMFD_H_
#define RONDO_BASE_MEMFD_H_

#include <errno.h>
#include <sys/mman.h>

namespace rondo {

#ifdef MFD_ALLOW_SEALING

// MFD_NOEXEC_SEAL of Linux 6.3, which older headers lack: nobody can make the file executable.
// Before 6.6 nothing else was allowed where vm.memfd_noexec is 2.
constexpr unsigned kNoExecSeal = 0x0008;

// An fd, CLOEXEC, of a file that can be sealed; or -errno.
inline int OpenMemfd(const char* name) {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = memfd_create(name, kFlags | kNoExecSeal);
  if (fd < 0 && errno == EINVAL) fd = memfd_create(name, kFlags);
  return fd < 0 ? -errno : fd;
}

#endif

}  // namespace rondo

#endif  // RONDO_BASE_MEMFD_H_
