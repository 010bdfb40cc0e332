/** The option `proxyProtocol`, checked: from which sources a PROXY header is believed. */

import { isIPv4, isIPv6 } from 'node:net';
import { invalidOption, RondoError } from '../errors.js';
import { checkInteger, checkKeys, type Keys } from '../options.js';
import type { ProxyProtocol, ProxyProtocolOptions } from '../types/look.js';
import type { Address, TransportName } from '../types/options.js';

export interface ValidProxyProtocol {
  from: string[];
  timeoutMs: number;
}

const NAME = 'proxyProtocol';
const EXPECTED = "networks such as '10.0.0.0/8' and '::1', or 'unix', with commas or as a list";
const KEYS: Keys<ProxyProtocolOptions> = { from: true, timeoutMs: true };

/** Every Unix socket. */
const UNIX = 'unix';

/** A lost packet is sent again after a second, and after two more. */
const DEFAULT_TIMEOUT_MS = 5_000;

const MOST_SOURCES = 1_024;

/** Null for none. Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`. */
export function validateProxyProtocol(value: ProxyProtocol | null): ValidProxyProtocol | null {
  if (value === null) return null;
  const isShort = typeof value === 'string' || Array.isArray(value);
  const options = (isShort ? { from: value } : value) as ProxyProtocolOptions;
  checkKeys(NAME, options, KEYS, ` in '${NAME}'`);
  const { from, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  checkInteger(`${NAME}.timeoutMs`, timeoutMs, 1, 3_600_000);
  return { from: sourcesOf(from), timeoutMs };
}

function sourcesOf(given: unknown): string[] {
  const list = typeof given === 'string' ? given.split(',') : given;
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_SOURCES) {
    throw invalidOption(NAME, EXPECTED, given);
  }
  return list.map((source: unknown) => {
    const text = typeof source === 'string' ? source.trim() : '';
    if (!isSource(text)) throw invalidOption(NAME, EXPECTED, source);
    return text;
  });
}

function isSource(text: string): boolean {
  if (text === UNIX) return true;
  const [address = '', prefix = '0', ...more] = text.split('/');
  const most = isIPv4(address) ? 32 : 128;
  const isAddress = isIPv4(address) || (isIPv6(address) && !address.includes('%'));
  return isAddress && more.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= most;
}

/**
 * What is in force for a listener: its own, which may be null for none, or the dispatcher's, which is for TCP alone.
 * `address`: null while it is not known.
 */
export function proxyProtocolOf(
  own: ValidProxyProtocol | null | undefined,
  common: ValidProxyProtocol | null,
  address: Address | null,
): ValidProxyProtocol | null {
  if (own !== undefined) return own;
  return typeof address === 'string' ? null : common;
}

/** Throws where every client of that place would be closed. */
export function checkSourcesFit(
  own: ValidProxyProtocol | null | undefined,
  kind: 'tcp' | 'path' | 'fd',
): void {
  if (own === undefined || own === null || kind === 'fd') return;
  const isUnix = (source: string): boolean => source === UNIX;
  if (kind === 'path' && !own.from.some(isUnix)) {
    throw invalidOption(NAME, "'unix', among others, for a path", own.from);
  }
  if (kind === 'tcp' && own.from.every(isUnix)) {
    throw invalidOption(NAME, 'networks for a port', own.from);
  }
}

/** Throws `ERR_RONDO_NATIVE_MISSING`. */
export function checkTransport(
  transport: TransportName,
  wanted: ValidProxyProtocol | null | undefined,
): void {
  if (transport === 'native' || wanted === undefined || wanted === null) return;
  throw new RondoError(
    'ERR_RONDO_NATIVE_MISSING',
    `The option '${NAME}' needs the native transport, and connections go by the ipc transport here. ` +
      `Received ${JSON.stringify(wanted.from)}`,
    { option: NAME },
  );
}
