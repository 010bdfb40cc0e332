/** The listening sockets of the ipc transport: accept, and what goes wrong with it. */

import type { Server } from 'node:net';
import { constants } from 'node:os';
import { errnoName, systemError } from '../../errors.js';
import type { Address } from '../../types.js';
import type { ListenerCounts, ListenTarget } from '../transport.js';
import { type Connection, newConnection } from './connection.js';
import { doesPass } from './errors.js';
import { countIn, Report } from './figures.js';
import { addressOf, highestFd, listen } from './listener.js';

export interface DoorsUser {
  onConnection(connection: Connection): void;
  onAcceptError(listener: number, error: Error): void;
  /** It is closed. */
  onBroken(listener: number, error: Error): void;
}

interface Door {
  readonly server: Server;
  readonly counts: ListenerCounts;
  readonly report: Report;
}

export class Doors {
  readonly #user: DoorsUser;
  readonly #doors = new Map<number, Door>();

  constructor(user: DoorsUser) {
    this.#user = user;
  }

  /** Rejects with the error net.Server would emit. */
  async open(id: number, target: ListenTarget, counts: ListenerCounts): Promise<Address> {
    const limit = highestFd();
    const server = await listen(target, (error, handle) => {
      if (handle === undefined) return this.#onError(id, error);
      counts.accepted++;
      if (handle.fd < limit) return this.#user.onConnection(newConnection(id, handle));
      handle.close();
      counts.closed++;
      this.#onError(id, -constants.errno.EMFILE);
    });
    this.#doors.set(id, { server, counts, report: new Report() });
    return addressOf(server);
  }

  /** Resolves when the address is free again. */
  close(id: number): Promise<void> {
    const server = this.#doors.get(id)?.server;
    this.#doors.delete(id);
    return new Promise((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#doors.keys()].map((id) => this.close(id)));
  }

  ref(): void {
    for (const { server } of this.#doors.values()) server.ref();
  }

  unref(): void {
    for (const { server } of this.#doors.values()) server.unref();
  }

  #onError(id: number, errno: number): void {
    const door = this.#doors.get(id);
    if (door === undefined) return;
    const error = systemError(errno, 'accept');
    const code = errnoName(errno);
    if (!doesPass(code)) {
      void this.close(id);
      this.#user.onBroken(id, error);
      return;
    }
    countIn(door.counts.acceptErrors, code);
    if (door.report.isDue()) this.#user.onAcceptError(id, error);
  }
}
