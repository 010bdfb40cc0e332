/**
 * Listening sockets of the process that was the primary before this one. Each waits for a worker that listens
 * at the same key or address; what no worker wants is closed when the start is over. Their files stay the former
 * primary's until it leaves.
 */

import type { Dispatcher } from '../dispatcher/dispatcher.js';
import type { Listener, ListenerSettings } from '../dispatcher/listener.js';
import type { UnixFile } from '../native/engine.js';
import type { Address } from '../types/options.js';
import type { QueryServer } from './messages.js';

/** What a worker that listens there asked for, and what it is told; see QueryServer. */
export interface ListenerKey {
  key: string;
  /** TLS session-ticket keys. */
  data: unknown;
}

/** A listening socket on its way from one process to another; `fd` is its number in the one that takes it. */
export interface PassedListener {
  fd: number;
  address: Address;
  backlog: number;
  file: UnixFile | null;
  keys: ListenerKey[];
  /** How many milliseconds after its first one a worker asked for it; left out: it is not known. */
  lateMs?: number;
  /** Of one that its process was started with: the number by which workers know it, and its name. */
  inherited: { fd: number; name: string } | null;
  /** Null where nobody has changed anything, and of one that a service manager has kept. */
  settings: ListenerSettings | null;
}

export class Taken {
  readonly passed: PassedListener;
  readonly listener: Listener;
  isWanted = false;

  constructor(passed: PassedListener, listener: Listener) {
    this.passed = passed;
    this.listener = listener;
  }

  /** What the workers of that key were told, or those of another key of the same socket. */
  dataOf(key: string): unknown {
    const { keys } = this.passed;
    const own = keys.find((one) => one.key === key)?.data;
    return own ?? keys.find(({ data }) => data !== null && data !== undefined)?.data;
  }

  isFor(query: QueryServer): boolean {
    const { file, inherited } = this.passed;
    if (query.port < 0 && file !== null && query.address === file.file) return true;
    const isFd = inherited !== null && query.fd === inherited.fd;
    return isFd || isAddressOf(this.listener, query);
  }
}

export class TakenListeners {
  readonly #all: Taken[] = [];
  #isSettled = false;

  /** Takes the fd over. Rejects as `dispatcher.listen()` does. */
  async add(dispatcher: Dispatcher, name: string, passed: PassedListener): Promise<Listener> {
    const { fd, address, backlog, settings } = passed;
    const listener = await dispatcher.takeOver({ fd, name, address, backlog });
    // Before any worker is there.
    if (settings !== null) apply(settings, listener);
    this.#all.push(new Taken(passed, listener));
    return listener;
  }

  /** By the key, or where none has that, by the address. */
  want(key: string, query: QueryServer): Taken | null {
    const free = this.#all.filter(({ isWanted }) => !isWanted && !this.#isSettled);
    const found =
      free.find(({ passed }) => passed.keys.some((one) => one.key === key)) ??
      free.find((taken) => taken.isFor(query));
    if (found === undefined) return null;
    found.isWanted = true;
    return found;
  }

  /**
   * Whether one that its last worker has closed stays, for another one: while the start goes on, for its address
   * could not be bound anew.
   */
  keeps(listener: Listener): boolean {
    const taken = this.#all.find((one) => one.listener === listener);
    if (taken === undefined || this.#isSettled) return false;
    taken.isWanted = false;
    return true;
  }

  has(listener: Listener): boolean {
    return this.#all.some((one) => one.listener === listener);
  }

  /** Those that no worker has yet, though one may. */
  get unwanted(): Taken[] {
    return this.#isSettled ? [] : this.#all.filter(({ isWanted }) => !isWanted);
  }

  /** Those that workers had before, while the start goes on. */
  get expected(): readonly Taken[] {
    return this.#isSettled ? [] : this.#all.filter(({ passed }) => passed.keys.length > 0);
  }

  /** By its place among what was taken over; null without one. */
  at(index: number): Listener | null {
    return this.#all[index]?.listener ?? null;
  }

  /** It has been changed there since it was passed. */
  configure(index: number, settings: ListenerSettings): void {
    const taken = this.#all[index];
    if (taken !== undefined) apply(settings, taken.listener);
  }

  /** Files are removed with their listeners from now on. The former primary has left. */
  takeFiles(): void {
    for (const { listener, passed } of this.#all) {
      if (passed.file !== null) listener.takeFile(passed.file);
    }
  }

  /** The file of that one leads to another socket by now. Takes ownership of the fd. */
  replace(index: number, fd: number, file: UnixFile): void {
    const taken = this.#all[index];
    if (taken === undefined) return;
    taken.listener.replaceSocket(fd);
    taken.passed.file = file;
  }

  /** Closes those that no worker has, but for those of a service manager. Returns their addresses. */
  settle(): Address[] {
    if (this.#isSettled) return [];
    this.#isSettled = true;
    const unwanted = this.#all.filter((one) => !one.isWanted && one.passed.inherited === null);
    for (const { listener } of unwanted) void listener.close();
    return unwanted.map(({ listener }) => listener.address());
  }
}

function apply({ isPaused, changes }: ListenerSettings, listener: Listener): void {
  if (isPaused) listener.pause();
  else listener.resume();
  if (Object.keys(changes).length > 0) listener.configure(changes);
}

/** Whether the worker would listen just there. */
export function isAddressOf(listener: Listener, { address, port }: QueryServer): boolean {
  const its = listener.address();
  if (typeof its === 'string') return port < 0 && address === its;
  // Without an address Node would take '::', or '0.0.0.0' where there is no IPv6.
  const isAny = its.address === '::' || its.address === '0.0.0.0';
  return port === its.port && (address === null ? isAny : address === its.address);
}
