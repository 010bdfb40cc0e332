/**
 * Sockets that `postMessage()` gives to a thread, as newer Node.js can: their handles are taken from this thread without a
 * close, and what the thread does with them is told to nobody here.
 */

import { Socket } from 'node:net';

/** Of node:worker_threads, for what a class says of its own transfer. */
const NAME = 'messaging_transfer_symbol';

type Transfer = (this: { _handle: object | null }, ...args: unknown[]) => unknown;

/** Calls back with the handle of each from now on. */
export function onTransferred(then: (handle: object) => void): void {
  const symbols = Object.getOwnPropertySymbols(Socket.prototype);
  const symbol = symbols.find(({ description }) => description === NAME);
  if (symbol === undefined) return;
  const own = Object.getOwnPropertyDescriptor(Socket.prototype, symbol);
  const nodes = own?.value as Transfer;
  const transfer: Transfer = function (...args) {
    const { _handle: handle } = this;
    const result = nodes.apply(this, args);
    if (handle !== null) then(handle);
    return result;
  };
  Object.defineProperty(Socket.prototype, symbol, { ...own, value: transfer });
}
