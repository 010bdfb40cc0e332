/** Validation of what users pass in. Every message names the option and the value received. */

import { invalidOption, RondoError } from './errors.js';
import { LONGEST_NAME } from './protocol/protocol.js';
import type { AttachOptions, DispatcherOptions, ListenOptions, PolicyName } from './types.js';

export const POLICY_NAMES: readonly PolicyName[] = ['round-robin', 'least-connections'];

const TRANSPORTS = ['auto', 'native', 'ipc'] as const;

type Keys<Options> = Record<keyof Options, true>;

const DISPATCHER_KEYS: Keys<DispatcherOptions> = {
  policy: true,
  window: true,
  transport: true,
  takeBackMs: true,
};

const LISTEN_KEYS: Keys<ListenOptions> = {
  name: true,
  port: true,
  host: true,
  ipv6Only: true,
  path: true,
  mode: true,
  fd: true,
  backlog: true,
};

const ATTACH_KEYS: Keys<AttachOptions> = { listener: true };

export type ValidDispatcherOptions = Required<DispatcherOptions>;

export function validateDispatcherOptions(options: DispatcherOptions): ValidDispatcherOptions {
  checkKeys('options', options, DISPATCHER_KEYS);
  const { policy = 'round-robin', window = 'auto', transport = 'auto', takeBackMs = 250 } = options;
  checkOneOf('policy', policy, POLICY_NAMES);
  checkOneOf('transport', transport, TRANSPORTS);
  if (window !== 'auto') checkInteger('window', window, 1, 1024, "'auto' or ");
  if (takeBackMs !== 0) checkInteger('takeBackMs', takeBackMs, 50, 3_600_000, '0 or ');
  return { policy, window, transport, takeBackMs };
}

/** `current` with the changes; what cannot change once it is open throws. */
export function validateChanges(
  changes: DispatcherOptions,
  current: ValidDispatcherOptions,
): ValidDispatcherOptions {
  checkKeys('options', changes, DISPATCHER_KEYS);
  if (changes.transport !== undefined) {
    throw invalidOption('transport', 'left out, for it cannot change', changes.transport);
  }
  const { transport } = current;
  const { policy = current.policy, window = current.window } = changes;
  const { takeBackMs = current.takeBackMs } = changes;
  return validateDispatcherOptions({ policy, window, transport, takeBackMs });
}

/** One of the three ways to listen, with defaults in place. A host name is not resolved here. */
export type ValidListenOptions = { name: string; backlog: number } & (
  | { kind: 'tcp'; port: number; host: string | null; ipv6Only: boolean }
  | { kind: 'path'; path: string; mode: number | null }
  | { kind: 'fd'; fd: number }
);

export function validateListenOptions(options: ListenOptions): ValidListenOptions {
  checkKeys('options', options, LISTEN_KEYS);
  const { name = 'default', backlog = 4096, port, host, ipv6Only, path, mode, fd } = options;
  checkName('name', name);
  checkInteger('backlog', backlog, 1, 0x7fff_ffff);
  const ways = [port, path, fd].filter((value) => value !== undefined);
  if (ways.length !== 1) {
    throw invalidOption('options', "an object with one of 'port', 'path' and 'fd'", options);
  }
  if (port === undefined) {
    rejectOption('host', host, 'port');
    rejectOption('ipv6Only', ipv6Only, 'port');
  }
  if (path === undefined) rejectOption('mode', mode, 'path');

  if (path !== undefined) {
    if (typeof path !== 'string' || path === '' || path.includes('\0', 1)) {
      throw invalidOption('path', 'a non-empty string without NUL, but for the first', path);
    }
    if (mode !== undefined) checkInteger('mode', mode, 0, 0o777);
    return { kind: 'path', name, backlog, path, mode: mode ?? null };
  }
  if (fd !== undefined) {
    checkInteger('fd', fd, 0, 0x7fff_ffff);
    return { kind: 'fd', name, backlog, fd };
  }
  checkInteger('port', port, 0, 65_535);
  if (host !== undefined && typeof host !== 'string') throw invalidOption('host', 'a string', host);
  if (ipv6Only !== undefined && typeof ipv6Only !== 'boolean') {
    throw invalidOption('ipv6Only', 'a boolean', ipv6Only);
  }
  return {
    kind: 'tcp',
    name,
    backlog,
    port: port as number,
    // As net.Server: an empty host is none.
    host: host === undefined || host === '' ? null : host,
    ipv6Only: ipv6Only ?? false,
  };
}

export function validateAttachOptions(options: AttachOptions): { listener: string | null } {
  checkKeys('options', options, ATTACH_KEYS);
  if (options.listener === undefined) return { listener: null };
  checkName('listener', options.listener);
  return { listener: options.listener };
}

export function checkKeys(name: string, options: unknown, known: Record<string, true>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidOption(name, 'an object', options);
  }
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(known, key)) continue;
    throw new RondoError(
      'ERR_RONDO_UNKNOWN_OPTION',
      `There is no option '${key}'. Known are: ${Object.keys(known).join(', ')}`,
    );
  }
}

export function checkInteger(
  name: string,
  value: unknown,
  min: number,
  max: number,
  or = '',
): void {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return;
  throw invalidOption(name, `${or}an integer from ${min} to ${max}`, value);
}

export function checkOneOf(name: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  throw invalidOption(name, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`, value);
}

function checkName(name: string, value: unknown): void {
  if (typeof value === 'string' && value.length >= 1 && value.length <= LONGEST_NAME) return;
  throw invalidOption(name, `a string of 1 to ${LONGEST_NAME} characters`, value);
}

function rejectOption(name: string, value: unknown, companion: string): void {
  if (value === undefined) return;
  throw invalidOption(name, `left out unless '${companion}' is given`, value);
}
