/** Validation of what users pass to a Dispatcher, its listeners and its slots, and the defaults. */

import { invalidOption } from '../errors.js';
import { checkInteger, checkKeys, checkName, checkOneOf, type Keys } from '../options.js';
import type {
  Address,
  DispatcherOptions,
  ListenerChanges,
  ListenOptions,
  SlotOptions,
  SlotSpawnOptions,
} from '../types/options.js';
import type { Policy } from '../types/policy.js';
import { isSamePolicy, type ValidPolicy, validatePolicy } from './policies/index.js';
import {
  checkSourcesFit,
  type ValidProxyProtocol,
  validateProxyProtocol,
} from './proxy-protocol.js';
import { type RouteTable, type ValidRoute, validateRoute } from './route.js';
import { type ValidSticky, validateSticky } from './sticky.js';
import type { PathPlace } from './transport.js';

const TRANSPORTS = ['auto', 'native', 'ipc'] as const;
const REBALANCES = ['off', 'auto', 'always'] as const;
const OVERLOADS = ['queue', 'reset'] as const;

/** What a limit of connections or milliseconds may be; the engine counts in 32 bits. */
const LARGEST_LIMIT = 0x7fff_ffff;

const DISPATCHER_KEYS: Keys<DispatcherOptions> = {
  policy: true,
  window: true,
  transport: true,
  takeBackMs: true,
  maxConnections: true,
  pickTimeoutMs: true,
  rebalance: true,
  proxyProtocol: true,
  sticky: true,
};

const CHANGEABLE_KEYS: Keys<ListenerChanges> = {
  policy: true,
  maxConnections: true,
  overload: true,
  maxQueueMs: true,
  maxIdle: true,
  proxyProtocol: true,
  lookTimeoutMs: true,
};

const LISTEN_KEYS: Keys<ListenOptions> = {
  name: true,
  port: true,
  host: true,
  ipv6Only: true,
  path: true,
  mode: true,
  readableAll: true,
  writableAll: true,
  fd: true,
  backlog: true,
  sticky: true,
  route: true,
  virtual: true,
  signal: true,
  ...CHANGEABLE_KEYS,
};

const SLOT_KEYS: Keys<SlotOptions> = { weight: true, maxConnections: true };

export type ValidDispatcherOptions = Required<Omit<DispatcherOptions, 'proxyProtocol'>> & {
  proxyProtocol: ValidProxyProtocol | null;
};

export function validateDispatcherOptions(options: DispatcherOptions): ValidDispatcherOptions {
  checkKeys('options', options, DISPATCHER_KEYS);
  const { policy = 'round-robin', window = 'auto', transport = 'auto', takeBackMs = 250 } = options;
  const { maxConnections = null, pickTimeoutMs = 50, rebalance = 'auto' } = options;
  const { proxyProtocol = null, sticky = null } = options;
  validatePolicy(policy);
  checkOneOf('transport', transport, TRANSPORTS);
  if (window !== 'auto') checkInteger('window', window, 1, 1024, "'auto' or ");
  if (takeBackMs !== 0) checkInteger('takeBackMs', takeBackMs, 50, 3_600_000, '0 or ');
  checkLimit('maxConnections', maxConnections);
  checkInteger('pickTimeoutMs', pickTimeoutMs, 1, 60_000);
  checkOneOf('rebalance', rebalance, REBALANCES);
  if (sticky !== null) validateSticky(sticky);
  return {
    // A copy, so that it stays what has been checked.
    policy: typeof policy === 'object' ? { ...policy } : policy,
    window,
    transport,
    takeBackMs,
    maxConnections,
    pickTimeoutMs,
    rebalance,
    proxyProtocol: validateProxyProtocol(proxyProtocol),
    sticky: typeof sticky === 'object' && sticky !== null ? { ...sticky } : sticky,
  };
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
  const isSticky = changes.sticky === undefined || isEqual(changes.sticky, current.sticky);
  if (!isSticky) {
    throw invalidOption('sticky', 'left out, for it cannot change', changes.sticky);
  }
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return validateDispatcherOptions({ ...current, ...Object.fromEntries(given) });
}

