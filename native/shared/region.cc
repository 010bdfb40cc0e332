#include "shared/region.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#ifdef __linux__
#include <sys/random.h>

#include "base/memfd.h"
#endif

namespace rondo::shared {

namespace {

#ifdef __linux__

constexpr char kFileName[] = "rondo-shared";
// What readlink(2) says of a memfd of that name.
constexpr char kLinkName[] = "/memfd:rondo-shared (deleted)";

// As much as this process may make a file long. Beyond it ftruncate(2) raises SIGXFSZ.
uint64_t LargestSize() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kRegionSize;
  return std::min<uint64_t>(kRegionSize, limit.rlim_cur / kPage * kPage);
}

int FillRandom(void* data, size_t length) {
  // Up to 256 bytes come whole; EINTR is for larger ones.
  const ssize_t got = getrandom(data, length, 0);
  if (got < 0) return -errno;
  return static_cast<size_t>(got) == length ? 0 : -EIO;
}

int WriteHeader(int fd, const Token& token) {
  uint64_t key[2];
  const int result = FillRandom(key, sizeof(key));
  if (result < 0) return result;
  Mapping mapping;
  const int mapped = mapping.Map(fd, 0, kPage);
  if (mapped < 0) return mapped;
  Header* const header = mapping.At<Header>(0);
  header->version = kLayoutVersion;
  for (int i = 0; i < 2; i++) {
    header->token[i] = token.words[i];
    header->hash_key[i] = key[i];
  }
  header->magic = kMagic;
  return 0;
}

// The pid may be another process's by now, and opening another kind of file could wait or do
// something.
int CheckLink(const char* path) {
  char target[sizeof(kLinkName) + 1];
  const ssize_t length = readlink(path, target, sizeof(target));
  if (length < 0) return -errno;
  const size_t wanted = sizeof(kLinkName) - 1;
  const bool is_it =
      static_cast<size_t>(length) == wanted && memcmp(target, kLinkName, wanted) == 0;
  return is_it ? 0 : -ESRCH;
}

#endif

}  // namespace

Mapping::Mapping(Mapping&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  return *this;
}

Mapping::~Mapping() {
  if (memory_ != nullptr) munmap(memory_, size_);
}

int Mapping::Map(int fd, uint64_t offset, size_t size) {
  void* const memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(offset));
  if (memory == MAP_FAILED) return -errno;
#ifdef MADV_DONTDUMP
  // A core file of one process would have all that the others have in here, clients' keys included.
  madvise(memory, size, MADV_DONTDUMP);
#endif
  if (memory_ != nullptr) munmap(memory_, size_);
  memory_ = memory;
  size_ = size;
  return 0;
}

#ifdef __linux__

int Region::Create(UniqueFd* fd, Token* token) {
  UniqueFd file;
  const int opened = OpenMemfd(kFileName);
  if (opened < 0) return opened;
  file.Reset(opened);
  const uint64_t size = LargestSize();
  if (size <= kLargeAt) return -EFBIG;
  if (ftruncate(file.get(), static_cast<off_t>(size)) != 0) return -errno;
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (fcntl(file.get(), F_ADD_SEALS, seals) != 0) return -errno;
  int result = FillRandom(token->words, sizeof(token->words));
  if (result == 0) result = WriteHeader(file.get(), *token);
  if (result == 0) *fd = std::move(file);
  return result;
}

int Region::Open(const char* path, const Token& token, uint64_t* version) {
  int result = CheckLink(path);
  if (result < 0) return result;
  UniqueFd fd(open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return -errno;
  const off_t length = lseek(fd.get(), 0, SEEK_END);
  if (length < 0) return -errno;
  if (static_cast<uint64_t>(length) <= kLargeAt) return -ESRCH;
  Mapping mapping;
  result = mapping.Map(fd.get(), 0, kLargeAt);
  if (result < 0) return result;
  Header* const header = mapping.At<Header>(0);
  if (header->magic != kMagic) return -ESRCH;
  for (int i = 0; i < 2; i++) {
    if (header->token[i] != token.words[i]) return -ESRCH;
  }
  *version = header->version;
  if (*version != kLayoutVersion) return -EPROTO;
  hash_key_ = {header->hash_key[0], header->hash_key[1]};
  size_ = static_cast<uint64_t>(length);
  mapping_ = std::move(mapping);
  fd_ = std::move(fd);
  return 0;
}

#else

int Region::Create(UniqueFd*, Token*) { return -ENOSYS; }
int Region::Open(const char*, const Token&, uint64_t*) { return -ENOSYS; }

#endif

}  // namespace rondo::shared
