// How much of a reply is there, is it right, and which worker sent it? A request counts only if all
// three can be answered.
#ifndef RONDO_BENCH_LOADGEN_REPLY_H_
#define RONDO_BENCH_LOADGEN_REPLY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loadgen {

constexpr size_t kMaxReplyBytes = 64 * 1024;

struct Reply {
  enum class Extent {
    kIncomplete,  // more must come
    kComplete,    // all there, by its own account
    kUntilClose,  // all there if the server closes now
    kWrong,       // whatever may come, it will not be right
  };
  Extent extent = Extent::kIncomplete;
  std::string_view worker;       // a view into the bytes; empty if the reply is not right
  int64_t received_ns = 0;       // when the worker had the connection, if it says so
  bool announces_close = false;  // by `Connection: close`
};

// The reply of a storm server is one line whose first word names the worker: "w3\n". A second one
// is the worker's monotonic clock in nanoseconds when it had the connection: "w3 81273645123\n".
Reply ReadLine(std::string_view bytes);

// The reply of an HTTP server: status 200, an X-Worker header, and a body as long as Content-Length
// says, or until the server closes. Chunked bodies are not read: they are wrong.
Reply ReadHttp(std::string_view bytes);

}  // namespace loadgen

#endif  // RONDO_BENCH_LOADGEN_REPLY_H_
