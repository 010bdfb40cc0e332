// The head of an HTTP/1 request, read out of the first bytes of a connection: the request line and
// the headers by which connections are dealt. It reads what is there and judges nothing: whether
// the request is a good one is for the worker's parser to say. The names and the grammar are those
// of RFC 9112 and RFC 6265.
//
// Nothing is copied or kept: all that is returned points into the bytes. A head that is longer than
// kMostHeadBytes is complete there, without what is behind.
#ifndef RONDO_ENGINE_LOOK_HTTP_HEAD_H_
#define RONDO_ENGINE_LOOK_HTTP_HEAD_H_

#include <stddef.h>

#include <string_view>

#include "engine/look/bytes.h"

namespace rondo {

constexpr size_t kMostHeadBytes = 8192;

class HttpHead {
 public:
  // Borrows `bytes`, for as long as something is asked. kComplete: the head ends in them, or the
  // bound is reached. At kMore, too, what has come can be asked for.
  Reading Read(std::string_view bytes);

  std::string_view target() const { return target_; }
  // Each is empty if it is not there, or not whole yet. As it stands there: see DecodePercent().
  std::string_view Query(std::string_view name) const;
  std::string_view Cookie(std::string_view name) const;
  // Without its port, in the case it was sent in.
  std::string_view Host() const;
  // The first address of X-Forwarded-For: the client, as the first proxy has seen it. Without a
  // port, and without the brackets of IPv6.
  std::string_view ForwardedFor() const;

 private:
  // Calls `visit(value)` for each header of that name until it returns true.
  template <typename Visit>
  void ForEach(std::string_view name, Visit visit) const;

  std::string_view target_;
  std::string_view headers_;  // whole lines, without the empty one
};

// Undoes %XX, and with `plus_is_blank` (in a query) '+'; what is no escape stays. The number of
// bytes written: at most `size`, and the rest is left out.
size_t DecodePercent(std::string_view text, bool plus_is_blank, char* out, size_t size);

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_HTTP_HEAD_H_
