/** Commands on hashes: objects whose fields are values. */

import {
  checkFinite,
  type Hash,
  type Key,
  nameOf,
  pairsOf,
  type Store,
  typeOf,
} from './entries.js';

/** Null if the value is something else; a hash that is not there is made if it is to be changed. */
function hashAt(store: Store, key: Key, change?: 'change'): Hash | null {
  const entry = store.find(key);
  const type = typeOf(entry);
  if (type === 'hash') return entry?.value as Hash;
  if (type !== 'none' || change === undefined) return null;
  return store.put(key, {}).value as Hash;
}

/** A field of any name, such as `__proto__`. */
function write(hash: Hash, field: unknown, value: unknown): void {
  Object.defineProperty(hash, nameOf(field), {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** Deletes fields. How many there were. */
export function hdel(store: Store, key: Key, ...fields: Key[]): number {
  const hash = hashAt(store, key);
  if (hash === null) return 0;
  store.persist(key);
  const found = fields.filter((field) => Object.hasOwn(hash, field));
  for (const field of found) {
    delete hash[nameOf(field)];
    store.tell('hdel', key, field);
  }
  return found.length;
}

export function hexists(store: Store, key: Key, field: Key): boolean {
  const isThere = Object.hasOwn(hashAt(store, key) ?? {}, field);
  store.tell('hexists', key, field, isThere);
  return isThere;
}

/** Null if there is none. */
export function hget(store: Store, key: Key, field: Key): unknown {
  const hash = hashAt(store, key);
  if (hash === null || !Object.hasOwn(hash, field)) return null;
  const value = hash[nameOf(field)];
  store.tell('hget', key, field, value);
  return value;
}

/** All fields and values; without fields if there is no such hash. */
export function hgetall(store: Store, key: Key): Hash {
  const hash = hashAt(store, key) ?? {};
  store.tell('hgetall', key, hash);
  return hash;
}

/** The number then; false if the value of the field is not one. A field that is not there counts from 0. */
export function hincrby(store: Store, key: Key, field: Key, value: number): number | false {
  const after = added(store, key, field, checkFinite('value', value));
  if (after !== false) store.tell('hincrby', key, field, Number(value), after);
  return after;
}

export function hincr(store: Store, key: Key, field: Key): number | false {
  const after = hincrby(store, key, field, 1);
  if (after !== false) store.tell('hincr', key, field, after);
  return after;
}

export function hdecrby(store: Store, key: Key, field: Key, value: number): number | false {
  const after = added(store, key, field, -checkFinite('value', value));
  if (after !== false) store.tell('hdecrby', key, field, Number(value), after);
  return after;
}

export function hdecr(store: Store, key: Key, field: Key): number | false {
  const after = hdecrby(store, key, field, 1);
  if (after !== false) store.tell('hdecr', key, field, after);
  return after;
}

function added(store: Store, key: Key, field: Key, value: number): number | false {
  const hash = hashAt(store, key, 'change');
  if (hash === null) return false;
  const before = Object.hasOwn(hash, field) ? hash[nameOf(field)] : 0;
  if (typeof before !== 'number') return false;
  write(hash, field, before + value);
  return before + value;
}

export function hkeys(store: Store, key: Key): string[] {
  const fields = Object.keys(hashAt(store, key) ?? {});
  store.tell('hkeys', key, fields);
  return fields;
}

export function hlen(store: Store, key: Key): number {
  const { length } = Object.keys(hashAt(store, key) ?? {});
  store.tell('hlen', key, length);
  return length;
}

export function hmget(store: Store, key: Key, ...fields: Key[]): unknown[] {
  const values = fields.map((field) => hget(store, key, field));
  store.tell('hmget', key, values);
  return values;
}

/** `hmset(key, field, value, field, value, …)`; false if the value is not a hash. */
export function hmset(store: Store, key: Key, ...pairs: unknown[]): boolean {
  const all = pairsOf(pairs);
  const hash = hashAt(store, key, 'change');
  if (hash === null) return false;
  store.persist(key);
  for (const [field, value] of all) write(hash, field, value);
  for (const [field, value] of all) store.tell('hset', key, field, value);
  store.tell('hmset', key, ...pairs);
  return true;
}

/** Whether the field was there before; false also if the value is not a hash. `ttl`: seconds. */
export function hset(
  store: Store,
  key: Key,
  field: Key,
  value: unknown,
  ...ttl: number[]
): boolean {
  const seconds = ttl[0] === undefined ? 0 : checkFinite('ttl', ttl[0]);
  const hash = hashAt(store, key, 'change');
  if (hash === null) return false;
  store.persist(key);
  const isThere = Object.hasOwn(hash, field);
  write(hash, field, value);
  const entry = store.find(key);
  if (seconds > 0 && entry !== undefined) store.expire(key, entry, seconds);
  store.tell('hset', key, field, value, isThere);
  return isThere;
}

/** Only if there is no such field. */
export function hsetnx(store: Store, key: Key, field: Key, value: unknown): boolean {
  const hash = hashAt(store, key, 'change');
  if (hash === null || Object.hasOwn(hash, field)) return false;
  hset(store, key, field, value);
  store.tell('hsetnx', key, field, value);
  return true;
}

export function hvals(store: Store, key: Key): unknown[] {
  const values = Object.values(hashAt(store, key) ?? {});
  store.tell('hvals', key, values);
  return values;
}
