/**
 * What names, keys, values and numbers may be. Each error names the option and the value received.
 */

import { errnoName, invalidOption, RondoError, systemError } from '../errors.js';
import type { SharedRefusal } from '../native/shared.js';
import { checkInteger, checkKeys, checkOneOf, type Keys } from '../options.js';
import type { HistogramOptions, LimiterOptions, MapOptions, SetOptions } from './types.js';

export const LONGEST_NAME_BYTES = 200;
export const MOST_KEY_BYTES = 1024;
const MOST_VALUE_BYTES = 65_536;
const MOST_BUCKETS = 64;
const MOST_ENTRIES = 10_000_000;
const LARGEST_LIMIT = 1_000_000_000;
const LONGEST_WINDOW_MS = 2_147_483_647;

/** In the order of native/shared/limits.h. */
export const ALGORITHMS = ['fixed-window', 'sliding-window', 'token-bucket'] as const;

const LIMITER_KEYS: Keys<LimiterOptions> = {
  name: true,
  limit: true,
  windowMs: true,
  algorithm: true,
  entries: true,
  whenFull: true,
};
const MAP_KEYS: Keys<MapOptions> = {
  name: true,
  entries: true,
  keyBytes: true,
  valueBytes: true,
  ttlMs: true,
  whenFull: true,
};
const HISTOGRAM_KEYS: Keys<HistogramOptions> = {
  name: true,
  buckets: true,
  labels: true,
  help: true,
};
const SET_KEYS: Keys<SetOptions> = { ttlMs: true };

export function checkName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= LONGEST_NAME_BYTES) {
    return;
  }
  throw invalidOption('name', `a string of 1 to ${LONGEST_NAME_BYTES} bytes`, name);
}

export function checkLimiter(options: LimiterOptions): Required<LimiterOptions> {
  checkKeys('options', options, LIMITER_KEYS);
  const { name, limit, windowMs } = options;
  const { algorithm = 'fixed-window', entries = 10_000, whenFull = 'allow' } = options;
  checkName(name);
  checkInteger('limit', limit, 1, LARGEST_LIMIT);
  checkInteger('windowMs', windowMs, 1, LONGEST_WINDOW_MS);
  checkOneOf('algorithm', algorithm, ALGORITHMS);
  checkInteger('entries', entries, 1, MOST_ENTRIES);
  checkOneOf('whenFull', whenFull, ['allow', 'deny']);
  return { name, limit, windowMs, algorithm, entries, whenFull };
}

export function checkMap(options: MapOptions): Required<MapOptions> {
  checkKeys('options', options, MAP_KEYS);
  const { name, entries = 1000, keyBytes = 64, valueBytes = 256 } = options;
  const { ttlMs = 0, whenFull = 'refuse' } = options;
  checkName(name);
  checkInteger('entries', entries, 1, MOST_ENTRIES);
  checkInteger('keyBytes', keyBytes, 1, MOST_KEY_BYTES);
  checkInteger('valueBytes', valueBytes, 1, MOST_VALUE_BYTES);
  checkTtl(ttlMs);
  checkOneOf('whenFull', whenFull, ['refuse', 'evict']);
  return { name, entries, keyBytes, valueBytes, ttlMs, whenFull };
}

export function checkHistogram(options: HistogramOptions): HistogramOptions {
  checkKeys('options', options, HISTOGRAM_KEYS);
  const { name, buckets, ...shown } = options;
  checkName(name);
  const isList = Array.isArray(buckets) && buckets.length >= 1 && buckets.length <= MOST_BUCKETS;
  const isRising = (bound: unknown, i: number): boolean =>
    Number.isFinite(bound) && (i === 0 || (bound as number) > (buckets[i - 1] as number));
  if (isList && buckets.every(isRising)) return { ...shown, name, buckets: [...buckets] };
  throw invalidOption('buckets', `1 to ${MOST_BUCKETS} finite numbers, ascending`, buckets);
}

/** The time that a value is kept: the option's, or the map's. */
export function ttlOf(options: SetOptions | undefined, ttlMs: number): number {
  if (options === undefined) return ttlMs;
  checkKeys('options', options, SET_KEYS);
  if (options.ttlMs === undefined) return ttlMs;
  checkTtl(options.ttlMs);
  return options.ttlMs;
}

function checkTtl(ttlMs: unknown): void {
  checkInteger('ttlMs', ttlMs, 0, Number.MAX_SAFE_INTEGER);
}

/** As bytes. */
export function toBytes(value: unknown, most: number): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  if (bytes instanceof Uint8Array && bytes.byteLength <= most) return bytes;
  const received = bytes instanceof Uint8Array ? `${bytes.byteLength} bytes` : value;
  throw invalidOption('value', `a string or Uint8Array of at most ${most} bytes`, received);
}

export function badKey(key: unknown, most: number): RondoError {
  return invalidOption('key', `a string of 1 to ${most} bytes`, key);
}

export function badCount(name: string, value: unknown): RondoError {
  return invalidOption(name, 'a safe integer', value);
}

export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value);
}

export function checkFinite(name: string, value: unknown): void {
  if (!Number.isFinite(value)) throw invalidOption(name, 'a finite number', value);
}

/** Why a thing could not be opened: `wanted` and what is there, by the names of its parameters. */
export function refused(
  kind: string,
  name: string,
  wanted: Record<string, unknown>,
  refusal: SharedRefusal,
  toValue: (key: string, parameter: number) => unknown = (_, parameter) => parameter,
): Error {
  if (typeof refusal === 'number') return notMade(kind, name, refusal);
  const keys = Object.keys(wanted);
  const existing = Object.fromEntries(
    keys.map((key, i) => [key, toValue(key, refusal[i] as number)]),
  );
  return sizesDiffer(kind, name, wanted, existing);
}

export function sizesDiffer(
  kind: string,
  name: string,
  wanted: Record<string, unknown>,
  existing: Record<string, unknown>,
): RondoError {
  const keys = Object.keys(wanted);
  const option = keys.find((key) => String(existing[key]) !== String(wanted[key]));
  const say = (values: Record<string, unknown>): string =>
    keys.map((key) => `${key} ${values[key]}`).join(', ');
  return new RondoError(
    'ERR_RONDO_SHARED_SIZES',
    `The ${kind} '${name}' exists with ${say(existing)}. Asked for was ${say(wanted)}`,
    option === undefined ? {} : { option, received: wanted[option] },
  );
}

function notMade(kind: string, name: string, errno: number): Error {
  switch (errnoName(errno)) {
    case 'ENOSPC':
      return new RondoError(
        'ERR_RONDO_SHARED_FULL',
        `The shared memory has no room for the ${kind} '${name}'`,
      );
    default:
      return systemError(errno, 'mmap', `${kind} '${name}'`);
  }
}