/** Of what JSON has. */
function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What of a listener may change. A policy of null: the dispatcher's. */
export interface ValidListenerOptions {
  policy: ValidPolicy | null;
  maxConnections: number | null;
  overload: 'queue' | 'reset';
  maxQueueMs: number | null;
  maxIdle: number;
  /** Undefined: the dispatcher's. */
  proxyProtocol: ValidProxyProtocol | null | undefined;
  lookTimeoutMs: number;
  /** Cannot change. Undefined: the dispatcher's. */
  sticky: ValidSticky | null | undefined;
  /** These cannot change. */
  route: ValidRoute | null;
  /** `route` by ids. */
  routeTable: RouteTable | null;
  isVirtual: boolean;
}

const SPAWN_KEYS: Keys<SlotSpawnOptions> = { env: true, stdio: true };

export function validateSpawnOptions(options: SlotSpawnOptions): Required<SlotSpawnOptions> {
  checkKeys('options', options, SPAWN_KEYS);
  const { env = process.env, stdio = 'inherit' } = options;
  if (typeof env !== 'object' || env === null) throw invalidOption('env', 'an object', env);
  const isList = Array.isArray(stdio) && stdio.length === 3;
  if (!isList && typeof stdio !== 'string') {
    throw invalidOption('stdio', 'a string, or an array of three', stdio);
  }
  return { env, stdio };
}

/** Where to listen, with defaults in place. A host name is not resolved here. */
export type ValidPlace = { backlog: number } & (
  | { kind: 'tcp'; port: number; host: string | null; ipv6Only: boolean }
  | PathPlace
  | { kind: 'fd'; fd: number; address?: Address }
  /** Without a socket. */
  | { kind: 'virtual'; name: string }
);

export interface ValidListenOptions {
  name: string;
  place: ValidPlace;
  changeable: ValidListenerOptions;
}

export function validateListenOptions(options: ListenOptions): ValidListenOptions {
  checkKeys('options', options, LISTEN_KEYS);
  const { name = 'default' } = options;
  checkName('name', name);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw invalidOption('signal', 'an AbortSignal', options.signal);
  }
  const place = validatePlace(options);
  const { sticky } = options;
  const changeable = {
    ...validateChangeable(options),
    sticky: sticky === undefined || sticky === null ? sticky : validateSticky(sticky),
    route: options.route === undefined ? null : validateRoute(options.route),
    isVirtual: place.kind === 'virtual',
  };
  if (place.kind === 'path') rejectOption('route', options.route, 'port');
  if (place.kind !== 'virtual') checkSourcesFit(changeable.proxyProtocol, place.kind);
  return { name, place, changeable };
}

/** `current` with the changes. */
export function validateListenerChanges(
  changes: ListenerChanges,
  current: ValidListenerOptions,
): ValidListenerOptions {
  checkKeys('options', changes, CHANGEABLE_KEYS);
  return validateChangeable(changes, current);
}

export function validateSlotOptions(
  options: SlotOptions,
  current: Required<SlotOptions> = { weight: 1, maxConnections: null },
): Required<SlotOptions> {
  checkKeys('options', options, SLOT_KEYS);
  const { weight = current.weight, maxConnections = current.maxConnections } = options;
  checkInteger('weight', weight, 1, 65_535);
  checkLimit('maxConnections', maxConnections);
  return { weight, maxConnections };
}

const UNLIMITED: ValidListenerOptions = {
  policy: null,
  maxConnections: null,
  overload: 'queue',
  maxQueueMs: null,
  maxIdle: 4096,
  proxyProtocol: undefined,
  lookTimeoutMs: 5_000,
  sticky: undefined,
  route: null,
  routeTable: null,
  isVirtual: false,
};

