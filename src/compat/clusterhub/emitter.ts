/** The events of a hub: listeners of this process, which the others know of. */

import { EventEmitter } from 'node:events';
import { rendezvous } from '../../hub/environment.js';
import { Broker } from './broker.js';
import { Client } from './client.js';
import type { Link } from './link.js';

/** A listener; its arguments are what the event was emitted with. */
// biome-ignore lint/suspicious/noExplicitAny: what an event has is the program's
export type Listener = (...args: any[]) => void;

let link: Link | null = null;

/** @internal */
export function linkOfProcess(): Link {
  link ??= rendezvous().role === 'primary' ? new Broker() : new Client();
  return link;
}

/** What a hub has of an emitter. */
export class HubEmitter {
  /** Its name; `''` is the one that the module exports. */
  readonly id: string;
  readonly #listeners = new EventEmitter();
  readonly #link = linkOfProcess();
  #isDestroyed = false;

  constructor(id: string) {
    this.id = id;
    this.#listeners.setMaxListeners(0);
  }

  /** @internal */
  get isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  /** To the listeners of all processes. Those of this one are called before it returns. */
  emit(event: string, ...args: unknown[]): boolean {
    this.emitRemote(event, ...args);
    return this.emitLocal(event, ...args);
  }

  /** To the listeners of this process. False if there are none. */
  emitLocal(event: string, ...args: unknown[]): boolean {
    // Without a listener, an emitter would throw it.
    if (this.#listeners.listenerCount(event) === 0) return false;
    return this.#listeners.emit(event, ...args);
  }

  /** To the listeners of all other processes. */
  emitRemote(event: string, ...args: unknown[]): void {
    if (!this.#isDestroyed) this.#link.emit(this.id, event, args);
  }

  on(event: string, listener: Listener): this {
    this.#listeners.on(event, listener);
    return this.#tell(event);
  }

  prependListener(event: string, listener: Listener): this {
    this.#listeners.prependListener(event, listener);
    return this.#tell(event);
  }

  once(event: string, listener: Listener): this {
    return this.many(1, event, listener);
  }

  prependOnceListener(event: string, listener: Listener): this {
    return this.prependManyListener(1, event, listener);
  }

  /** For the next `times` events. */
  many(times: number, event: string, listener: Listener): this {
    return this.on(event, this.#counted(times, event, listener));
  }

  prependManyListener(times: number, event: string, listener: Listener): this {
    return this.prependListener(event, this.#counted(times, event, listener));
  }

  /** Without a listener: the first one. */
  off(event: string, listener?: Listener): this {
    const before = this.#listeners.listenerCount(event);
    const removed = listener ?? this.#listeners.rawListeners(event)[0];
    if (removed !== undefined) this.#listeners.off(event, removed as Listener);
    if (this.#listeners.listenerCount(event) < before) this.#link.off(this.id, event);
    return this;
  }

  /** Without an event: of all. */
  removeAllListeners(event?: string): this {
    if (event === undefined) this.#listeners.removeAllListeners();
    else this.#listeners.removeAllListeners(event);
    this.#link.offAll(this.id, event ?? null);
    return this;
  }

  /** Of this process. */
  listeners(event: string): Listener[] {
    return this.#listeners.listeners(event) as Listener[];
  }

  /** As `listeners()`, with those of `once()` as they are called. */
  rawListeners(event: string): Listener[] {
    return this.#listeners.rawListeners(event) as Listener[];
  }

  listenerCount(event: string): number {
    return this.#listeners.listenerCount(event);
  }

  eventNames(): string[] {
    return this.#listeners.eventNames() as string[];
  }

  /** 0, the default: no limit. */
  setMaxListeners(count: number): this {
    this.#listeners.setMaxListeners(count);
    return this;
  }

  getMaxListeners(): number {
    return this.#listeners.getMaxListeners();
  }

  /** @internal Nothing comes or goes any more. */
  setDestroyed(): void {
    this.#isDestroyed = true;
  }

  #tell(event: string): this {
    if (!this.#isDestroyed) this.#link.on(this.id, event);
    return this;
  }

  #counted(times: number, event: string, listener: Listener): Listener {
    let left = times;
    const wrapper = (...args: unknown[]): void => {
      if (--left === 0) this.off(event, listener);
      listener(...args);
    };
    return Object.assign(wrapper, { listener });
  }
}
