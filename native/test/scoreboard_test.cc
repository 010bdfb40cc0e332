// links: channel base
// The shared memory: that two mappings are one, that a worker can neither write the engine's page
// nor take its own away, and what is no page.
#include "channel/scoreboard.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <string>
#include <utility>

#include "support.h"
#include "tap.h"

namespace {

using rondo::EnginePage;
using rondo::HeartbeatAgeMs;
using rondo::HeartbeatNow;
using rondo::kEndedFields;
using rondo::kMaxListeners;
using rondo::PageMapping;
using rondo::Scoreboard;
using rondo::UniqueFd;
using rondo::WorkerPage;
using support::CountOpenFds;
using support::FdLimit;
using tap::is;
using tap::ok;
using tap::skip;

int CountMappings() {
#ifdef __linux__
  FILE* const maps = fopen("/proc/self/maps", "re");
  int count = 0;
  char line[1024];
  while (fgets(line, sizeof(line), maps) != nullptr) {
    if (strstr(line, "rondo-scoreboard") != nullptr) count++;
  }
  fclose(maps);
  return count;
#else
  return 0;
#endif
}

// A file of that size, unlinked.
UniqueFd FileOf(size_t size) {
  char path[] = "/tmp/rondo-scoreboard-test-XXXXXX";
  UniqueFd fd(mkstemp(path));
  unlink(path);
  if (ftruncate(fd.get(), static_cast<off_t>(size)) != 0) fd.Reset();
  return fd;
}

// A worker that has what the welcome brings.
struct Worker {
  PageMapping<EnginePage> engine;
  PageMapping<WorkerPage> own;

