/**
 * One script, one call: what rondo/redis asks of Redis, through the client that the program has given. A script
 * is sent by its digest, and as text where the server does not know it yet (after a restart, or a failover).
 *
 * A call is answered within its time whatever the server does. A command that nobody waits for any more may still be
 * in the client, and may still be executed; so the number of those is limited, too.
 */

import { createHash } from 'node:crypto';
import { RondoError } from '../errors.js';

/** What is used of a client of `ioredis`, or of its `Cluster`. */
export interface RedisClient {
  evalsha(sha1: string, numberOfKeys: number, ...args: Array<string | number>): Promise<unknown>;
  eval(script: string, numberOfKeys: number, ...args: Array<string | number>): Promise<unknown>;
}

/** What has been asked since the start, by one limiter or counter. */
export interface RedisStats {
  readonly calls: number;
  /** Of the calls: those that Redis did not answer in time, or answered with an error. */
  readonly failures: number;
  /** Commands that the client has and Redis has not answered, late ones included. */
  readonly pending: number;
}

export interface Script {
  readonly text: string;
  readonly sha1: string;
}

/** At 100 bytes each, about 100 KB in a client whose server is gone. */
const MAX_PENDING = 1_000;

export function script(text: string): Script {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}

export class ScriptCaller {
  readonly #client: RedisClient;
  readonly #timeoutMs: number;
  readonly #onFailure: (error: RondoError) => void;
  #calls = 0;
  #failures = 0;
  #pending = 0;

  constructor(client: RedisClient, timeoutMs: number, onFailure: (error: RondoError) => void) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#onFailure = onFailure;
  }

  stats(): RedisStats {
    return { calls: this.#calls, failures: this.#failures, pending: this.#pending };
  }

  /** Rejects with `ERR_RONDO_REDIS` only; the failure has been counted and reported then. */
  async call(script: Script, key: string, ...args: Array<string | number>): Promise<unknown> {
    this.#calls++;
    try {
      return await this.#inTime(script, [key, ...args]);
    } catch (cause) {
      this.#failures++;
      const error =
        cause instanceof RondoError
          ? cause
          : new RondoError('ERR_RONDO_REDIS', `Redis has failed: ${messageOf(cause)}`, { cause });
      this.#tell(error);
      throw error;
    }
  }

  #tell(error: RondoError): void {
    try {
      this.#onFailure(error);
    } catch (thrown) {
      // The program's own mistake is uncaught, and no answer is lost to it.
      process.nextTick(() => {
        throw thrown;
      });
    }
  }

  async #inTime(script: Script, args: Array<string | number>): Promise<unknown> {
    if (this.#pending >= MAX_PENDING) {
      const detail = `Redis has not answered ${MAX_PENDING} commands, so no more are sent`;
      throw new RondoError('ERR_RONDO_REDIS', detail);
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const detail = `Redis has not answered for ${this.#timeoutMs} ms`;
        reject(new RondoError('ERR_RONDO_REDIS', detail));
      }, this.#timeoutMs);
    });
    try {
      // What loses the race may still reject: the race has listened to it.
      return await Promise.race([this.#send(script, args), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #send({ sha1, text }: Script, args: Array<string | number>): Promise<unknown> {
    this.#pending++;
    try {
      return await this.#client.evalsha(sha1, 1, ...args);
    } catch (error) {
      if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
      return await this.#client.eval(text, 1, ...args);
    } finally {
      this.#pending--;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
