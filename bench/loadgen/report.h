// The result as one line of JSON on standard output, for the runner and for people with jq.
#ifndef RONDO_BENCH_LOADGEN_REPORT_H_
#define RONDO_BENCH_LOADGEN_REPORT_H_

#include "client.h"
#include "options.h"

namespace loadgen {

void PrintReport(const Options& options, Tally* tally, bool interrupted);

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_REPORT_H_
