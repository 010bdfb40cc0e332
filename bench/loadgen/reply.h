// Is a reply right, and which worker sent it? A connection counts only if both can be answered.
#ifndef RONDO_BENCH_LOADGEN_REPLY_H_
#define RONDO_BENCH_LOADGEN_REPLY_H_

#include <cstddef>
#include <string_view>

namespace loadgen {

constexpr size_t kMaxReplyBytes = 64 * 1024;

// The complete reply of a storm server is one line whose first word names the worker: "w3\n".
// Returns that word, a view into `reply`, or an empty view if the reply is wrong.
std::string_view WorkerOfLine(std::string_view reply);

// The complete reply of an HTTP server: status 200, an X-Worker header, and a body as long as
// Content-Length says. Returns the worker, a view into `reply`, or an empty view.
std::string_view WorkerOfHttp(std::string_view reply);

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_REPLY_H_
