// links: shared
// The region and its process table: what is opened and what is not, that a cell is its process's
// until that ends, however it does, and SipHash against the vectors of its authors.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <string>
#include <vector>

#include "shared/region.h"
#include "shared_process.h"
#include "support.h"
#include "tap.h"

namespace {

using rondo::UniqueFd;
using rondo::shared::Hash;
using rondo::shared::HashKey;
using rondo::shared::Header;
using rondo::shared::kCells;
using rondo::shared::kLargeAt;
using rondo::shared::Mapping;
using rondo::shared::Owner;
using rondo::shared::Region;
using rondo::shared::SipHash128;
using rondo::shared::Token;
using shared_test::Memory;
using shared_test::Process;
using support::CountOpenFds;
using support::InChild;
using tap::is;
using tap::ok;
using tap::skip;

std::string Hex(const Hash& hash) {
  char text[40];
  size_t at = 0;
  for (const uint64_t word : {hash.lo, hash.hi}) {
    for (int i = 0; i < 8; i++) {
      at += static_cast<size_t>(snprintf(text + at, sizeof(text) - at, "%02x",
                                         static_cast<unsigned>(word >> (8 * i) & 0xff)));
    }
  }
  return text;
}

void TestHash() {
  const HashKey key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  unsigned char input[64];
  for (unsigned i = 0; i < sizeof(input); i++) input[i] = static_cast<unsigned char>(i);
  is(Hex(SipHash128(key, input, 0)), "a3817f04ba25a8e66df67214c7550293", "the hash of no byte");
  is(Hex(SipHash128(key, input, 1)), "da87c1d86b99af44347659119b22fc45", "of one");
  is(Hex(SipHash128(key, input, 63)), "5150d1772f50834a503e069a973fbd7c", "of 63");
}

int OpenError(const std::string& path, const Token& token) {
  Region region;
  uint64_t version = 0;
  return region.Open(path.c_str(), token, &version);
}

void TestOpen() {
  const int fds_before = CountOpenFds();
  {
    Memory memory;
    is(memory.error, 0, "a region is made");
    ok(support::IsCloseOnExec(memory.fd.get()), "its fd is CLOEXEC");
    Process process(memory);
    is(process.error, 0, "and opened");
    ok(support::IsCloseOnExec(process.region.fd()), "as is the fd of that");
    is(CountOpenFds(), fds_before + 2, "two fds");

    Token other = memory.token;
    other.words[1]++;
    is(OpenError(memory.Path(), other), -ESRCH, "the token of another");
    is(OpenError("/proc/self/fd/999", memory.token), -ENOENT, "an fd that is not open");
    is(OpenError("/proc/999999999/fd/3", memory.token), -ENOENT, "a process that is gone");
    int ends[2];
    if (pipe(ends) != 0) return;
    const UniqueFd reader(ends[0]);
    const UniqueFd writer(ends[1]);
    const std::string pipe_path = "/proc/self/fd/" + std::to_string(reader.get());
    is(OpenError(pipe_path, memory.token), -ESRCH, "another file, which is not opened at all");

    Region region;
    uint64_t version = 0;
    process.region.header()->version = 99;
    is(region.Open(memory.Path().c_str(), memory.token, &version), -EPROTO, "another layout");
    is(version, 99, "and which");
    ok(ftruncate(memory.fd.get(), 0) != 0 && errno == EPERM, "nobody can make it shorter");
  }
  is(CountOpenFds(), fds_before, "no fd is left open");
}

void TestRightsAndLimits() {
  Memory memory;
  if (geteuid() != 0) {
    skip("another user cannot open it", "only root can be another");
  } else {
    const int code = InChild([&memory] {
      if (setuid(65'534) != 0) return 1;
      return OpenError(memory.Path(), memory.token) == -EACCES ? 0 : 2;
    });
    is(code, 0, "another user cannot open it");
  }
  for (const rlim_t limit : {rlim_t{1000}, rlim_t{kLargeAt}, rlim_t{kLargeAt + (1 << 20)}}) {
    const int code = InChild([limit] {
      const rlimit lowered = {limit, limit};
      setrlimit(RLIMIT_FSIZE, &lowered);
      Memory small;
      if (small.error != 0) return small.error == -EFBIG ? 1 : 2;
      return Process(small).error == 0 ? 0 : 3;
    });
    is(code, limit > kLargeAt ? 0 : 1, "RLIMIT_FSIZE " + std::to_string(limit) + " is heeded");
  }
}

// A child that has a cell, and waits.
pid_t StartChild(const Memory& memory, int seat) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    Process process(memory, seat);
    if (process.error != 0) _exit(1);
    if (write(ends[1], "", 1) != 1) _exit(1);
    for (;;) pause();
  }
  close(ends[1]);
  char byte;
  const bool is_up = read(ends[0], &byte, 1) == 1;
  close(ends[0]);
  return is_up ? child : -1;
}

void End(pid_t child) {
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
}

void TestCells() {
  Memory memory;
  Process own(memory, 7);
  is(own.cells.index(), 0, "the first has the first cell");
  const Owner self = own.cells.Look(0);
  ok(self.is_alive && self.pid == getpid() && self.seat == 7, "and knows itself");

  const pid_t child = StartChild(memory, 3);
  Owner other = own.cells.Look(1);
  ok(other.is_alive && other.pid == child && other.seat == 3, "another process has the next");
  kill(child, SIGSTOP);
  ok(own.cells.Look(1).is_alive, "also when it is stopped");
  End(child);
  other = own.cells.Look(1);
  ok(!other.is_alive && other.pid == child, "one that is killed does not live");
  ok(own.cells.Look(0).is_alive, "and the others do");

  {
    Process next(memory);
    is(next.cells.index(), 1, "the next one has its cell");
    ok(next.cells.generation() == other.generation + 1, "as another generation");
    is(own.cells.Look(1).seat, -1, "which has no seat");
    Process third(memory);
    is(third.cells.index(), 2, "a third has a third");
    is(own.cells.used(), 3, "three are in use");
  }
  ok(!own.cells.Look(1).is_alive && !own.cells.Look(2).is_alive, "those that end give them up");
}

void TestMostCells() {
  if (!support::AllowFds(kCells + 100)) return skip("all cells", "too few fds are allowed");
  Memory memory;
  std::vector<std::unique_ptr<Process>> processes;
  for (size_t i = 0; i < kCells; i++) processes.push_back(std::make_unique<Process>(memory));
  is(processes.back()->error, 0, "there are cells for 1024");
  is(Process(memory).error, -ENOSPC, "and no more");
  processes[500].reset();
  Process next(memory);
  ok(next.error == 0 && next.cells.index() == 500, "until one ends");
}

}  // namespace

int main() {
  TestHash();
  TestOpen();
  TestRightsAndLimits();
  TestCells();
  TestMostCells();
  return tap::done();
}
