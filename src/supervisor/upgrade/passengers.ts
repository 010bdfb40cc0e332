/**
 * What has to pass from an old primary to the new one beside its listeners: a pid file, a socket that others connect
 * to, what a service manager is told. Each has a name, by which the new one finds it.
 */

import { closeSync } from 'node:fs';
import type { PassedPassenger } from './protocol.js';

/** What a passenger takes along. */
export interface Luggage {
  /** Stays open here until `left()`, and has another number in the new process. */
  fd?: number;
  /** As JSON. */
  data?: unknown;
  /** Variables of the environment that this process has removed from its own. */
  env?: Record<string, string>;
}

/** In the process that may be replaced. */
export interface Passenger {
  /** Called at each upgrade, before the new process is started. */
  give(): Luggage;
  /** The new process has it: from now on this one neither uses nor removes it. */
  left?(pid: number): void;
  /** The upgrade failed after the new process had begun to take things over: this one has it still. */
  kept?(): void;
}

export class Passengers {
  readonly #own = new Map<string, Passenger>();
  readonly #taken = new Map<string, PassedPassenger>();
  readonly #onHandOver: Array<() => void | Promise<void>> = [];

  /** One of each name; another takes its place. Returns what removes it. */
  add(name: string, passenger: Passenger): () => void {
    this.#own.set(name, passenger);
    return () => {
      if (this.#own.get(name) === passenger) this.#own.delete(name);
    };
  }

  /** What the process before this one has given by that name; null without one. The fd is the caller's. Once. */
  taken(name: string): { fd: number | null; data: unknown } | null {
    const passed = this.#taken.get(name);
    this.#taken.delete(name);
    return passed === undefined ? null : { fd: passed.fd, data: passed.data };
  }

  /**
   * In the new process: called when what must have one owner becomes this process's, one after another in the order
   * of the calls. What it throws ends the upgrade, and the old process keeps all. It is called once, or never.
   */
  onHandOver(take: () => void | Promise<void>): void {
    this.#onHandOver.push(take);
  }

  /** @internal */
  give(): Array<{ name: string; luggage: Luggage }> {
    return [...this.#own].map(([name, passenger]) => ({ name, luggage: passenger.give() }));
  }

  /** @internal */
  receive(passed: readonly PassedPassenger[]): void {
    for (const one of passed) this.#taken.set(one.name, one);
  }

  /** @internal */
  async handOver(): Promise<void> {
    for (const take of this.#onHandOver.splice(0)) await take();
  }

  /** What nobody has asked for by now is nobody's. @internal */
  close(): void {
    for (const { fd } of this.#taken.values()) if (fd !== null) closeSync(fd);
    this.#taken.clear();
  }

  /** @internal */
  left(pid: number): void {
    for (const passenger of this.#own.values()) passenger.left?.(pid);
  }

  /** @internal */
  kept(): void {
    for (const passenger of this.#own.values()) passenger.kept?.();
  }
}

/** Those of this process. */
export const passengers = new Passengers();
