// links: base/loop.cc base/fd_passing.cc
// flags: -DRONDO_LOOP_POLL
// The loop as it is where there is no epoll(7).
#include "loop_test.cc"
