/** Where a worker listens, for people to read. */

import type { Address } from 'node:cluster';
import { isIPv6 } from 'node:net';
import type { Address as DispatcherAddress } from '../types/options.js';

/** `127.0.0.1:8000`, `[::1]:8000`, `*:8000` for every address, a path, or `fd 3`. */
export function placeOf(listening: Address & { fd?: number }): string {
  // Node's types have no null there, which stands for every address, and no fd.
  const address = listening.address as string | null;
  const { port, addressType, fd } = listening;
  if (addressType === -1 && address !== null) return address;
  if (fd !== undefined && fd >= 0) return `fd ${fd}`;
  if (addressType === 'udp4' || addressType === 'udp6') return `${address ?? '*'}:${port}/udp`;
  if (address === null) return `*:${port}`;
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The same, of a listener of the dispatcher's. */
export function textOf(address: DispatcherAddress): string {
  if (typeof address === 'string') return address;
  const { port } = address;
  return isIPv6(address.address) ? `[${address.address}]:${port}` : `${address.address}:${port}`;
}
