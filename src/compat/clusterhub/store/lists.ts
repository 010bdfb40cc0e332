/** Commands on lists. An index below 0 counts from the end. */

import { type Key, type Store, typeOf } from './entries.js';

function listAt(store: Store, key: Key): unknown[] | null {
  const entry = store.find(key);
  return typeOf(entry) === 'list' ? (entry?.value as unknown[]) : null;
}

/** Made if there is no such key; null if the value is something else. */
function changedAt(store: Store, key: Key): unknown[] | null {
  if (store.find(key) === undefined) return store.put(key, []).value as unknown[];
  const list = listAt(store, key);
  if (list !== null) store.persist(key);
  return list;
}

/** Null if there is no such element, false if there is no such list. */
export function lindex(store: Store, key: Key, index: number): unknown {
  const list = listAt(store, key);
  if (list === null) return false;
  if (index < -list.length || index >= list.length) return null;
  const value = list.at(index);
  store.tell('lindex', key, index, value);
  return value;
}

/** False if there is no such key, 0 if the value is not a list. */
export function llen(store: Store, key: Key): number | false {
  if (store.find(key) === undefined) return false;
  const length = listAt(store, key)?.length ?? 0;
  store.tell('llen', key, length);
  return length;
}

/** Takes the first element; null if there is none. */
export function lpop(store: Store, key: Key): unknown {
  return popped(store, key, 'lpop', (list) => list.shift());
}

/** Takes the last element; null if there is none. */
export function rpop(store: Store, key: Key): unknown {
  return popped(store, key, 'rpop', (list) => list.pop());
}

function popped(
  store: Store,
  key: Key,
  command: string,
  take: (list: unknown[]) => unknown,
): unknown {
  const list = listAt(store, key);
  if (list === null) return null;
  store.persist(key);
  const value = take(list) ?? null;
  store.tell(command, key, value);
  return value;
}

/** Puts each in front. The length then; false if the value is not a list. */
export function lpush(store: Store, key: Key, ...values: unknown[]): number | false {
  return pushed(store, key, 'lpush', values, (list, value) => list.unshift(value));
}

/** Puts each at the end. The length then; false if the value is not a list. */
export function rpush(store: Store, key: Key, ...values: unknown[]): number | false {
  return pushed(store, key, 'rpush', values, (list, value) => list.push(value));
}

function pushed(
  store: Store,
  key: Key,
  command: string,
  values: unknown[],
  add: (list: unknown[], value: unknown) => number,
): number | false {
  const list = changedAt(store, key);
  if (list === null) return false;
  for (const value of values) store.tell(command, key, value, add(list, value));
  return list.length;
}

/** Puts it in front if there is such a list. The length then, or 0. */
export function lpushx(store: Store, key: Key, value: unknown): number {
  const length = listAt(store, key)?.unshift(value) ?? 0;
  if (length > 0) store.tell('lpushx', key, value, length);
  return length;
}

/** Puts it at the end if there is such a list. The length then, or 0. */
export function rpushx(store: Store, key: Key, value: unknown): number {
  const length = listAt(store, key)?.push(value) ?? 0;
  if (length > 0) store.tell('rpushx', key, value, length);
  return length;
}

/** As `slice()` of an array. */
export function lrange(store: Store, key: Key, start: number, stop: number): unknown[] {
  const range = listAt(store, key)?.slice(start, stop) ?? [];
  store.tell('lrange', key, start, stop, range);
  return range;
}

/** Removes the first `count` elements of that value; the last ones if it is below 0; all if it is 0. How many. */
export function lrem(store: Store, key: Key, count: number, value: unknown): number {
  const list = listAt(store, key);
  if (list === null) return 0;
  store.persist(key);
  const found = [...list.keys()].filter((index) => list[index] === value);
  const removed = count < 0 ? found.slice(count) : found.slice(0, count || undefined);
  for (const index of removed.reverse()) list.splice(index, 1);
  store.tell('lrem', key, count, value, removed.length);
  return removed.length;
}

/** False if there is no such element. */
export function lset(store: Store, key: Key, index: number, value: unknown): boolean {
  const list = listAt(store, key);
  if (list === null || index < -list.length || index >= list.length) return false;
  store.persist(key);
  list[index < 0 ? list.length + index : index] = value;
  store.tell('lset', key, index, value);
  return true;
}

/** Keeps what `slice()` of an array returns. False if there is no such list. */
export function ltrim(store: Store, key: Key, start: number, stop: number): boolean {
  const list = listAt(store, key);
  if (list === null) return false;
  store.put(key, list.slice(start, stop));
  store.tell('ltrim', key, start, stop);
  return true;
}

/** Takes the last element of one list, and puts it in front of another; null if there is none. */
export function rpoplpush(store: Store, from: Key, to: Key): unknown {
  const list = listAt(store, from);
  if (list === null || list.length === 0) return null;
  const destination = changedAt(store, to);
  if (destination === null) return null;
  store.persist(from);
  const value = list.pop();
  const length = destination.unshift(value);
  store.tell('rpoplpush', from, to, value);
  store.tell('rpop', from, value);
  store.tell('lpush', to, value, length);
  return value;
}
