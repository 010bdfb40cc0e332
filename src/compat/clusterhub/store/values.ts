/** Commands on values of any type, on strings and on numbers. */

import { invalidOption } from '../../../errors.js';
import { checkFinite, type Key, pairsOf, type Store, typeOf } from './entries.js';

/** Null if there is none. */
export function get(store: Store, key: Key): unknown {
  const entry = store.find(key);
  if (entry === undefined) return null;
  store.tell('get', key, entry.value);
  return entry.value;
}

export function getDel(store: Store, key: Key): unknown {
  const value = get(store, key);
  if (store.delete(key)) store.tell('del', key);
  store.tell('getdel', key, value);
  return value;
}

/** `ttl`: seconds. */
export function set(store: Store, key: Key, value: unknown, ...ttl: number[]): true {
  const seconds = ttl[0] === undefined ? 0 : checkFinite('ttl', ttl[0]);
  const entry = store.put(key, value);
  entry.setAt = Date.now();
  if (seconds > 0) store.expire(key, entry, seconds);
  store.tell('set', key, value);
  return true;
}

export function setex(store: Store, key: Key, seconds: number, value: unknown): true {
  if (checkFinite('seconds', seconds) <= 0) {
    throw invalidOption('seconds', 'more than 0', seconds);
  }
  set(store, key, value, seconds);
  store.tell('setex', key, seconds, value);
  return true;
}

/** Only if there is no such key. */
export function setnx(store: Store, key: Key, value: unknown, ...ttl: number[]): boolean {
  if (store.find(key) !== undefined) return false;
  set(store, key, value, ...ttl);
  store.tell('setnx', key, value);
  return true;
}

/** Sets a value, and returns the one before. */
export function getset(store: Store, key: Key, value: unknown): unknown {
  const before = get(store, key);
  set(store, key, value);
  store.tell('getset', key, value, before);
  return before;
}

export function mget(store: Store, ...keys: Key[]): unknown[] {
  const values = keys.map((key) => get(store, key));
  store.emit('mget', ...keys, values);
  return values;
}

/** `mset(key, value, key, value, …)` */
export function mset(store: Store, ...pairs: unknown[]): true {
  const all = pairsOf(pairs);
  for (const [key, value] of all) store.put(key, value).setAt = Date.now();
  for (const [key, value] of all) store.tell('set', key, value);
  store.emit('mset', ...pairs);
  return true;
}

/** As `mset`, only if none of the keys is there. */
export function msetnx(store: Store, ...pairs: unknown[]): boolean {
  const all = pairsOf(pairs);
  if (all.some(([key]) => store.find(key) !== undefined)) return false;
  for (const [key, value] of all) store.put(key, value).setAt = Date.now();
  for (const [key, value] of all) {
    store.tell('set', key, value);
    store.tell('setnx', key, value);
  }
  store.emit('msetnx', ...pairs);
  return true;
}

/** The length of the string then; 0 if the value is not a string. */
export function append(store: Store, key: Key, value: unknown): number {
  const entry = store.find(key);
  if (entry !== undefined && typeof entry.value !== 'string') return 0;
  const whole = `${entry?.value ?? ''}${value}`;
  store.put(key, whole);
  store.tell('append', key, value, whole.length);
  return whole.length;
}

/** As `slice()` of a string; false if the value is not one. */
export function getrange(store: Store, key: Key, start: number, end: number): string | false {
  const value = store.find(key)?.value;
  if (typeof value !== 'string') return false;
  const part = value.slice(start, end);
  store.tell('getrange', key, start, end, part);
  return part;
}

/** Writes over a part of a string. Its length then; false if the value is not a string. */
export function setrange(store: Store, key: Key, offset: number, value: string): number | false {
  const before = store.find(key)?.value;
  if (typeof before !== 'string') return false;
  if (typeof value !== 'string') throw invalidOption('value', 'a string', value);
  const after = before.slice(0, offset) + value + before.slice(offset + value.length);
  store.put(key, after);
  store.tell('setrange', key, offset, value, after.length);
  return after.length;
}

/** 0 if the value is not a string. */
export function strlen(store: Store, key: Key): number {
  const value = store.find(key)?.value;
  if (typeof value !== 'string') return 0;
  store.tell('strlen', key, value.length);
  return value.length;
}

/** The number then; false if the value is not one. A key that is not there counts from 0. */
export function incrby(store: Store, key: Key, value: number): number | false {
  const after = added(store, key, checkFinite('value', value));
  if (after !== false) store.tell('incrby', key, Number(value), after);
  return after;
}

export function incr(store: Store, key: Key): number | false {
  const after = incrby(store, key, 1);
  if (after !== false) store.tell('incr', key, after);
  return after;
}

export function decrby(store: Store, key: Key, value: number): number | false {
  const after = added(store, key, -checkFinite('value', value));
  if (after !== false) store.tell('decrby', key, Number(value), after);
  return after;
}

export function decr(store: Store, key: Key): number | false {
  const after = decrby(store, key, 1);
  if (after !== false) store.tell('decr', key, after);
  return after;
}

function added(store: Store, key: Key, value: number): number | false {
  const entry = store.find(key);
  const type = typeOf(entry);
  if (type !== 'none' && type !== 'number') return false;
  const after = ((entry?.value as number | undefined) ?? 0) + value;
  store.put(key, after);
  return after;
}
