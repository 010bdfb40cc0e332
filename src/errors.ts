/**
 * The two families of errors: misuse, with a stable `ERR_RONDO_…` code, and system errors with
 * exactly the fields and messages Node gives them.
 */

import { checkNode } from './node-version.js';

checkNode();

// By `import` all of its exports are looked at, one of which opens process.stderr since Node 22: in a
// worker that is the program's business.
const { getSystemErrorMap, inspect } = process.getBuiltinModule('node:util');

const MESSAGES = {
  ERR_RONDO_INVALID_OPTION: 'A wrong value for an option',
  ERR_RONDO_UNKNOWN_OPTION: 'An option that does not exist',
  ERR_RONDO_CLOSED: 'The dispatcher is closed',
  ERR_RONDO_LISTENER_NAME_TAKEN: 'An open listener has that name',
  ERR_RONDO_TOO_MANY_LISTENERS: 'More listeners than a dispatcher can have',
  ERR_RONDO_TOO_MANY_SLOTS: 'More slots than a dispatcher can have',
  ERR_RONDO_SLOT_ASSIGNED: 'The slot has a living process',
  ERR_RONDO_SLOT_CLOSED: 'The slot is closed',
  ERR_RONDO_PEER_MISSING: 'A package that is to be plugged into is not there',
  ERR_RONDO_NATIVE_MISSING: 'The native addon cannot be loaded',
  ERR_RONDO_PNP: "Node cannot load rondo's modules with yarn's Plug'n'Play",
  ERR_RONDO_BUNDLED: 'rondo is in a bundle, and files of its package are not beside it',
  ERR_RONDO_NOT_A_WORKER: 'The process was not started with slot.stdio and slot.env',
  ERR_RONDO_NOT_DEALT: 'The socket is no connection that was dealt to this process',
  ERR_RONDO_NOT_MAIN_THREAD: 'attach() was called in a worker thread',
  ERR_RONDO_ALREADY_FORKED: 'The options of the cluster are in use already',
  ERR_RONDO_ALREADY_ATTACHED: 'The server, or that listener, is attached already',
  ERR_RONDO_PROTOCOL_VERSION: 'Primary and worker have different versions of rondo',
  ERR_RONDO_BAD_WORKER: 'A worker broke the protocol and gets no more connections',
  ERR_RONDO_CHANNEL: 'The channel between primary and worker failed',
  ERR_RONDO_SUPERVISOR_STATE: 'The supervisor is not running, or not any more',
  ERR_RONDO_START_FAILED: 'No worker became ready',
  ERR_RONDO_RELOAD_FAILED: 'A new worker did not become ready, so the old ones stay',
  ERR_RONDO_RESTART_FAILED: 'A new worker did not become ready, so the old one stays',
  ERR_RONDO_LAST_WORKER: 'No other worker is ready',
  ERR_RONDO_CONTROL_PLACE: 'The control socket cannot be there',
  ERR_RONDO_CONTROL_GONE: 'No rondo answers at the control socket',
  ERR_RONDO_CONTROL_REFUSED: 'The running rondo has refused the request',
  ERR_RONDO_UPGRADE_REFUSED: 'Another process cannot take the place of this one',
  ERR_RONDO_UPGRADE_STATE: 'An upgrade goes on already',
  ERR_RONDO_UPGRADE_FAILED: 'The new process did not take over, so the old one serves on',
  ERR_RONDO_FDS_LOST: 'The process ran out of file descriptors while it received some',
  ERR_RONDO_SHARED_GONE: 'The primary with the shared memory is gone',
  ERR_RONDO_SHARED_DENIED: "The primary's shared memory belongs to another user",
  ERR_RONDO_SHARED_VERSION: 'The primary has another version of the shared memory',
  ERR_RONDO_SHARED_SIZES: 'The name is in use with other sizes',
  ERR_RONDO_SHARED_FULL: 'The shared memory has no room for another one',
  ERR_RONDO_SHARED_RANGE: 'A counter would leave the range of safe integers',
  ERR_RONDO_PROXY_HEADER: 'A connection did not begin with a PROXY header as it should',
  ERR_RONDO_BAD_PICK: 'A policy that is a function threw, gave a wrong answer, or none in time',
  ERR_RONDO_BAD_ROUTE: 'A route that is a function threw, gave a wrong answer, or none in time',
  ERR_RONDO_REDIS: 'Redis has failed, or has not answered in time',
  ERR_RONDO_HUB_VALUE: 'A message has a value that cannot be cloned',
  ERR_RONDO_HUB_TOO_LARGE: 'A message is larger than maxMessageBytes',
  ERR_RONDO_HUB_OVERFLOW: 'Too many messages wait for that process',
  ERR_RONDO_HUB_GONE: 'There is no such process, or it ended before it answered',
  ERR_RONDO_HUB_TIMEOUT: 'No answer in time',
  ERR_RONDO_HUB_NO_HANDLER: 'That process does not handle the event',
  ERR_RONDO_HUB_HANDLED: 'The event has a handler already',
} as const;