function validateChangeable(
  options: ListenerChanges,
  current: ValidListenerOptions = UNLIMITED,
): ValidListenerOptions {
  const { policy, maxConnections = current.maxConnections } = options;
  const { overload = current.overload, maxQueueMs = current.maxQueueMs } = options;
  const { maxIdle = current.maxIdle } = options;
  checkLimit('maxConnections', maxConnections);
  checkOneOf('overload', overload, OVERLOADS);
  checkLimit('maxQueueMs', maxQueueMs);
  checkInteger('maxIdle', maxIdle, 0, 1_000_000);
  const proxyProtocol =
    options.proxyProtocol === undefined
      ? current.proxyProtocol
      : validateProxyProtocol(options.proxyProtocol);
  const { lookTimeoutMs = current.lookTimeoutMs } = options;
  checkInteger('lookTimeoutMs', lookTimeoutMs, 1, 60_000);
  return {
    policy: changed(current.policy, policy),
    maxConnections,
    overload,
    maxQueueMs,
    maxIdle,
    proxyProtocol,
    lookTimeoutMs,
    sticky: current.sticky,
    route: current.route,
    routeTable: current.routeTable,
    isVirtual: current.isVirtual,
  };
}

/** The same object where it is the same policy, which goes on with its turn then. */
function changed(current: ValidPolicy | null, given: Policy | undefined): ValidPolicy | null {
  if (given === undefined) return current;
  const policy = validatePolicy(given);
  return current !== null && isSamePolicy(policy, current) ? current : policy;
}

function validatePlace(options: ListenOptions): ValidPlace {
  const { backlog = 4096, port, host, ipv6Only, path, mode, fd } = options;
  const { readableAll, writableAll } = options;
  checkInteger('backlog', backlog, 1, 0x7fff_ffff);
  checkBoolean('virtual', options.virtual);
  if (options.virtual === true) return virtualPlace(options);
  const ways = [port, path, fd].filter((value) => value !== undefined);
  if (ways.length !== 1) {
    throw invalidOption('options', "an object with one of 'port', 'path' and 'fd'", options);
  }
  if (port === undefined) {
    rejectOption('host', host, 'port');
    rejectOption('ipv6Only', ipv6Only, 'port');
  }
  if (path === undefined) {
    rejectOption('mode', mode, 'path');
    rejectOption('readableAll', readableAll, 'path');
    rejectOption('writableAll', writableAll, 'path');
  }

  if (path !== undefined) {
    if (typeof path !== 'string' || path === '' || path.includes('\0', 1)) {
      throw invalidOption('path', 'a non-empty string without NUL, but for the first', path);
    }
    if (mode !== undefined) checkInteger('mode', mode, 0, 0o777);
    checkBoolean('readableAll', readableAll);
    checkBoolean('writableAll', writableAll);
    return {
      kind: 'path',
      backlog,
      path,
      mode: mode ?? null,
      readableAll: readableAll ?? false,
      writableAll: writableAll ?? false,
    };
  }
  if (fd !== undefined) {
    checkInteger('fd', fd, 0, 0x7fff_ffff);
    return { kind: 'fd', backlog, fd };
  }
  checkInteger('port', port, 0, 65_535);
  if (host !== undefined && typeof host !== 'string') throw invalidOption('host', 'a string', host);
  checkBoolean('ipv6Only', ipv6Only);
  return {
    kind: 'tcp',
    backlog,
    port: port as number,
    // As net.Server: an empty host is none.
    host: host === undefined || host === '' ? null : host,
    ipv6Only: ipv6Only ?? false,
  };
}

/** What a listener without a socket cannot have. */
const NOT_VIRTUAL = [
  ...['port', 'host', 'ipv6Only', 'path', 'mode', 'readableAll', 'writableAll', 'fd', 'backlog'],
  ...['maxConnections', 'overload', 'maxQueueMs', 'proxyProtocol', 'route'],
] as const;

function virtualPlace(options: ListenOptions): ValidPlace {
  for (const key of NOT_VIRTUAL) {
    const value = options[key as keyof ListenOptions];
    if (value === undefined) continue;
    throw invalidOption(key, "left out where 'virtual' is true", value);
  }
  return { kind: 'virtual', name: options.name ?? 'default', backlog: 1 };
}

function checkBoolean(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') {
    throw invalidOption(name, 'a boolean', value);
  }
}

function checkLimit(name: string, value: unknown): void {
  if (value !== null) checkInteger(name, value, 1, LARGEST_LIMIT, 'null or ');
}

function rejectOption(name: string, value: unknown, companion: string): void {
  if (value === undefined) return;
  throw invalidOption(name, `left out unless '${companion}' is given`, value);
}
