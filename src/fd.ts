/**
 * The raw mechanism, usable by itself: file descriptors between processes over a UNIX socket.
 * Linux and macOS; where the addon cannot be loaded every function throws
 * `ERR_RONDO_NATIVE_MISSING`.
 *
 * @module rondo/fd
 */

import { constants } from 'node:os';
import { invalidOption, RondoError, systemError } from './errors.js';
import { loadNative, type Native } from './native/index.js';

/** The most file descriptors in one message: SCM_MAX_FD of Linux. */
export const MAX_FDS = 253;

/** The largest payload {@link recvFds} takes. */
export const MAX_PAYLOAD = 65_536;

const NO_PAYLOAD = new Uint8Array(1);
const WOULD_BLOCK = new Set([-constants.errno.EAGAIN, -constants.errno.EWOULDBLOCK]);

/** One for all messages, which are copied out of it: as much for each would cost more than receiving it. */
let buffer: Buffer | undefined;

/** One received message. */
export interface ReceivedMessage {
  /** The file descriptors, close-on-exec, the caller's to close. */
  fds: number[];
  /** The bytes that came with them. Empty, without fds: the other end is closed. */
  payload: Buffer;
}

/**
 * A connected pair of UNIX sockets that keep message boundaries (`SOCK_SEQPACKET`; on macOS
 * `SOCK_DGRAM`), non-blocking and close-on-exec. Give one end to a child process through `stdio`.
 * See socketpair(2). Throws a system error (`EMFILE`, …).
 */
export function socketpair(): [number, number] {
  const pair = native().socketpair();
  if (typeof pair === 'number') throw systemError(pair, 'socketpair');
  return pair;
}

/**
 * Sends one message with up to 253 file descriptors, which stay open here: close them if they are
 * not needed any more. All or nothing.
 *
 * @param payload - 1 to 65,536 bytes that go with them; default a single zero byte.
 * @returns The bytes sent, or 0 if the channel is full: try again later.
 *
 * Throws `ERR_RONDO_INVALID_OPTION`, or a system error: `EPIPE` if the other end is closed, `EBADF`,
 * `EMSGSIZE`, and `ETOOMANYREFS` if the user has more fds in flight than RLIMIT_NOFILE (unix(7)).
 */
export function sendFds(
  socket: number,
  fds: readonly number[],
  payload: Uint8Array = NO_PAYLOAD,
): number {
  checkFd('socket', socket);
  if (!Array.isArray(fds) || fds.length > MAX_FDS) {
    throw invalidOption('fds', `an array of at most ${MAX_FDS} file descriptors`, fds);
  }
  for (const fd of fds) checkFd('fds', fd);
  if (!(payload instanceof Uint8Array) || payload.length < 1 || payload.length > MAX_PAYLOAD) {
    throw invalidOption('payload', `a Uint8Array of 1 to ${MAX_PAYLOAD} bytes`, payload);
  }
  const sent = native().sendFds(socket, [...fds], payload);
  return sent < 0 ? orWouldBlock(sent, 'sendmsg', 0) : sent;
}

/**
 * Receives one message.
 *
 * @param max - The most file descriptors to take, default 253. If the message has more, or the
 * process cannot have as many (RLIMIT_NOFILE), all of them are closed and `ERR_RONDO_FDS_LOST` is
 * thrown.
 * @returns The message, or null if there is none: try again when the socket is readable.
 *
 * Throws `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_FDS_LOST`, or a system error (`EBADF`,
 * `ENOTSOCK`, …).
 */
export function recvFds(socket: number, max: number = MAX_FDS): ReceivedMessage | null {
  checkFd('socket', socket);
  if (!Number.isInteger(max) || max < 0 || max > MAX_FDS) {
    throw invalidOption('max', `an integer from 0 to ${MAX_FDS}`, max);
  }
  buffer ??= Buffer.allocUnsafeSlow(MAX_PAYLOAD);
  const message = native().receiveFds(socket, max, buffer);
  if (typeof message === 'number') return orWouldBlock(message, 'recvmsg', null);
  if (message.fdsLost) {
    throw new RondoError(
      'ERR_RONDO_FDS_LOST',
      `A message had more file descriptors than could be taken (max ${max}); all were closed`,
    );
  }
  if (message.payloadCut) {
    for (const fd of message.fds) close(fd);
    throw new RondoError(
      'ERR_RONDO_FDS_LOST',
      `A message was longer than ${MAX_PAYLOAD} bytes; its file descriptors were closed`,
    );
  }
  return { fds: message.fds, payload: Buffer.from(buffer.subarray(0, message.bytes)) };
}

/** Closes a file descriptor. Throws `ERR_RONDO_INVALID_OPTION` or a system error (`EBADF`). */
export function close(fd: number): void {
  checkFd('fd', fd);
  const result = native().closeFd(fd);
  if (result < 0) throw systemError(result, 'close');
}

function native(): Native {
  const addon = loadNative();
  if (!(addon instanceof Error)) return addon;
  throw new RondoError(
    'ERR_RONDO_NATIVE_MISSING',
    `The native addon cannot be loaded: ${addon.message}`,
    { cause: addon },
  );
}

function orWouldBlock<Value>(errno: number, syscall: string, value: Value): Value {
  if (WOULD_BLOCK.has(errno)) return value;
  throw systemError(errno, syscall);
}

function checkFd(name: string, fd: unknown): void {
  if (Number.isInteger(fd) && (fd as number) >= 0 && (fd as number) <= 0x7fff_ffff) return;
  throw invalidOption(name, 'a file descriptor', fd);
}
