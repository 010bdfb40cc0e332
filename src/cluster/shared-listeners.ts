/**
 * The listeners that workers share, by the key that Node's primary would have for their handle. One is
 * there as long as a worker has it, and closes at once with its last: in plain Node the address is free
 * when the call or the event that took the worker away is over.
 *
 *   opening ──▶ open ──last worker leaves──▶ closed
 *      └── last worker leaves: closed as soon as it is open, unless another has come
 */

import type { Worker } from 'node:cluster';
import type { Listener } from '../dispatcher/listener.js';
import type { Address } from '../types/options.js';

interface Shared {
  /** When each asked for it, by `performance.now()`. */
  readonly workers: Map<Worker, number>;
  opening: Promise<Listener>;
  listener: Listener | null;
  /** Nobody had it any more while it was opening. */
  isLeft: boolean;
  /** Of the first worker, for all. */
  data: unknown;
}

export interface Entry {
  key: string;
  listener: Listener;
  data: unknown;
  /** How many milliseconds after its first one the last of its workers asked for it. */
  lateMs: number;
}

/** An address where a worker does not listen, and another one does, or has. */
export interface Lack {
  address: Address;
  /** How many milliseconds after its first one the other asked for it. */
  lateMs: number;
}

export class SharedListeners {
  readonly #byKey = new Map<string, Shared>();
  /** When each worker asked for its first one. */
  readonly #firstAt = new WeakMap<Worker, number>();
  readonly #close: (listener: Listener) => void;

  constructor(close: (listener: Listener) => void) {
    this.#close = close;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  hasKey(worker: Worker, key: string): boolean {
    return this.#byKey.get(key)?.workers.has(worker) ?? false;
  }

  isShared(worker: Worker): boolean {
    return [...this.#byKey.values()].some(({ workers }) => workers.has(worker));
  }

  /** Each that `other` has and the worker has not. */
  lacking(worker: Worker, other: Worker): Lack[] {
    return [...this.#byKey.values()].flatMap((shared) => {
      const { listener, workers } = shared;
      if (listener === null || !workers.has(other) || workers.has(worker)) return [];
      return [{ address: listener.address(), lateMs: this.#lateMs(shared, other) }];
    });
  }

  hasListener(worker: Worker, listener: Listener): boolean {
    return [...this.#byKey.values()].some(
      (shared) => shared.listener === listener && shared.workers.has(worker),
    );
  }

  #lateMs({ workers }: Shared, worker: Worker): number {
    return (workers.get(worker) ?? 0) - (this.#firstAt.get(worker) ?? 0);
  }

  /** The worker gets the listener of that key; `open` is called for the first. Rejects as it does. */
  async join(
    key: string,
    worker: Worker,
    data: unknown,
    open: () => Promise<Listener>,
  ): Promise<{ listener: Listener; data: unknown }> {
    const shared = this.#byKey.get(key) ?? this.#open(key, open);
    const now = performance.now();
    shared.workers.set(worker, now);
    if (!this.#firstAt.has(worker)) this.#firstAt.set(worker, now);
    shared.isLeft = false;
    shared.data ??= data;
    return { listener: await shared.opening, data: shared.data };
  }

  /** `isKept`: it stays open for a worker to come. */
  leave(worker: Worker, key: string, isKept: boolean): void {
    const shared = this.#byKey.get(key);
    if (shared?.workers.delete(worker) && !isKept) this.#closeIfUnused(key, shared);
  }

  leaveAll(worker: Worker, isKept: boolean): void {
    for (const key of this.#byKey.keys()) this.leave(worker, key, isKept);
  }

  /** Those that no worker has for which `isServing`. Returns those that were open. */
  closeUnused(isServing: (worker: Worker) => boolean): Listener[] {
    const closed: Listener[] = [];
    for (const [key, shared] of this.#byKey) {
      if ([...shared.workers.keys()].some(isServing)) continue;
      if (shared.listener !== null) closed.push(shared.listener);
      this.#closeUnused(key, shared);
    }
    return closed;
  }

  /** What can pass to another process, once it is open; what does not open has told its workers. */
  async entries(): Promise<Entry[]> {
    const all = [...this.#byKey].map(async ([key, shared]) => {
      const late = [...shared.workers.keys()].map((worker) => this.#lateMs(shared, worker));
      const { opening, data } = shared;
      return { key, listener: await opening, data, lateMs: Math.max(0, ...late) };
    });
    const settled = await Promise.allSettled(all);
    return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  }

  /** They are the caller's from here on. */
  takeAll(): Array<Promise<Listener>> {
    const all = [...this.#byKey.values()].map(({ opening }) => opening);
    this.#byKey.clear();
    return all;
  }

  #open(key: string, open: () => Promise<Listener>): Shared {
    const shared: Shared = {
      workers: new Map(),
      opening: open(),
      listener: null,
      isLeft: false,
      data: null,
    };
    this.#byKey.set(key, shared);
    shared.opening.then(
      (listener) => {
        shared.listener = listener;
        if (shared.isLeft && this.#byKey.get(key) === shared) this.#closeIfUnused(key, shared);
      },
      () => {
        // Another worker may have tried again since.
        if (this.#byKey.get(key) === shared) this.#byKey.delete(key);
      },
    );
    return shared;
  }

  #closeIfUnused(key: string, shared: Shared): void {
    if (shared.workers.size === 0) this.#closeUnused(key, shared);
  }

  #closeUnused(key: string, shared: Shared): void {
    shared.isLeft = true;
    if (shared.listener === null) return;
    this.#byKey.delete(key);
    this.#close(shared.listener);
  }
}