  int Map(const Scoreboard& board) {
    const int result = engine.Map(board.engine_fd.get(), false);
    return result < 0 ? result : own.Map(board.worker_fd.get(), true);
  }
};

bool AreZero(const void* memory, size_t length) {
  const char* const bytes = static_cast<const char*>(memory);
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

void TestCreate() {
  const int mappings_before = CountMappings();
  {
    Scoreboard board;
    ok(!board.engine && !board.worker && !board.engine_fd, "no page before they are made");
    is(board.Create(), 0, "both are made");
    ok(board.engine && board.worker && board.engine_fd && board.worker_fd, "and mapped");
    ok(support::IsCloseOnExec(board.engine_fd.get()) &&
           support::IsCloseOnExec(board.worker_fd.get()),
       "their fds are CLOEXEC");
    ok(AreZero(board.engine.get(), sizeof(EnginePage)) &&
           AreZero(board.worker.get(), sizeof(WorkerPage)),
       "all of them is zero");
    const Scoreboard moved = std::move(board);
    ok(moved.engine && !board.engine && !board.worker_fd, "they can be moved");
  }
  is(CountMappings(), mappings_before, "they are unmapped at the end");

  for (const int free : {0, 1}) {
    const int fds_before = CountOpenFds();
    {
      const FdLimit limit(free);
      Scoreboard board;
      is(board.Create(), -EMFILE, std::to_string(free) + " fds left: there is none");
    }
    is(CountOpenFds(), fds_before, "and no fd is kept");
  }
  is(CountMappings(), mappings_before, "nor a mapping");
}

void TestTwoMappings() {
  Scoreboard board;
  board.Create();
  Worker worker;
  is(worker.Map(board), 0, "a worker's mappings");
  board.engine_fd.Reset();
  board.worker_fd.Reset();
  board.engine->handed = 7;
  worker.own->received = 5;
  is(worker.engine->handed, 7, "the worker sees the engine's writes");
  is(board.worker->received, 5, "and the engine the worker's");
  // As JavaScript does it.
  uint32_t* const ended = reinterpret_cast<uint32_t*>(&worker.own->ended);
  ended[0] = 3;
  ended[kEndedFields - 1] = 2;
  is(board.worker->ended, 3, "numbers written as an array are the fields");
  is(board.worker->ended_of[kMaxListeners - 1], 2, "to the last of them");
  worker.own->delay_us = 1;
  is(board.worker->ended, 3, "and no others");
}

void TestTwoProcesses() {
  Scoreboard board;
  board.Create();
  board.engine->handed = 11;
  const int code = support::InChild([&board] {
    Worker worker;
    if (worker.Map(board) != 0) return 1;
    if (worker.engine->handed != 11) return 2;
    worker.own->received.fetch_add(10);
    return 0;
  });
  is(code, 0, "another process sees the engine's writes");
  is(board.worker->received, 10, "and the engine its writes");
}

#ifdef F_GET_SEALS

int MapWritable(int fd) {
  void* const memory = mmap(nullptr, 64, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return -errno;
  munmap(memory, 64);
  return 0;
}

// All that a worker can try with the fds it has.
void TestSeals() {
  Scoreboard board;
  board.Create();
  if (fcntl(board.engine_fd.get(), F_GET_SEALS) < 0) return skip("seals", "no memfd here");
  for (const int fd : {board.engine_fd.get(), board.worker_fd.get()}) {
    for (const off_t size : {off_t{0}, off_t{1}, off_t{1 << 20}}) {
      const int result = ftruncate(fd, size) == 0 ? 0 : errno;
      is(result, EPERM, "a worker cannot make a page " + std::to_string(size) + " bytes long");
    }
    const int sealed = fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0 ? 0 : errno;
    is(sealed, EPERM, "nor seal it");
  }

  const int fd = board.engine_fd.get();
  board.engine->handed = 5;
  constexpr int kFutureWrite = 0x0010;  // F_SEAL_FUTURE_WRITE
  if ((fcntl(fd, F_GET_SEALS) & kFutureWrite) == 0) {
    return skip("the engine's page is read-only", "the kernel is older than 5.1");
  }
  const uint32_t number = 1;
  is(pwrite(fd, &number, sizeof(number), 0) < 0 ? errno : 0, EPERM, "it cannot write the engine's");
  is(MapWritable(fd), -EPERM, "nor map it so that it could");
  const std::string name = "/proc/self/fd/" + std::to_string(fd);
  const UniqueFd reopened(open(name.c_str(), O_RDWR | O_CLOEXEC));
  ok(!reopened || MapWritable(reopened.get()) == -EPERM, "nor when it opens it once more");
  const int hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  is(fallocate(fd, hole, 0, 4096) < 0 ? errno : 0, EPERM, "nor make zeroes of it");
  Worker worker;
  is(worker.Map(board), 0, "(it maps both)");
  is(mprotect(worker.engine.get(), 4096, PROT_READ | PROT_WRITE) < 0 ? errno : 0, EACCES,
     "nor make its mapping writable");
  is(board.engine->handed, 5, "the page is as it was");
  board.engine->handed = 6;
  is(worker.engine->handed, 6, "and the engine can still write it");
  is(MapWritable(board.worker_fd.get()), 0, "its own a worker maps writable");
}

// A page that was taken away would be SIGBUS for whoever reads it.
void TestHole() {
  Scoreboard board;
  board.Create();
  if (fcntl(board.worker_fd.get(), F_GET_SEALS) < 0) return skip("a hole", "no memfd here");
  Worker worker;
  worker.Map(board);
  worker.own->received = 9;
  const int hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  is(fallocate(board.worker_fd.get(), hole, 0, 4096), 0, "a worker can punch a hole in its own");
  is(board.worker->received, 0, "which then reads as zeroes");
  const int code = support::InChild([&worker] {
    worker.own->received = 1;
    return 0;
  });
  is(code, 0, "and can be written");
  is(board.worker->received, 1, "by whoever has it mapped");
}

// In processes that may have no file in memory that could be executed (vm.memfd_noexec).
void TestNoExec() {
  constexpr int kSkipped = 77;
  const std::string name = "a scoreboard where no memory may be executed";
  const int code = support::InChild([] {
    // The setting is one of each namespace of processes.
    if (unshare(CLONE_NEWPID) != 0) return kSkipped;
    return support::InChild([] {
      const UniqueFd setting(open("/proc/sys/vm/memfd_noexec", O_WRONLY | O_CLOEXEC));
      if (!setting || getpid() != 1 || write(setting.get(), "2", 1) != 1) return kSkipped;
      Scoreboard board;
      return -board.Create();
    });
  });
  if (code == kSkipped) return skip(name, "cannot be forbidden here");
  is(code, 0, name);
}

#else
void TestSeals() { skip("seals", "no memfd here"); }
void TestHole() { skip("a hole", "no memfd here"); }
void TestNoExec() {}
#endif

void TestHeartbeat() {
  WorkerPage page = {};
  is(HeartbeatAgeMs(page), -1, "a worker that shows nothing has no age");
  const uint32_t start = HeartbeatNow();
  ok(start != 0, "a beat is never 0");
  page.heartbeat = start;
  const int64_t age = HeartbeatAgeMs(page);
  ok(age >= 0 && age <= static_cast<int64_t>(HeartbeatNow() - start), "a beat of now is young");
  page.heartbeat = start - 90'000;
  const int64_t old = HeartbeatAgeMs(page) - 90'000;
  ok(old >= 0 && old <= static_cast<int64_t>(HeartbeatNow() - start), "one of before is as old");
  usleep(2000);
  ok(HeartbeatNow() - start >= 2, "the clock counts milliseconds");
  for (const uint32_t nonsense : {1u, UINT32_MAX, start + 1'000'000, start + (1u << 31)}) {
    page.heartbeat = nonsense;
    const int64_t some = HeartbeatAgeMs(page);
    ok(some >= 0 && some <= UINT32_MAX, "nonsense has some age");
  }
}

void TestNoPage() {
  const int fds_before = CountOpenFds();
  PageMapping<WorkerPage> page;
  is(page.Map(FileOf(0).get(), true), -EINVAL, "an empty file");
  is(page.Map(FileOf(sizeof(WorkerPage) - 1).get(), true), -EINVAL, "one byte too small");
  is(page.Map(-1, true), -EBADF, "no fd");
  int ends[2];
  if (pipe(ends) != 0) return;
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  is(page.Map(reader.get(), true), -ESPIPE, "a pipe");
  is(page.Map(support::NewSocket().get(), true), -ESPIPE, "a socket");
  const UniqueFd directory(open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ok(page.Map(directory.get(), true) < 0, "a directory");
  const UniqueFd file = FileOf(sizeof(WorkerPage));
  const std::string name = "/dev/fd/" + std::to_string(file.get());
  const UniqueFd read_only(open(name.c_str(), O_RDONLY | O_CLOEXEC));
  is(page.Map(read_only.get(), true), -EACCES, "a file that cannot be written");
  ok(!page, "none of them is mapped");
  is(page.Map(read_only.get(), false), 0, "it can be mapped to be read");
  is(page.Map(file.get(), true), 0, "a file large enough, in place of what was mapped");
  page->ended_of[kMaxListeners - 1] = 7;
  uint32_t last = 0;
  const off_t at = offsetof(WorkerPage, ended_of) + (kMaxListeners - 1) * sizeof(last);
  ok(pread(file.get(), &last, sizeof(last), at) == sizeof(last), "its last number is in it");
  is(last, 7, "as it was written");
  is(page.Map(-1, true), -EBADF, "when another mapping fails");
  ok(page && page->ended_of[kMaxListeners - 1] == 7, "the one that is there stays");
  is(CountOpenFds(), fds_before + 5, "mapping keeps no fd");
}

}  // namespace

int main() {
  const int fds_before = CountOpenFds();
  TestCreate();
  TestTwoMappings();
  TestTwoProcesses();
  TestSeals();
  TestHole();
  TestNoExec();
  TestHeartbeat();
  TestNoPage();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
