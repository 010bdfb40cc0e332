// links: channel base
// The shared memory: that two mappings are one, that no worker can take it away, and what is no
// board.
#include "channel/scoreboard.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <string>

#include "support.h"
#include "tap.h"

namespace {

using rondo::Board;
using rondo::BoardMapping;
using rondo::BoardRow;
using rondo::HeartbeatAgeMs;
using rondo::HeartbeatNow;
using rondo::kMaxSlots;
using rondo::UniqueFd;
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
    if (strstr(line, "rondo-board") != nullptr) count++;
  }
  fclose(maps);
  return count;
#else
  return 0;
#endif
}

// A file of that size, unlinked.
UniqueFd FileOf(size_t size) {
  char path[] = "/tmp/rondo-board-test-XXXXXX";
  UniqueFd fd(mkstemp(path));
  unlink(path);
  if (ftruncate(fd.get(), static_cast<off_t>(size)) != 0) fd.Reset();
  return fd;
}

void TestLayout() {
  is(static_cast<long long>(offsetof(BoardRow, received)), 64,
     "what the two sides write is on two cache lines");
  is(static_cast<long long>(sizeof(Board)), 128 * 1024, "a board is 1024 rows");
  is(static_cast<long long>(sizeof(Board) % 4096), 0, "and ends with a page");
}

void TestCreate() {
  const int mappings_before = CountMappings();
  {
    BoardMapping board;
    ok(!board, "no board before it is made");
    UniqueFd fd;
    is(board.Create(&fd), 0, "a board is made");
    ok(board && fd, "and mapped");
    ok(support::IsCloseOnExec(fd.get()), "its fd is CLOEXEC");
    uint32_t sum = 0;
    for (uint32_t slot = 0; slot < kMaxSlots; slot++) {
      BoardRow* const row = board.row(slot);
      sum |= row->handed | row->wake | row->received | row->active | row->lost | row->heartbeat;
    }
    is(sum, 0, "all of it is zero");
  }
  is(CountMappings(), mappings_before, "it is unmapped at the end");

  const FdLimit limit(0);
  BoardMapping board;
  UniqueFd fd;
  is(board.Create(&fd), -EMFILE, "without an fd left there is no board");
  ok(!board && !fd, "and none is said to be");
}

void TestTwoMappings() {
  BoardMapping engine;
  UniqueFd fd;
  engine.Create(&fd);
  BoardMapping worker;
  is(worker.Map(fd.get()), 0, "a second mapping");
  fd.Reset();
  for (const uint32_t slot : {0u, 1u, kMaxSlots - 1}) {
    engine.row(slot)->handed = slot + 7;
    worker.row(slot)->received = slot + 5;
    const std::string name = "slot " + std::to_string(slot);
    is(worker.row(slot)->handed, slot + 7, name + ": the worker sees the engine's writes");
    is(engine.row(slot)->received, slot + 5, name + ": and the engine the worker's");
  }
  is(engine.row(2)->handed + engine.row(2)->received, 0, "other rows are as they were");
}

void TestTwoProcesses() {
  BoardMapping engine;
  UniqueFd fd;
  engine.Create(&fd);
  engine.row(3)->handed = 11;
  const int code = support::InChild([&fd] {
    BoardMapping worker;
    if (worker.Map(fd.get()) != 0) return 1;
    if (worker.row(3)->handed != 11) return 2;
    worker.row(3)->received.fetch_add(10);
    return 0;
  });
  is(code, 0, "another process sees the engine's writes");
  is(engine.row(3)->received, 10, "and the engine its writes");
}

void TestSeals() {
#ifdef F_GET_SEALS
  BoardMapping board;
  UniqueFd fd;
  board.Create(&fd);
  if (fcntl(fd.get(), F_GET_SEALS) < 0) return skip("seals", "no memfd here");
  for (const off_t size : {off_t{0}, off_t{4096}, off_t{1 << 20}}) {
    const int result = ftruncate(fd.get(), size) == 0 ? 0 : errno;
    is(result, EPERM, "a worker cannot make it " + std::to_string(size) + " bytes long");
  }
  is(fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE) == 0 ? 0 : errno, EPERM, "nor seal it");
  board.row(kMaxSlots - 1)->received = 1;
  is(board.row(kMaxSlots - 1)->received, 1, "so the last row can still be written");
#else
  skip("seals", "no memfd here");
#endif
}

void TestHeartbeat() {
  BoardMapping board;
  UniqueFd fd;
  board.Create(&fd);
  BoardRow* const row = board.row(0);
  is(HeartbeatAgeMs(*row, 0), -1, "a worker that shows nothing has no age");
  row->heartbeat = 7;
  is(HeartbeatAgeMs(*row, 7), -1, "nor has what the process before it left");

  const uint32_t start = HeartbeatNow();
  ok(start != 0, "a beat is never 0");
  row->heartbeat = start;
  const int64_t age = HeartbeatAgeMs(*row, 7);
  ok(age >= 0 && age <= static_cast<int64_t>(HeartbeatNow() - start), "a beat of now is young");
  row->heartbeat = start - 90'000;
  const int64_t old = HeartbeatAgeMs(*row, 7) - 90'000;
  ok(old >= 0 && old <= static_cast<int64_t>(HeartbeatNow() - start), "one of before is as old");
  usleep(2000);
  ok(HeartbeatNow() - start >= 2, "the clock counts milliseconds");
  for (const uint32_t nonsense : {1u, UINT32_MAX, start + 1'000'000, start + (1u << 31)}) {
    row->heartbeat = nonsense;
    const int64_t some = HeartbeatAgeMs(*row, 7);
    ok(some >= 0 && some <= UINT32_MAX, "nonsense has some age");
  }
}

void TestNoBoard() {
  const int fds_before = CountOpenFds();
  BoardMapping board;
  is(board.Map(FileOf(0).get()), -EINVAL, "an empty file");
  is(board.Map(FileOf(sizeof(Board) - 1).get()), -EINVAL, "one byte too small");
  is(board.Map(-1), -EBADF, "no fd");
  int ends[2];
  if (pipe(ends) != 0) return;
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  is(board.Map(reader.get()), -ESPIPE, "a pipe");
  is(board.Map(support::NewSocket().get()), -ESPIPE, "a socket");
  const UniqueFd directory(open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ok(board.Map(directory.get()) < 0, "a directory");
  const UniqueFd file = FileOf(sizeof(Board));
  const std::string name = "/dev/fd/" + std::to_string(file.get());
  const UniqueFd read_only(open(name.c_str(), O_RDONLY | O_CLOEXEC));
  is(board.Map(read_only.get()), -EACCES, "a file that cannot be written");
  ok(!board, "none of them is mapped");
  is(board.Map(file.get()), 0, "a file large enough");
  board.row(kMaxSlots - 1)->active = 1;
  uint32_t active = 0;
  const off_t at = (kMaxSlots - 1) * sizeof(BoardRow) + offsetof(BoardRow, active);
  ok(pread(file.get(), &active, sizeof(active), at) == sizeof(active), "its last row is in it");
  is(active, 1, "as it was written");
  is(CountOpenFds(), fds_before + 5, "mapping keeps no fd");
}

}  // namespace

int main() {
  const int fds_before = CountOpenFds();
  TestLayout();
  TestCreate();
  TestTwoMappings();
  TestTwoProcesses();
  TestSeals();
  TestHeartbeat();
  TestNoBoard();
  is(CountOpenFds(), fds_before, "no fd is left open");
  return tap::done();
}
