/**
 * The fields `RateLimit-Policy` and `RateLimit` of a response, as draft-ietf-httpapi-ratelimit-headers-10 has them, both lists of
 * RFC 9651: the quota `q` and its window `w`, what remains `r` and the seconds `t` until all of it is there; and `Retry-After`
 * of a response to a denied request.
 */

import type { ServerResponse } from 'node:http';
import { invalidOption } from '../errors.js';
import type { SomeLimiter } from '../shared/some-limiter.js';
import type { Taken } from '../shared/types.js';

/** What an RFC 9651 string may have. */
const PRINTABLE = /^[\x20-\x7e]+$/;

export class RateLimitFields {
  readonly #name: string;
  readonly #policy: string;

  constructor(policy: string, { limit, windowMs }: SomeLimiter) {
    if (typeof policy !== 'string' || !PRINTABLE.test(policy)) {
      throw invalidOption('policy', 'a string of printable ASCII characters', policy);
    }
    this.#name = `"${policy.replace(/["\\]/g, '\\$&')}"`;
    this.#policy = `${this.#name};q=${limit};w=${seconds(windowMs)}`;
  }

  set(response: ServerResponse, { ok, remaining, resetMs }: Taken): void {
    // The head may be gone that a handler before this has sent.
    if (response.headersSent) return;
    const reset = seconds(resetMs);
    // Other limits of the same response have their items in the same lists.
    response.appendHeader('RateLimit-Policy', this.#policy);
    response.appendHeader('RateLimit', `${this.#name};r=${remaining};t=${reset}`);
    if (!ok) response.setHeader('Retry-After', String(Math.max(reset, 1)));
  }
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
