/** Commands on keys, whatever their values are. */

import { invalidOption } from '../../../errors.js';
import { checkFinite, type Key, nameOf, type Store, type TypeName, typeOf } from './entries.js';

/** Deletes the key as if its time had come; without a key, none expires any more. */
export function die(store: Store, ...keys: Key[]): boolean {
  if (keys.length > 0) return del(store, ...keys) > 0;
  for (const key of [...store.entries.keys()]) store.persist(key);
  return true;
}

/** Deletes keys. How many there were. */
export function del(store: Store, ...keys: Key[]): number {
  const deleted = keys.filter((key) => store.delete(key));
  for (const key of deleted) store.tell('del', key);
  return deleted.length;
}

export function exists(store: Store, key: Key): boolean {
  const isThere = store.find(key) !== undefined;
  store.tell('exists', key, isThere);
  return isThere;
}

/** Deletes the key after so many seconds. False: there is none. */
export function expire(store: Store, key: Key, seconds: number): boolean {
  const entry = store.find(key);
  if (entry === undefined || checkFinite('ttl', seconds) < 0) return false;
  store.expire(key, entry, seconds);
  return true;
}

/** Deletes the key at a time, in seconds since the epoch. False: there is none. */
export function expireat(store: Store, key: Key, time: number): boolean {
  const isThere = expire(store, key, checkFinite('dueDate', time) - Math.round(Date.now() / 1000));
  if (isThere) store.tell('expireat', key, time);
  return isThere;
}

/** The keys that match a pattern; without one, how many keys there are. */
export function keys(store: Store, ...patterns: Array<RegExp | string>): string[] | number {
  const [pattern] = patterns;
  if (pattern === undefined) return store.entries.size;
  // A copy has no state of an earlier search.
  const regex = new RegExp(pattern);
  const found = [...store.entries.keys()].filter((key) => key.search(regex) >= 0);
  store.emit('keys', regex, found);
  return found;
}

/** Gives the key to the hub of that name, with its value. False: there is no such key. */
export function move(store: Store, key: Key, hub: string): boolean {
  if (typeof hub !== 'string') throw invalidOption('db', 'a hub, or the name of one', hub);
  const entry = store.find(key);
  const other = store.other(hub);
  if (entry === undefined || other === store) return false;
  store.delete(key);
  other.delete(key);
  other.entries.set(nameOf(key), entry);
  store.tell('move', key, hub);
  return true;
}

/** The key does not expire any more. False: it was not to. */
export function persist(store: Store, key: Key): boolean {
  return store.persist(key);
}

/** Any key, or null if there is none. */
export function randomkey(store: Store): string | null {
  const all = [...store.entries.keys()];
  const key = all[Math.floor(Math.random() * all.length)] ?? null;
  store.emit('randomkey', key);
  return key;
}

/** Gives a value another key. False: there is no such key. */
export function rename(store: Store, from: Key, to: Key): boolean {
  if (!renamed(store, from, to)) return false;
  store.tell('rename', from, to);
  return true;
}

/** As `rename`, but false also if the new key is there. */
export function renamenx(store: Store, from: Key, to: Key): boolean {
  if (store.find(to) !== undefined || !renamed(store, from, to)) return false;
  store.tell('renamenx', from, to);
  return true;
}

function renamed(store: Store, from: Key, to: Key): boolean {
  const entry = store.find(from);
  if (entry === undefined) return false;
  store.delete(from);
  store.delete(to);
  store.entries.set(nameOf(to), entry);
  return true;
}

/** `string`, `number`, `boolean`, `list`, `hash`; `none` if there is no such key. */
export function type(store: Store, key: Key): TypeName {
  return typeOf(store.find(key));
}

/** Seconds until the key expires, or -1. */
export function ttl(store: Store, key: Key): number {
  const entry = store.find(key);
  const isToExpire = entry !== undefined && entry.timer !== null;
  const seconds = isToExpire ? Math.round((entry.dueAt - Date.now()) / 1000) : -1;
  store.tell('ttl', key, seconds);
  return seconds;
}

/** When the key was set, in milliseconds since the epoch as a string; null if it is not there, or was not set. */
export function gettime(store: Store, key: Key): string | null {
  const entry = store.find(key);
  if (entry === undefined) return null;
  const time = entry.setAt === null ? null : String(entry.setAt);
  store.tell('gettime', key, time);
  return time;
}

/** All values by their keys, as an object or as JSON. */
export function dump(store: Store, ...stringify: boolean[]): Record<string, unknown> | string {
  const all = Object.fromEntries([...store.entries].map(([key, { value }]) => [key, value]));
  const result = stringify[0] === true ? JSON.stringify(all) : all;
  store.emit('dump', null, result);
  return result;
}

/** Each of two keys gets the other's value. Returns these, or, if `depth` is true, the keys; false if one is not there. */
export function swap(store: Store, a: Key, b: Key, ...depth: boolean[]): unknown[] | false {
  const [first, second] = [store.find(a), store.find(b)];
  if (first === undefined || second === undefined) return false;
  [first.value, second.value] = [second.value, first.value];
  store.persist(a);
  store.persist(b);
  const isDeep = depth[0] === true;
  store.emit(`swap ${a}`, b, isDeep);
  store.emit(`swap ${b}`, a, isDeep);
  store.emit('swap', a, b, isDeep);
  return isDeep ? [a, b] : [first.value, second.value];
}

/** Where a list or a string has that value, or -1; false if there is no such key. */
export function findin(store: Store, key: Key, value: unknown): number | false {
  const entry = store.find(key);
  if (entry === undefined) return false;
  const all = entry.value;
  let index = -1;
  if (Array.isArray(all)) index = all.indexOf(value);
  else if (typeof all === 'string') index = all.indexOf(String(value));
  store.tell('findin', key, value, index);
  return index;
}
