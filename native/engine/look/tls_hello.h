// The ClientHello of a TLS connection, read out of its first bytes (RFC 8446, 4.1.2; RFC 6066, 3;
// RFC 5077): the server name, the session id, and what a session is resumed by. It may be spread
// over several records. TLS is not ended here, and nothing is verified: what a client says is only
// used to choose where it goes.
//
// Bounded: a hello that is longer than kMostHelloBytes, its records' headers included, is complete
// there, without what is behind. Nothing is kept; what is returned points into the object.
#ifndef RONDO_ENGINE_LOOK_TLS_HELLO_H_
#define RONDO_ENGINE_LOOK_TLS_HELLO_H_

#include <stddef.h>
#include <stdint.h>

#include <string_view>

#include "engine/look/bytes.h"

namespace rondo {

constexpr size_t kMostHelloBytes = 8192;

class TlsHello {
 public:
  Reading Read(std::string_view bytes);

  // Each is empty if it is not there.
  std::string_view server_name() const { return server_name_; }
  // Of TLS 1.2 and before; in TLS 1.3 it is random, and new each time.
  std::string_view session_id() const { return session_id_; }
  // What names the session that is to be resumed: the first identity of `pre_shared_key`, or the
  // ticket of TLS 1.2.
  std::string_view ticket() const { return ticket_; }
  // Speaks TLS 1.3, or would.
  bool offers_tls13() const { return offers_tls13_; }

 private:
  class Cursor;

  void ReadExtension(uint16_t type, Cursor body);

  char hello_[kMostHelloBytes];  // put together from the records
  std::string_view server_name_;
  std::string_view session_id_;
  std::string_view ticket_;
  bool offers_tls13_ = false;
};

}  // namespace rondo

#endif  // RONDO_ENGINE_LOOK_TLS_HELLO_H_
