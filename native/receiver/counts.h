// What a worker counts of its connections on the scoreboard, for the engine to read: received, lost
// and over. All of it on the loop's thread, where JavaScript counts those that are over itself.
#ifndef RONDO_RECEIVER_COUNTS_H_
#define RONDO_RECEIVER_COUNTS_H_

#include <stddef.h>
#include <stdint.h>

#include <memory>
#include <vector>

#include "channel/scoreboard.h"

namespace rondo {

class Counts {
 public:
  // Maps both pages, whose fds are borrowed. 0 or -errno. Until it has succeeded there is nothing
  // to count with: Announced() is 0, CountEnded() does nothing, and the others must not be called.
  int Map(int engine_fd, int worker_fd);
  // Stays mapped for as long as anybody has it; null before Map().
  const std::shared_ptr<PageMapping<WorkerPage>>& page() const { return page_; }

  // How many connections the engine says have been handed off and not been received.
  uint32_t Announced() const;

  // True: the engine waits for that, and credit must be sent.
  bool CountReceived(size_t count);
  // Behind CountReceived(), as all that follow: the engine never sees more over than received.
  void CountLost(const std::vector<uint16_t>& listeners);
  void CountEnded(uint16_t listener);
  // Before its frame is sent, so that whoever is answered later finds it counted.
  void CountClaim();
  // At the end of each turn of the loop, in which JavaScript may have counted. True as for
  // CountReceived(): something is over, and the engine waits for that.
  bool NoteEnded();

 private:
  PageMapping<EnginePage> engine_page_;
  std::shared_ptr<PageMapping<WorkerPage>> page_;
  static bool Answers(const std::atomic<uint32_t>& wish, uint32_t* answered);

  uint32_t answered_wake_ = 0;
  uint32_t answered_wake_ended_ = 0;
  uint32_t noted_ended_ = 0;
  uint32_t claims_ = 0;
};

}  // namespace rondo

#endif  // RONDO_RECEIVER_COUNTS_H_
