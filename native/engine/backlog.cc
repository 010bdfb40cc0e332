#include "engine/backlog.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace rondo {

namespace {

// A second at one sample each 2 ms.
constexpr size_t kMostSamples = 512;

}  // namespace

BacklogLength MeasureBacklog(int listener) {
#ifdef __linux__
  tcp_info info = {};
  socklen_t size = sizeof(info);
  if (getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {0, 0};
  // Of a listening socket (tcp_get_info() of the kernel): its queue, and the queue's bound.
  return {info.tcpi_unacked, info.tcpi_sacked};
#else
  (void)listener;
  return {0, 0};
#endif
}

void BacklogAge::Note(uint64_t accepted, uint32_t length, uint64_t now_ns) {
  while (!samples_.empty() && samples_.front().come <= accepted) samples_.pop_front();
  const uint64_t come = accepted + length;
  const uint64_t known = samples_.empty() ? accepted : samples_.back().come;
  if (come <= known) return;
  // Full: what comes now is taken for as old as the last sample, and so turned away too early
  // rather than too late.
  if (samples_.size() == kMostSamples) {
    samples_.back().come = come;
  } else {
    samples_.push_back({come, now_ns});
  }
}

uint64_t BacklogAge::HeadAgeNs(uint64_t accepted, uint64_t now_ns) const {
  for (const Sample& sample : samples_) {
    if (sample.come > accepted) return now_ns - sample.at_ns;
  }
  return 0;
}

}  // namespace rondo
