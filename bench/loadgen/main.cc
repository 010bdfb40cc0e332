// The benchmark's load generator: connections to a server on this machine, bounded in count and
// time, over many source addresses so that ports do not run out. It checks every reply, keeps
// every latency, and prints one line of JSON. See ../README.md for what the figures mean.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "client.h"
#include "input.h"
#include "options.h"
#include "report.h"

namespace {

volatile sig_atomic_t interrupted = 0;

void OnSignal(int) { interrupted = 1; }

void CatchSignals() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// Room for every connection at once, so that the limit met is the server's and not this program's.
void RaiseFdLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  loadgen::Options options;
  std::string error;
  if (!loadgen::ParseOptions(argc, argv, &options, &error)) {
    fprintf(stderr, "loadgen: %s\n%s", error.c_str(), loadgen::Usage());
    return 2;
  }
  CatchSignals();
  RaiseFdLimit();

  loadgen::Client client(options);
  const int result = client.Run(&interrupted);
  if (options.mode == loadgen::Mode::kHold && !interrupted) {
    loadgen::SayHeld();
    loadgen::WaitForEndOfInput(options.seconds);
    client.LookAtHeld();
  }
  if (result < 0) fprintf(stderr, "loadgen: %s\n", strerror(-result));
  loadgen::PrintReport(options, &client.tally(), interrupted != 0);
  return result < 0 ? 1 : 0;
}
