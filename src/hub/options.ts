/** Checks what `rondo/hub` is given: options, names of events, targets. */

import { invalidOption } from '../errors.js';
import { checkInteger, checkKeys, checkOneOf, type Keys } from '../options.js';
import { MAX_MESSAGE_BYTES } from './messages.js';
import type { HubOptions, Overflow, RequestOptions, Target } from './types.js';

export type ValidHubOptions = Required<HubOptions>;

export const DEFAULT_OPTIONS: ValidHubOptions = {
  maxMessageBytes: 1024 * 1024,
  maxQueued: 10_000,
  maxQueuedBytes: 16 * 1024 * 1024,
  overflow: 'drop-oldest',
  idleMs: 30_000,
};

const OVERFLOWS: readonly Overflow[] = ['drop-oldest', 'drop-newest', 'reject'];
const MOST_QUEUED = 10_000_000;
const MOST_QUEUED_BYTES = 1024 * 1024 * 1024;
const LONGEST_MS = 2 ** 31 - 1;
const LONGEST_NAME_BYTES = 255;

const KEYS: Keys<HubOptions> = {
  maxMessageBytes: true,
  maxQueued: true,
  maxQueuedBytes: true,
  overflow: true,
  idleMs: true,
};

const REQUEST_KEYS: Keys<RequestOptions> = { timeoutMs: true, signal: true };

export function validateHubOptions(options: HubOptions, current: ValidHubOptions): ValidHubOptions {
  checkKeys('options', options, KEYS);
  const valid = { ...current };
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) Object.assign(valid, { [name]: value });
  }
  checkInteger('maxMessageBytes', valid.maxMessageBytes, 1, MAX_MESSAGE_BYTES);
  checkInteger('maxQueued', valid.maxQueued, 1, MOST_QUEUED);
  checkInteger('maxQueuedBytes', valid.maxQueuedBytes, valid.maxMessageBytes, MOST_QUEUED_BYTES);
  checkOneOf('overflow', valid.overflow, OVERFLOWS);
  checkInteger('idleMs', valid.idleMs, 1, LONGEST_MS);
  return valid;
}

export function checkEvent(event: unknown): asserts event is string {
  // A character has one to three bytes.
  if (typeof event === 'string' && event.length > 0) {
    if (event.length * 3 <= LONGEST_NAME_BYTES) return;
    if (Buffer.byteLength(event) <= LONGEST_NAME_BYTES) return;
  }
  throw invalidOption('event', `a string of 1 to ${LONGEST_NAME_BYTES} bytes`, event);
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidOption(name, 'a function', value);
}

export function checkTarget(target: unknown): asserts target is Target {
  if (typeof target === 'number' && Number.isInteger(target) && target >= 0) return;
  if (['primary', 'agent', 'workers', 'random'].includes(target as string)) return;
  if (typeof target === 'object' && target !== null) {
    const { pid, id } = target as { pid?: unknown; id?: unknown };
    if (typeof id === 'string' || (id === undefined && Number.isInteger(pid))) return;
  }
  throw invalidOption(
    'target',
    "a seat's number, { pid }, { id }, 'primary', 'agent', 'workers' or 'random'",
    target,
  );
}

const BRAND = Symbol.for('rondo.hub.requestOptions');

/**
 * Options for `request()` that cannot be taken for an argument of the event; see docs/messages.md. Throws
 * `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`.
 */
export function requestOptions(options: RequestOptions = {}): RequestOptions {
  const valid = validateRequestOptions(options);
  return Object.defineProperty({ ...valid }, BRAND, { value: true });
}

/** Takes the options from the end of the arguments, if they are there. */
export function splitRequestOptions(args: unknown[]): {
  args: unknown[];
  options: RequestOptions;
} {
  const last = args.at(-1);
  if (!isRequestOptions(last)) return { args, options: {} };
  return { args: args.slice(0, -1), options: validateRequestOptions(last) };
}

function isRequestOptions(value: unknown): value is RequestOptions {
  if (typeof value !== 'object' || value === null) return false;
  if (BRAND in value) return true;
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => Object.hasOwn(REQUEST_KEYS, key));
}

function validateRequestOptions(options: RequestOptions): RequestOptions {
  checkKeys('options', options, REQUEST_KEYS);
  const { timeoutMs, signal } = options;
  if (timeoutMs !== undefined) checkInteger('timeoutMs', timeoutMs, 0, LONGEST_MS);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOption('signal', 'an AbortSignal', signal);
  }
  return options;
}
