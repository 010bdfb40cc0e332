/** The listening sockets of the ipc transport: accept, and what goes wrong with it. */

import { closeSync } from 'node:fs';
import type { Server } from 'node:net';
import { constants } from 'node:os';
import { errnoName, systemError } from '../../errors.js';
import type { UnixFile } from '../../native/engine.js';
import type { Address } from '../../types/options.js';
import type { LentSocket, ListenerCounts, ListenTarget } from '../transport.js';
import { type Connection, newConnection } from './connection.js';
import { doesPass } from './errors.js';
import { countIn, Report } from './figures.js';
import { fdOf, fileOf, leaveFile, removeFile, takeFile } from './hand-over.js';
import { addressOf, highestFd, listen } from './listener.js';

export interface DoorsUser {
  onConnection(connection: Connection): void;
  onAcceptError(listener: number, error: Error): void;
  /** It is closed. */
  onBroken(listener: number, error: Error): void;
}

interface Door {
  readonly server: Server;
  readonly target: ListenTarget;
  readonly counts: ListenerCounts;
  readonly report: Report;
}

interface Closed {
  readonly target: ListenTarget & { kind: 'fd' };
  readonly counts: ListenerCounts;
  file: UnixFile | null;
}

export class Doors {
  readonly #user: DoorsUser;
  readonly #doors = new Map<number, Door>();
  /** Another process's sockets, which are not listened at yet. */
  readonly #closed = new Map<number, Closed>();
  #isRef = true;

  constructor(user: DoorsUser) {
    this.#user = user;
  }

  /** Rejects with the error net.Server would emit. */
  async open(id: number, target: ListenTarget, counts: ListenerCounts): Promise<Address> {
    if (target.kind === 'fd' && target.address !== undefined) {
      this.#closed.set(id, { target, counts, file: null });
      return target.address;
    }
    return addressOf(await this.#open(id, target, counts));
  }

  /** A worker serves it. What has accepted can only deal, so not before. */
  start(id: number): void {
    const closed = this.#closed.get(id);
    if (closed === undefined) return;
    this.#closed.delete(id);
    this.#open(id, closed.target, closed.counts).then(
      (server) => {
        if (closed.file !== null) takeFile(server, closed.file);
      },
      (error: Error) => this.#user.onBroken(id, error),
    );
  }

  async #open(id: number, target: ListenTarget, counts: ListenerCounts): Promise<Server> {
    const limit = highestFd();
    const server = await listen(target, (error, handle) => {
      if (handle === undefined) return this.#onError(id, error);
      counts.accepted++;
      if (handle.fd < limit) return this.#user.onConnection(newConnection(id, handle));
      handle.close();
      counts.closed++;
      this.#onError(id, -constants.errno.EMFILE);
    });
    if (!this.#isRef) server.unref();
    this.#doors.set(id, { server, target, counts, report: new Report() });
    return server;
  }

  /** The fd stays the server's. Throws a system error. */
  lend(id: number): LentSocket {
    const door = this.#doors.get(id);
    const fd = door === undefined ? this.#closed.get(id)?.target.fd : fdOf(door.server);
    if (fd === undefined) throw systemError(-constants.errno.EBADF, 'dup');
    const file = door === undefined ? null : fileOf(door.server, door.target);
    return { fd, file, close: () => {} };
  }

  takeFile(id: number, file: UnixFile): void {
    const door = this.#doors.get(id);
    const closed = this.#closed.get(id);
    if (door !== undefined) takeFile(door.server, file);
    else if (closed !== undefined) closed.file = file;
  }

  /** As close(), and the file of a path stays. */
  leave(id: number): Promise<void> {
    const door = this.#doors.get(id);
    if (door === undefined) return this.close(id);
    return leaveFile(door.server, door.target, () => this.close(id));
  }

  /** Resolves when the address is free again. */
  close(id: number): Promise<void> {
    const server = this.#doors.get(id)?.server;
    this.#doors.delete(id);
    const closed = this.#closed.get(id);
    this.#closed.delete(id);
    if (closed !== undefined) return this.#closeUnopened(closed);
    return new Promise((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#doors.keys(), ...this.#closed.keys()].map((id) => this.close(id)));
  }

  ref(): void {
    this.#isRef = true;
    for (const { server } of this.#doors.values()) server.ref();
  }

  unref(): void {
    this.#isRef = false;
    for (const { server } of this.#doors.values()) server.unref();
  }

  #closeUnopened({ target, file }: Closed): Promise<void> {
    if (file !== null) removeFile(file);
    closeSync(target.fd);
    return Promise.resolve();
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
