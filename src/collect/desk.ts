/**
 * The primary's part: workers come and tell their registries, and what they have told is kept and merged. A
 * worker is asked for nothing, so a scrape shows what is known of one that stands, and how old that is.
 */

import type { Server, Socket } from 'node:net';
import { listenAt, newAddress, newToken } from '../hub/address.js';
import { Door, type Guest } from '../hub/door.js';
import { announceDesk } from './environment.js';
import { Merged } from './merged.js';
import { answerFrame, type Message, MOST_FRAME_BYTES, readMessage } from './messages.js';
import { type ExtraLabels, ProcessValues } from './process-values.js';

/** How soon workers tell what is new: while somebody reads it, and otherwise. */
const TELL_MS = { read: 1_000, unread: 5_000 };

/** For so long after it was read. */
const READ_MS = 300_000;

/** More than that are turned away and counted; there are 512 workers at most. */
const MOST_PROCESSES = 1_100;

/** Who a process is to those that look at the metrics. */
export interface Identity {
  /** The worker's place, such as a seat; null if it is none of the primary's workers. */
  readonly seat: string | null;
  readonly extra: ExtraLabels;
}

export class Desk {
  readonly merged = new Merged();
  readonly #identify: (pid: number) => Identity;
  readonly #processes = new Map<ProcessValues, Identity>();
  readonly #server: Server;
  readonly #door: Door;
  #readAt = performance.now();
  #turnedAway = 0;

  /** Listens at once. Throws if that is not possible. */
  constructor(identify: (pid: number) => Identity) {
    this.#identify = identify;
    const token = newToken();
    const address = newAddress();
    this.#door = new Door(token, MOST_FRAME_BYTES, (socket) => this.#admit(socket));
    this.#server = listenAt(address, (socket) => this.#door.accept(socket));
    announceDesk({ token, address });
  }

  /** Brings the merged series up to date, and says who has told them: by the seat the age of the oldest in milliseconds. */
  read(): Map<string, number> {
    const now = performance.now();
    this.#readAt = now;
    for (const { series } of this.merged.metrics.values()) {
      for (const one of series.values()) one.begin();
    }
    const ages = new Map<string, number>();
    for (const [values, { seat }] of this.#processes) {
      values.addAll();
      const age = now - values.toldAt;
      if (seat !== null) ages.set(seat, Math.max(ages.get(seat) ?? 0, age));
    }
    return ages;
  }

  /** How many series are not there, by the reason. */
  leftOut(): Record<string, number> {
    const all: Record<string, number> = {};
    const add = (counts: Readonly<Record<string, number>>): void => {
      for (const [reason, n] of Object.entries(counts)) all[reason] = (all[reason] ?? 0) + n;
    };
    for (const values of this.#processes.keys()) {
      add(values.leftOut);
      add(values.refused);
    }
    if (this.#turnedAway > 0) add({ process: this.#turnedAway });
    return all;
  }

  close(): void {
    announceDesk(null);
    this.#server.close();
    this.#door.close();
  }

  #admit(socket: Socket): Guest {
    let values: ProcessValues | null = null;
    const isTooMany = this.#processes.size >= MOST_PROCESSES;
    return {
      onFrame: (payload) => {
        if (isTooMany) throw new Error('too many processes');
        const message = readMessage(payload);
        if (values === null) values = this.#greet(message);
        else values.hear(message, performance.now());
        // It waits for that, so no more than one is on its way.
        socket.write(answerFrame(this.#delayMs()));
      },
      onClose: () => {
        if (isTooMany) this.#turnedAway++;
        if (values === null) return;
        this.#processes.delete(values);
        values.end();
        for (const other of this.#processes.keys()) other.retry();
      },
    };
  }

  #greet(message: Message): ProcessValues {
    if (message.type !== 'hello') throw new Error('a process that does not say hello');
    const identity = this.#identify(message.pid);
    const values = new ProcessValues(message.pid, this.merged, identity.extra, performance.now());
    this.#processes.set(values, identity);
    return values;
  }

  #delayMs(): number {
    return performance.now() - this.#readAt < READ_MS ? TELL_MS.read : TELL_MS.unread;
  }
}
