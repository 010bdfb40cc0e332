/** Which transport a dispatcher gets: the one it asks for, or native where that is available. */

import { RondoError } from '../errors.js';
import { loadNative } from '../native/index.js';
import type { TransportName } from '../types/options.js';
import { IpcTransport } from './ipc/transport.js';
import { NativeTransport } from './native/transport.js';
import type { ValidDispatcherOptions } from './options.js';
import { checkTransport } from './proxy-protocol.js';
import type { Transport, TransportEvents } from './transport.js';

/** Throws `ERR_RONDO_NATIVE_MISSING`, and a system error if the engine cannot be started. */
export function openTransport(options: ValidDispatcherOptions, events: TransportEvents): Transport {
  const demand = process.env.RONDO_NATIVE;
  const needsNative = options.sticky !== null;
  if (needsNative && (options.transport === 'ipc' || demand === '0')) {
    checkNative('sticky', 'ipc');
  }
  if (options.transport === 'ipc' || (options.transport === 'auto' && demand === '0')) {
    checkMayMove(options);
    checkTransport('ipc', options.proxyProtocol);
    return new IpcTransport(options, events);
  }
  const native = loadNative();
  if (!(native instanceof Error)) return new NativeTransport(native, options, events);
  const isNeeded = options.transport === 'native' || options.proxyProtocol !== null || needsNative;
  if (isNeeded || demand === '1') {
    throw new RondoError(
      'ERR_RONDO_NATIVE_MISSING',
      `The native addon cannot be loaded: ${native.message}`,
      { cause: native },
    );
  }
  checkMayMove(options, native);
  warnOfFallback(native);
  return new IpcTransport(options, events);
}

/** Of what is not there nothing can be demanded. */
export function checkMayMove({ rebalance }: ValidDispatcherOptions, cause?: Error): void {
  if (rebalance !== 'always') return;
  throw new RondoError(
    'ERR_RONDO_NATIVE_MISSING',
    "With the ipc transport connections stay where they are: 'rebalance' cannot be 'always'",
    { ...(cause !== undefined && { cause }) },
  );
}

/** Throws `ERR_RONDO_NATIVE_MISSING` with the ipc transport, where nobody looks at connections. */
export function checkNative(option: string, transport: TransportName): void {
  if (transport === 'native') return;
  throw new RondoError(
    'ERR_RONDO_NATIVE_MISSING',
    `The option '${option}' needs the native transport, and this dispatcher has '${transport}'`,
    { option },
  );
}

let hasWarned = false;

function warnOfFallback(reason: Error): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    `The native addon cannot be loaded, so connections go by Node's own IPC: ${reason.message}`,
    { type: 'RondoWarning', code: 'RONDO_IPC_FALLBACK' },
  );
}