/** The codes of {@link RondoError}. */
export type RondoErrorCode = keyof typeof MESSAGES;

/** What an error says besides its message. */
export interface RondoErrorDetails extends ErrorOptions {
  option?: string;
  expected?: string;
  received?: unknown;
  seat?: number;
  lastOutput?: string;
}

/** Misuse of rondo, or a fault between its processes. Branch on `code`, never on the message. */
export class RondoError extends Error {
  readonly code: RondoErrorCode;
  /** Of `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`: the option's name. */
  declare readonly option?: string;
  /** Of `ERR_RONDO_INVALID_OPTION`: what the option may be, for people. */
  declare readonly expected?: string;
  /** Of `ERR_RONDO_INVALID_OPTION`: the value itself. */
  declare readonly received?: unknown;
  /** Of `ERR_RONDO_RELOAD_FAILED`, and of a start that failed by one seat: that seat. */
  declare readonly seat?: number;
  /** What the worker that failed wrote last, or its uncaught error; `''` if it wrote nothing. */
  declare readonly lastOutput?: string;

  constructor(
    code: RondoErrorCode,
    detail: string = MESSAGES[code],
    { cause, ...details }: RondoErrorDetails = {},
  ) {
    super(detail, cause === undefined ? {} : { cause });
    this.code = code;
    Object.assign(this, details);
    // As Node's own errors print: the code beside the name, in the stack only.
    this.stack = this.stack?.replace(/^\w+/, `RondoError [${code}]`) ?? '';
  }

  override get name(): string {
    return 'RondoError';
  }
}

/** A wrong value: names the option, what it may be, and the value received. */
export function invalidOption(name: string, expected: string, value: unknown): RondoError {
  const received = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return new RondoError(
    'ERR_RONDO_INVALID_OPTION',
    `The option '${name}' must be ${expected}. Received ${received}`,
    { option: name, expected, received: value },
  );
}

/** The system error that Node itself would throw: `listen EADDRINUSE: … 127.0.0.1:80`. */
export function systemError(
  errno: number,
  syscall: string,
  address?: string | null,
  port?: number,
): NodeJS.ErrnoException {
  const code = errnoName(errno);
  const text = systemErrorOf(errno)?.[1] ?? 'unknown error';
  const place = address ? ` ${address}${port !== undefined && port > 0 ? `:${port}` : ''}` : '';
  const error = new Error(`${syscall} ${code}: ${text}${place}`) as NodeJS.ErrnoException & {
    address?: string | null;
    port?: number;
  };
  error.code = code;
  error.errno = errno;
  error.syscall = syscall;
  if (address !== undefined) error.address = address;
  // As in Node: no port where it is 0, which stands for any.
  if (port) error.port = port;
  return error;
}

/** Of those rondo meets, the one that libuv has no name for. */
const ETOOMANYREFS: [string, string] = ['ETOOMANYREFS', 'too many references: cannot splice'];
const ETOOMANYREFS_ERRNO = process.platform === 'linux' ? -109 : -59;

function systemErrorOf(errno: number): [string, string] | undefined {
  return (
    getSystemErrorMap().get(errno) ?? (errno === ETOOMANYREFS_ERRNO ? ETOOMANYREFS : undefined)
  );
}

/** `EADDRINUSE` for -98, whichever number the platform has for it. */
export function errnoName(errno: number): string {
  return systemErrorOf(errno)?.[0] ?? `Unknown system error ${errno}`;
}
