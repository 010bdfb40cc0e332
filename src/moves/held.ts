/**
 * Whether a program holds a connection of its HTTP server, beyond what Node's own server puts at it: by a
 * listener, by a property, or because it says so. It would not be told when that goes to another worker, so such a
 * connection stays. Who listens for 'close' is told, and many programs do, to know which sockets are open. What Node's
 * server puts there is learned once, from a connection that goes nowhere.
 */

import type { Socket } from 'node:net';
import type { HttpSocket } from './http-socket.js';

/**
 * `socket[keep] = true`: the connection stays in this process for as long as it is open. `false`: it may go to
 * another one although the program has put listeners or properties at it.
 */
export const keep: unique symbol = Symbol.for('rondo.keep') as never;

declare module 'node:net' {
  interface Socket {
    /** Whether rondo leaves the connection with this process; see `keep` of `rondo/worker`. */
    [keep]?: boolean;
  }
}

type Listener = (...args: never[]) => void;

interface Pristine {
  listeners: ReadonlyMap<string | symbol, readonly unknown[]>;
  keys: ReadonlySet<string | symbol>;
}

/** What Node's classes put at a socket later on: requests, `setTimeout()`, and looking at the addresses. */
const LATER = ['_httpMessage', 'timeout', '_peername', '_sockname', keep];

/**
 * By which http-graceful-shutdown, and with it Nitro and listhen, count the sockets that are open and idle. They end with
 * 'close'.
 */
const COUNTED = ['_isIdle', '_connectionId'];

let known: Pristine | null = null;

export function isHeld(socket: Socket): boolean {
  const wish = socket[keep];
  if (wish !== undefined) return wish === true;
  known ??= learn();
  return hasOthers(socket, known) || hasOwnKeys(socket, known);
}

/** As a server that listens nowhere would have it, of this Node and of whatever the program has changed in it. */
function learn(): Pristine {
  const http = process.getBuiltinModule('node:http');
  const { Socket } = process.getBuiltinModule('node:net');
  const socket = new Socket();
  http.createServer().emit('connection', socket);
  const events = socket.eventNames();
  const pristine: Pristine = {
    listeners: new Map(events.map((event) => [event, socket.rawListeners(event)])),
    keys: new Set([...enumerable(socket), ...LATER, ...COUNTED]),
  };
  socket.destroy();
  return pristine;
}

function hasOthers(socket: HttpSocket, { listeners }: Pristine): boolean {
  for (const event of socket.eventNames()) {
    const nodes = (listeners.get(event) ?? []) as Listener[];
    let its = socket.rawListeners(event) as Listener[];
    if (event === 'close') its = its.filter((one) => nodes.some((other) => isSame(one, other)));
    if (its.length !== nodes.length) return true;
    if (its.some((one, index) => !isSame(one, nodes[index] as Listener))) return true;
  }
  return false;
}

/** Of a function that is bound to its connection the name is the same. */
function isSame(one: Listener, other: Listener): boolean {
  return one === other || (isBound(one) && isBound(other) && one.name === other.name);
}

function isBound(one: Listener): boolean {
  return one.name.startsWith('bound ') && !Object.hasOwn(one, 'prototype');
}

function hasOwnKeys(socket: Socket, { keys }: Pristine): boolean {
  return enumerable(socket).some((key) => !keys.has(key));
}

function enumerable(socket: Socket): Array<string | symbol> {
  const symbols = Object.getOwnPropertySymbols(socket);
  return [...Object.keys(socket), ...symbols.filter((one) => isEnumerable(socket, one))];
}

function isEnumerable(socket: Socket, symbol: symbol): boolean {
  return Object.prototype.propertyIsEnumerable.call(socket, symbol);
}
