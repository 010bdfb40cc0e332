/**
 * Which region a process uses. The first process of a program makes one; those that it starts with
 * {@link sharedEnvironment} in their environment, and their children and threads, use the same.
 */

import { errnoName, invalidOption, RondoError, systemError } from '../errors.js';
import { loadNative } from '../native/index.js';
import type { NativeShared } from '../native/shared.js';

/** `pid:fd:token` of the region, or `-errno` if the primary could make none. */
export const SHARED_VARIABLE = 'RONDO_SHARED';

const PLACE = /^(\d{1,9}):(\d{1,9}):([0-9a-f]{32})$/;
const FAILED = /^-\d{1,4}$/;

interface RegionCalls {
  makeShared(): string | number;
  openShared(pid: number, fd: number, token: string, seat: number): NativeShared | number | string;
}

let opened: NativeShared | undefined;

/**
 * The variables with which a child process finds the same counters, limiters and maps: put them
 * into its environment. In the first process of a program this makes the shared memory, if it is
 * not there yet; in one that has got them, they are what it has got. `{}` where the addon cannot be
 * used. Never throws: a child of a process that can make no shared memory gets the reason, and
 * throws it when it uses some.
 */
export function sharedEnvironment(): Record<string, string> {
  const inherited = process.env[SHARED_VARIABLE];
  if (inherited !== undefined && inherited !== '') return { [SHARED_VARIABLE]: inherited };
  const calls = regionCalls();
  return calls instanceof RondoError ? {} : { [SHARED_VARIABLE]: String(calls.makeShared()) };
}

/** Why there can be no shared memory in this process, or undefined if there can. */
export function missingReason(): RondoError | undefined {
  const calls = regionCalls();
  return calls instanceof RondoError ? calls : undefined;
}

/** What stands for every call where there can be none. */
export function throwMissing(): never {
  throw missingReason() ?? missing('it was missing before');
}

/** The region, opened once per thread. Throws what counter() says. */
export function region(): NativeShared {
  opened ??= open();
  return opened;
}

function open(): NativeShared {
  const calls = regionCalls();
  if (calls instanceof RondoError) throw calls;
  const place = sharedEnvironment()[SHARED_VARIABLE] as string;
  if (FAILED.test(place)) throw systemError(Number(place), 'memfd_create');
  const [, pid, fd, token] = PLACE.exec(place) ?? [];
  if (token === undefined) throw invalidOption(SHARED_VARIABLE, 'what rondo has set', place);
  const result = calls.openShared(Number(pid), Number(fd), token, ownSeat());
  if (typeof result === 'object') return result;
  throw typeof result === 'string' ? otherVersion(result) : notOpened(result, Number(pid));
}

function ownSeat(): number {
  const seat = process.env.RONDO_SEAT;
  return seat !== undefined && /^\d{1,6}$/.test(seat) ? Number(seat) : -1;
}

function regionCalls(): RegionCalls | RondoError {
  if (process.env.RONDO_NATIVE === '0') return missing('RONDO_NATIVE is 0');
  const native = loadNative();
  if (native instanceof Error) return missing(native.message, native);
  const { makeShared, openShared } = native;
  if (makeShared === undefined || openShared === undefined) return missing('it needs Linux');
  return { makeShared, openShared };
}

function missing(why: string, cause?: Error): RondoError {
  return new RondoError(
    'ERR_RONDO_NATIVE_MISSING',
    `Shared memory needs the native addon: ${why}`,
    cause === undefined ? {} : { cause },
  );
}

function otherVersion(version: string): RondoError {
  return new RondoError(
    'ERR_RONDO_SHARED_VERSION',
    `The primary is of another version of rondo: its shared memory has layout ${version}`,
  );
}

function notOpened(errno: number, pid: number): Error {
  switch (errnoName(errno)) {
    case 'EACCES':
    case 'EPERM':
      return new RondoError(
        'ERR_RONDO_SHARED_DENIED',
        `The shared memory of process ${pid} cannot be opened: one of the two runs as another user, or has changed its user`,
      );
    case 'ENOENT':
    case 'ESRCH':
      return new RondoError(
        'ERR_RONDO_SHARED_GONE',
        `Process ${pid}, which has made the shared memory, is gone or in another PID namespace`,
      );
    case 'ENOSPC':
      return new RondoError(
        'ERR_RONDO_SHARED_FULL',
        'More processes and threads than 1024 use the shared memory',
      );
    default:
      return systemError(errno, 'open', `/proc/${pid}/fd`);
  }
}
