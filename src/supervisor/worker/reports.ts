/**
 * What node:cluster does not tell the primary: that something in the process listens by itself
 * (`exclusive`, `reusePort`, an fd, UDP, a thread), and that the program has been loaded to its end.
 */

import type { Socket as UdpSocket } from 'node:dgram';
import { subscribe } from 'node:diagnostics_channel';
import { realpathSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { pathToFileURL } from 'node:url';
import { after } from '../../hidden-listeners.js';
import type { ListeningPlace } from '../messages.js';
import { tellPrimary } from './primary.js';

/** How often it is looked whether Node has begun to load the program as an ES module. */
const LOOK_MS = 100;

type Handle = { fd?: number } | null;

export function reportServer(server: Server): void {
  const place = placeOf(server);
  if (place !== null) report(place);
}

/** Null of one that rondo or node:cluster serves: that has a stand-in for a handle, without an fd. */
export function placeOf(server: Server): ListeningPlace | null {
  const { fd } = ((server as Server & { _handle: Handle })._handle ?? {}) as { fd?: number };
  const address = server.address();
  if (fd === undefined || fd < 0 || address === null) return null;
  return typeof address === 'string' ? pathPlace(address) : tcpPlace(address);
}

/** Of those that are shared node:cluster tells, too; the primary has each place once. */
export function watchUdp(report: (place: ListeningPlace) => void): void {
  subscribe('udp.socket', (message) => {
    const { socket } = message as { socket: UdpSocket };
    const { bind } = socket as UdpSocket & { bind(...args: unknown[]): UdpSocket };
    Object.defineProperty(socket, 'bind', {
      configurable: true,
      writable: true,
      value: (...args: unknown[]) => {
        delete (socket as Partial<UdpSocket>).bind;
        // One that only sends is bound to any port.
        if (portOf(args) !== 0) tellOnce(socket, report);
        return bind.apply(socket, args);
      },
    });
  });
}

/**
 * Tells once when the program's main module has been evaluated: a CommonJS module before the loop's first
 * turn. `isAsked`: it is to be found out of an ES module, too, for which Node has no event.
 */
export function reportStarted(isAsked: boolean): void {
  setImmediate(() => {
    if (isLoaded()) return tellPrimary({ cmd: 'NODE_SUPERVISE_STARTED' });
    if (isAsked) setTimeout(() => void awaitModule(), LOOK_MS).unref();
  }).unref();
}

/** The same module again, which is evaluated once. By now Node itself has begun to load it. */
async function awaitModule(): Promise<void> {
  const [, program] = process.argv;
  if (program !== undefined && !isLoaded()) {
    try {
      await import(pathToFileURL(realpathSync(program)).href);
    } catch {
      // Its own end says so.
      return;
    }
  }
  tellPrimary({ cmd: 'NODE_SUPERVISE_STARTED' });
}

function portOf([first]: unknown[]): number {
  const options = typeof first === 'object' && first !== null ? first : { port: first };
  return Number((options as { port?: unknown }).port) || 0;
}

function isLoaded(): boolean {
  // Of CommonJS alone; of an ES module it is undefined.
  return process.mainModule?.loaded === true;
}

function tellOnce(socket: UdpSocket, report: (place: ListeningPlace) => void): void {
  const stop = after(socket, 'listening', () => {
    stop();
    report(udpPlace(socket));
  });
}

export function report(place: ListeningPlace): void {
  tellPrimary({ cmd: 'NODE_SUPERVISE_LISTENING', place });
}

function pathPlace(address: string): ListeningPlace {
  return { address, port: -1, addressType: -1 };
}

function tcpPlace({ address, port, family }: AddressInfo): ListeningPlace {
  return { address, port, addressType: family === 'IPv6' ? 6 : 4 };
}

function udpPlace(socket: UdpSocket): ListeningPlace {
  const { address, port, family } = socket.address();
  return { address, port, addressType: family === 'IPv6' ? 'udp6' : 'udp4' };
}
