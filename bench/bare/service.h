// What a bare worker does with a connection: the handlers of ../handlers.mjs without Node. It knows
// as much of HTTP as the load generator asks for, which is the point: nothing can cost less.
#ifndef RONDO_BENCH_BARE_SERVICE_H_
#define RONDO_BENCH_BARE_SERVICE_H_

#include <string>
#include <string_view>

namespace bare {

enum class Handler { kStorm, kBusy, kHello, kMixed, kHandoff, kHold };

// False for a name that is none of HANDLERS in ../handlers.mjs.
bool ParseHandler(const std::string& name, Handler* handler);

class Service {
 public:
  // Replies name worker `index`.
  Service(Handler handler, int index);

  // Borrows `fd`, which must not block. Does all that can be done now; `input`, empty at first,
  // keeps what is there of a request that is not complete. False once the connection is to be
  // closed.
  bool Serve(int fd, std::string* input) const;

 private:
  bool Greet(int fd, std::string* input) const;
  bool Answer(int fd, std::string_view head) const;

  const Handler handler_;
  const std::string name_;
  std::string kept_reply_;   // those of the others
  std::string final_reply_;  // announces that the connection closes
};

}  // namespace bare

#endif  // RONDO_BENCH_BARE_SERVICE_H_
