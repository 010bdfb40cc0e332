/** What comes from other members: each of their connections begins with who they are. */

import type { Server } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import { listenAt, newAddress } from './address.js';
import { checkIntroduction, type Introduction } from './control.js';
import { Door, type Guest } from './door.js';
import { helloFrame, MAX_FRAME_BYTES, type Message, MessageType, readMessage } from './messages.js';
import type { Member } from './types.js';

/** Without what a member listens for, which the directory tells. */
export type Self = Omit<Introduction, 'listens' | 'handles'>;

export interface Sender {
  readonly member: Member;
  /** Where it listens; null: it is this process. */
  readonly address: string | null;
}

export function hello(self: Self): Buffer {
  return helloFrame(serialize({ ...self, listens: [], handles: [] }));
}

export class Inbox {
  readonly address = newAddress();
  readonly #door: Door;
  readonly #server: Server;
  readonly #onMessage: (sender: Sender, message: Message) => void;
  /** Open connections of a sender, and who waits for their end. */
  readonly #open = new Map<string, number>();
  readonly #whenRead = new Map<string, Array<() => void>>();

  /** Throws if it cannot listen. */
  constructor(token: Buffer, onMessage: (sender: Sender, message: Message) => void) {
    this.#onMessage = onMessage;
    this.#door = new Door(token, MAX_FRAME_BYTES, () => this.#admit());
    this.#server = listenAt(this.address, (socket) => this.#door.accept(socket));
  }

  get refused(): number {
    return this.#door.refused;
  }

  /** Calls back when all that one has sent, which is gone, has been read. */
  whenRead(id: string, then: () => void): void {
    // A connection may have come with the same turn of the loop.
    setImmediate(() => {
      if (!this.#open.has(id)) return then();
      this.#whenRead.set(id, [...(this.#whenRead.get(id) ?? []), then]);
    });
  }

  close(): void {
    this.#server.close();
    this.#door.close();
  }

  #admit(): Guest {
    let sender: Sender | null = null;
    return {
      onFrame: (payload) => {
        if (sender !== null) return this.#onMessage(sender, readMessage(payload));
        if (payload[0] !== MessageType.hello) throw new Error('a member that does not say hello');
        const { address, ...said } = checkIntroduction(deserialize(payload.subarray(1)));
        const { id, pid, seat, role } = said;
        sender = { member: Object.freeze({ id, pid, seat, role }), address };
        this.#open.set(id, (this.#open.get(id) ?? 0) + 1);
      },
      onClose: () => {
        if (sender !== null) this.#onClose(sender.member.id);
      },
    };
  }

  #onClose(id: string): void {
    const count = (this.#open.get(id) ?? 0) - 1;
    if (count > 0) {
      this.#open.set(id, count);
      return;
    }
    this.#open.delete(id);
    const waiting = this.#whenRead.get(id) ?? [];
    this.#whenRead.delete(id);
    for (const then of waiting) then();
  }
}
