/** A map whose values the primary keeps. */

import { toBytes, ttlOf } from '../checks.js';
import type { AsyncMap, MapOptions, SetOptions } from '../types.js';
import { checkKey } from './keys.js';
import type { Ask } from './store.js';

export class RemoteMap implements AsyncMap {
  readonly #options: Required<MapOptions>;
  readonly #ask: Ask;

  constructor(options: Required<MapOptions>, ask: Ask) {
    this.#options = options;
    this.#ask = ask;
  }

  async get(key: string): Promise<Buffer | undefined> {
    this.#check(key);
    const value = (await this.#ask(['map', this.#options, 'get', key])) as Uint8Array | undefined;
    return value && Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }

  async set(key: string, value: Uint8Array | string, options?: SetOptions): Promise<boolean> {
    this.#check(key);
    const ttlMs = ttlOf(options, this.#options.ttlMs);
    const bytes = toBytes(value, this.#options.valueBytes);
    return (await this.#ask(['map', this.#options, 'set', key, bytes, ttlMs])) as boolean;
  }

  async delete(key: string): Promise<boolean> {
    this.#check(key);
    return (await this.#ask(['map', this.#options, 'delete', key])) as boolean;
  }

  async has(key: string): Promise<boolean> {
    this.#check(key);
    return (await this.#ask(['map', this.#options, 'has', key])) as boolean;
  }

  async getJson(key: string): Promise<unknown> {
    const value = await this.get(key);
    return value === undefined ? undefined : JSON.parse(value.toString());
  }

  async setJson(key: string, value: unknown, options?: SetOptions): Promise<boolean> {
    const text: unknown = JSON.stringify(value);
    return this.set(key, text as string, options);
  }

  #check(key: unknown): void {
    checkKey(key, this.#options.keyBytes);
  }
}
