/** By what an operator names a listener: its id, its name, its address, or its port if that is one listener's only. */

import { isIPv6 } from 'node:net';
import { invalidOption, RondoError } from '../errors.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { ListenerStats } from '../types/stats.js';

/**
 * Throws `ERR_RONDO_INVALID_OPTION` if there is no such listener, or several; `ERR_RONDO_NATIVE_MISSING` with
 * Node's own scheduling, where rondo has none.
 */
export function findListener(supervisor: Supervisor, text: string): ListenerStats {
  const listeners = openListeners(supervisor);
  const ways: Array<(listener: ListenerStats) => boolean> = [
    ({ id }) => String(id) === text,
    ({ name }) => name === text,
    (listener) => addressText(listener) === text,
    ({ address }) =>
      typeof address === 'object' && text.replace(/^:/, '') === String(address?.port),
  ];
  for (const isMeant of ways) {
    const found = listeners.filter(isMeant);
    if (found.length === 1) return found[0] as ListenerStats;
  }
  const there = listeners.map((one) => `${one.id} (${addressText(one)})`).join(', ');
  throw invalidOption('listener', `one of those that are open: ${there || 'none'}`, text);
}

export function openListeners(supervisor: Supervisor): ListenerStats[] {
  const { dispatcher } = supervisor.stats();
  if (dispatcher !== null) return dispatcher.listeners;
  throw new RondoError(
    'ERR_RONDO_NATIVE_MISSING',
    "With node:cluster's own scheduling rondo has no listeners and deals no connections",
  );
}

/** `127.0.0.1:8000`, `[::1]:8000`, or a path. */
export function addressText({ address }: ListenerStats): string {
  if (address === null || typeof address === 'string') return address ?? '';
  const { port } = address;
  return isIPv6(address.address) ? `[${address.address}]:${port}` : `${address.address}:${port}`;
}
