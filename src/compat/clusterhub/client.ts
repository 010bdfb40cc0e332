/**
 * The side of every process but the primary.
 *
 *   joining ── the primary has said welcome ──▶ joined
 *
 * What is said before waits, in order.
 */

import { hub as family } from '../../hub/index.js';
import { type Caller, Functions, unpacked } from './functions.js';
import type { Link, LocalHub } from './link.js';
import {
  type Failure,
  PRIMARY_IS_THERE,
  TO_PRIMARY,
  type ToMember,
  type ToPrimary,
  toMember,
} from './messages.js';
import type { CommandName } from './store/commands.js';

/** How many messages wait for a primary that may never import this. */
const MOST_WAITING = 10_000;

export class Client implements Link {
  readonly #hubs = new Map<string, LocalHub>();
  readonly #functions = new Functions();
  readonly #caller: Caller;
  readonly #callbacks = new Map<number, { hub: string; call: (result: unknown) => void }>();
  #state: 'joining' | 'joined' = 'joining';
  readonly #waiting: ToPrimary[] = [];
  #nextKey = 1;
  #onReady: Array<() => void> = [];

  constructor() {
    this.#caller = {
      call: (key, args) => {
        this.#say({ kind: 'call', key, ...this.#functions.pack(args) });
      },
      release: (key) => this.#say({ kind: 'release', key }),
    };
    family.ready().then(
      () => this.#join(),
      () => {},
    );
  }

  add(hub: LocalHub): void {
    this.#hubs.set(hub.id, hub);
  }

  remove(hub: LocalHub): void {
    if (this.#hubs.get(hub.id) === hub) this.#hubs.delete(hub.id);
  }

  emit(hub: string, event: string, args: unknown[]): void {
    const packed = this.#functions.pack(args);
    try {
      this.#say({ kind: 'emit', hub, event, ...packed });
    } catch (error) {
      this.#functions.unpack(packed);
      throw error;
    }
  }

  on(hub: string, event: string): void {
    this.#say({ kind: 'on', hub, event });
  }

  off(hub: string, event: string): void {
    this.#say({ kind: 'off', hub, event });
  }

  offAll(hub: string, event: string | null): void {
    this.#say({ kind: 'off-all', hub, event });
  }

  command(
    hub: string,
    name: CommandName,
    args: unknown[],
    callback: ((result: unknown) => void) | null,
  ): undefined {
    const key = callback === null ? null : this.#nextKey++;
    this.#say({ kind: 'command', hub, name, args, key });
    if (key !== null && callback !== null) this.#callbacks.set(key, { hub, call: callback });
  }

  reset(hub: string): void {
    for (const [key, callback] of this.#callbacks) {
      if (callback.hub === hub) this.#callbacks.delete(key);
    }
  }

  ready(then: () => void): void {
    if (this.#state === 'joined') then();
    else this.#onReady.push(then);
  }

  async #join(): Promise<void> {
    const id = family.self()?.id;
    if (id === undefined) return;
    family.on(toMember(id), (message) => this.#receive(message as ToMember));
    family.on(PRIMARY_IS_THERE, () => this.#hello());
    // Whoever hears the hello knows then where to answer.
    await family.ready();
    this.#hello();
  }

  /** Heard by nobody, as long as the primary has not imported this; then it says so. */
  #hello(): void {
    if (this.#state === 'joining') family.emit(TO_PRIMARY, { kind: 'hello' } satisfies ToPrimary);
  }

  #say(message: ToPrimary): void {
    if (this.#state === 'joined') {
      family.emit(TO_PRIMARY, message);
      return;
    }
    // It may be changed before it is sent.
    this.#waiting.push(structuredClone(message));
    if (this.#waiting.length <= MOST_WAITING) return;
    this.#waiting.shift();
    warnOnce(
      `${MOST_WAITING} messages wait for a primary that has not imported rondo/compat/clusterhub, the oldest are dropped`,
    );
  }

  #receive(message: ToMember): void {
    switch (message.kind) {
      case 'welcome':
        return this.#onWelcome(message.missed);
      case 'emit': {
        const hub = this.#hubs.get(message.hub);
        hub?.deliver(message.event, unpacked(message, this.#caller));
        return;
      }
      case 'result':
        return this.#onResult(message);
      case 'call':
        return this.#functions.call(message.key, unpacked(message, this.#caller));
      case 'release':
        return this.#functions.release(message.key);
    }
  }

  #onWelcome(missed: number): void {
    if (this.#state === 'joined') return;
    this.#state = 'joined';
    if (missed > 0)
      warnOnce(`${missed} messages came before this process had joined, and are lost`);
    for (const message of this.#waiting.splice(0)) {
      try {
        family.emit(TO_PRIMARY, message);
      } catch (error) {
        // Too large, for instance.
        if ('hub' in message) this.#hubs.get(message.hub)?.fail(error as Error);
      }
    }
    family.emit(TO_PRIMARY, { kind: 'ready' } satisfies ToPrimary);
    for (const then of this.#onReady.splice(0)) then();
  }

  #onResult({ hub, key, result, error }: ToMember & { kind: 'result' }): void {
    const callback = key === null ? undefined : this.#callbacks.get(key);
    if (key !== null) this.#callbacks.delete(key);
    if (error !== null) this.#hubs.get(hub)?.fail(errorOf(error));
    else callback?.call(result);
  }
}

function errorOf({ name, message, code }: Failure): Error {
  const error = Object.assign(new Error(message), code !== undefined && { code });
  error.name = name;
  return error;
}

const warned = new Set<string>();

function warnOnce(message: string): void {
  if (warned.has(message)) return;
  warned.add(message);
  process.emitWarning(message, { code: 'RONDO_CLUSTERHUB' });
}
