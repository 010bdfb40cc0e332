// The frames of a channel: what the bytes beside the fds mean. Both ends run on one machine, so
// numbers are in its byte order. Whatever is read is checked before it is believed; a frame that
// does not parse ends the channel, never the process.
//
//   primary -> worker   connections (fds)   welcome (two fds)   state   ping   relieve
//   worker -> primary   hello   mapped   serving   credit   refused, then returned or released (fd)
//                       claim   unclaim
#ifndef RONDO_CHANNEL_FRAMES_H_
#define RONDO_CHANNEL_FRAMES_H_

#include <stddef.h>
#include <stdint.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/fd_passing.h"
#include "base/unique_fd.h"
#include "channel/glimpse.h"

namespace rondo {

// Raised whenever a frame or the scoreboard changes its meaning. A worker with another version says
// so and takes no connection.
constexpr uint32_t kProtocolVersion = 4;

constexpr size_t kMaxListeners = 256;
constexpr size_t kMaxBatch = 32;          // connections per frame
constexpr size_t kMaxFrame = 192 * 1024;  // below the default of net.core.wmem_default
constexpr size_t kMaxRefusals = 255;
constexpr size_t kMaxAbout = 1024;

enum class FrameType : uint8_t {
  kConnections = 1,
  kWelcome = 2,  // answers hello, again with another window: version, slot, window; the fds of the
                 // scoreboard's two pages
  kState = 3,    // what TypeScript tells every worker about the listeners (src/protocol.ts)
  kPing = 4,     // to a worker that has not read for long; answered with credit when it reads
  kRelieve = 5,  // it is asked to release so many idle connections

  kHello = 16,    // version: the receiver is open; again while it has no scoreboard
  kServing = 17,  // all the listener ids this worker serves from now on; none: it is drained
  kCredit = 18,   // the engine waits for room and the worker has received
  kRefused =
      19,  // announces one of the next two, so that the engine can make sure it has an fd left
  kReturned = 20,
  kReleased =
      22,        // it has served it, and it is idle: it may go to any worker when something arrives
  kMapped = 21,  // the worker has the scoreboard: connections may come
  kClaim = 23,   // a session is this worker's: what kind of key, and the key
  kUnclaim = 24,  // and no longer
};

// What a worker may claim. The number is a byte of the frame, and part of what is hashed.
enum class ClaimKind : uint8_t {
  kSession = 'i',  // what a cookie or a parameter of the query has, decoded
  kTicket = 't',   // with what the TLS session tickets of a worker begin: the name of its key
};

struct Claim {
  ClaimKind kind;
  std::string_view key;
};

constexpr size_t kMaxClaim = 1024;  // bytes of a key

// An accepted connection on its way. Owns the fd.
struct Connection {
  UniqueFd fd;
  uint16_t listener = 0;
  // Every other slot has refused it: the worker serves it or drops it, but does not send it back
  // because it is full. In a kReturned: not the worker's refusal, it may have it again.
  bool is_final = false;
  // Some worker has sent it back: it is counted there, and not again where it goes now.
  bool was_refused = false;
  // For the engine alone: it was to be this worker, by its policy or by the program.
  bool is_named = false;
  // For the engine alone: it has been served and comes back with its next request.
  bool is_moved = false;
  // It goes to a worker that does nothing, although it is another's turn.
  bool is_ahead = false;
  // CLOCK_MONOTONIC when it was accepted, or came back from a worker that had received it.
  uint64_t accepted_ns = 0;
  // For the engine alone: how long it was parked before it is handed off.
  uint64_t waited_ns = 0;
  std::vector<uint16_t> refused_by;  // slots, in order
  // What a PROXY header said of it (about.h), for the worker's end of TypeScript; at most
  // kMaxAbout. Empty: it had none.
  std::string about;
  // For the engine alone.
  Glimpse glimpse;

  // Whether it counts for the worker that it goes to.
  bool TakesTurn() const { return !was_refused && !is_ahead; }
};

// A connection that a worker has served and gives back between two requests.
struct Released {
  Connection connection;
  uint32_t idle_ms = 0;  // closed if nothing arrives for so long; 0: no limit
};

struct Welcome {
  uint32_t version;
  uint32_t slot;
  uint32_t window;
};

// Each sends one frame without blocking; fds stay the caller's. Return 0 or -errno.
int SendConnections(int socket, const Connection* connections, size_t count);
// `page_fds`: the engine's page, then the worker's.
int SendWelcome(int socket, const Welcome& welcome, const int page_fds[2]);
int SendState(int socket, const void* state, size_t length);
int SendHello(int socket);
int SendServing(int socket, const uint16_t* listeners, size_t count);
int SendSignal(int socket,
               FrameType type);  // kCredit, kPing, kRefused, kMapped: frames without a body
int SendReturned(int socket, const Connection& connection);
int SendReleased(int socket, const Connection& connection, uint32_t idle_ms);
int SendRelieve(int socket, uint32_t count);
int SendClaim(int socket, FrameType type, const Claim& claim);  // kClaim or kUnclaim

// One received frame. `body` points into the buffer it was read with.
struct Frame {
  FrameType type;
  uint8_t count;
  const char* body;
  size_t length;
  UniqueFd fds[kMaxBatch];
  size_t fd_count;
};

enum class ReadResult {
  kFrame,
  kEmpty,    // nothing waits
  kEnd,      // the other end is closed
  kBroken,   // not a frame of this protocol
  kFdsLost,  // a frame whose fds the kernel could not install; type and count are valid
  kError,    // `*error` is -errno
};

// Reads one frame with its fds. `buffer` has kMaxFrame bytes.
ReadResult ReadFrame(int socket, char* buffer, Frame* frame, int* error);
// The same with no room for fds: cheaper, and the kernel closes what fds come unexpected.
ReadResult ReadFrameWithoutFds(int socket, char* buffer, Frame* frame, int* error);

// The listeners of a kConnections frame whose fds were lost. False if the frame does not parse.
bool ParseListeners(const Frame& frame, std::vector<uint16_t>* out);
// Moves the connections of a kConnections or kReturned frame to the end of `out`. False if the
// frame does not parse; then its fds stay in the frame and `out` is unchanged.
bool ParseConnections(Frame* frame, std::vector<Connection>* out);
// Likewise the one of a kReleased frame.
bool ParseReleased(Frame* frame, Released* out);
bool ParseRelieve(const Frame& frame, uint32_t* count);
bool ParseWelcome(const Frame& frame, Welcome* out);
bool ParseHello(const Frame& frame, uint32_t* version);
bool ParseServing(const Frame& frame, std::vector<uint16_t>* listeners);
// The key points into the frame's body.
bool ParseClaim(const Frame& frame, Claim* out);

}  // namespace rondo

#endif  // RONDO_CHANNEL_FRAMES_H_
