/**
 * The values of one hub, in the primary: keys, their values, and when they expire. Each command is a function in a
 * file beside this one, named for the type of value that it works on. A command tells of what it has done by two events, `'set key'` and
 * `'set'`.
 */

import { invalidOption } from '../../../errors.js';

export interface Entry {
  value: unknown;
  /** When it was set, in milliseconds since the epoch; null before the first `set()`. */
  setAt: number | null;
  timer: NodeJS.Timeout | null;
  /** When it expires, in milliseconds since the epoch. */
  dueAt: number;
}

export type Key = string | number;
export type Hash = Record<string, unknown>;

/** Of setTimeout; a longer time is waited for in parts. */
const LONGEST_MS = 2 ** 31 - 1;

export class Store {
  readonly entries = new Map<string, Entry>();
  readonly #emit: (event: string, args: unknown[]) => void;
  readonly #other: (name: string) => Store;

  /** `other` finds the values of another hub. */
  constructor(emit: (event: string, args: unknown[]) => void, other: (name: string) => Store) {
    this.#emit = emit;
    this.#other = other;
  }

  other(name: string): Store {
    return this.#other(name);
  }

  emit(event: string, ...args: unknown[]): void {
    this.#emit(event, args);
  }

  /** The event of the key, and the one of all keys. */
  tell(command: string, key: Key, ...args: unknown[]): void {
    this.emit(`${command} ${key}`, ...args);
    this.emit(command, key, ...args);
  }

  find(key: Key): Entry | undefined {
    return this.entries.get(nameOf(key));
  }

  /** The entry of a new key, or of one that is there; it does not expire any more. */
  put(key: Key, value: unknown): Entry {
    const found = this.find(key);
    if (found === undefined) {
      const entry: Entry = { value, setAt: null, timer: null, dueAt: 0 };
      this.entries.set(nameOf(key), entry);
      return entry;
    }
    this.persist(key);
    found.value = value;
    return found;
  }

  delete(key: Key): boolean {
    const entry = this.find(key);
    if (entry === undefined) return false;
    this.persist(key);
    return this.entries.delete(nameOf(key));
  }

  expire(key: Key, entry: Entry, seconds: number): void {
    clearTimeout(entry.timer ?? undefined);
    entry.dueAt = Date.now() + seconds * 1000;
    this.#wait(key, entry);
    this.tell('expire', key, seconds);
  }

  /** Whether it was to expire. */
  persist(key: Key): boolean {
    const entry = this.find(key);
    if (entry === undefined || entry.timer === null) return false;
    clearTimeout(entry.timer);
    entry.timer = null;
    this.tell('persist', key);
    return true;
  }

  clear(): void {
    for (const { timer } of this.entries.values()) clearTimeout(timer ?? undefined);
    this.entries.clear();
  }

  #wait(key: Key, entry: Entry): void {
    const leftMs = entry.dueAt - Date.now();
    // Nothing of a hub keeps a process running.
    entry.timer = setTimeout(
      () => {
        if (entry.dueAt > Date.now()) return this.#wait(key, entry);
        this.delete(key);
        this.tell('del', key);
      },
      Math.min(Math.max(leftMs, 0), LONGEST_MS),
    ).unref();
  }
}

export function nameOf(key: unknown): string {
  if (typeof key === 'string' || typeof key === 'number') return String(key);
  throw invalidOption('key', 'a string', key);
}

export function checkFinite(name: string, value: unknown): number {
  const number = Number(value);
  if (value !== null && value !== '' && Number.isFinite(number)) return number;
  throw invalidOption(name, 'a number', value);
}

/** `key, value, key, value, …` */
export function pairsOf(values: readonly unknown[]): Array<[Key, unknown]> {
  if (values.length % 2 !== 0) {
    throw invalidOption('values', 'a value for each key', values.at(-1));
  }
  return Array.from({ length: values.length / 2 }, (_, pair) => [
    values[2 * pair] as Key,
    values[2 * pair + 1],
  ]);
}

export type TypeName = 'none' | 'list' | 'hash' | 'string' | 'number' | 'boolean' | 'other';

export function typeOf(entry: Entry | undefined): TypeName {
  if (entry === undefined) return 'none';
  const { value } = entry;
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'object':
      return value === null ? 'other' : 'hash';
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value as TypeName;
    default:
      return 'other';
  }
}
