/**
 * `rondo/limits/http`: a middleware for `node:http`, Express and what is like it, and Koa. It answers 429 to those who
 * have taken their limit, and tells everybody where they stand by the fields of draft-ietf-httpapi-ratelimit-headers-10.
 *
 * @module rondo/limits/http
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { invalidOption } from '../errors.js';
import { checkKeys, type Keys } from '../options.js';
import { type SomeLimiter, usableLimiter } from '../shared/some-limiter.js';
import { clientKey } from './client-key.js';
import { RateLimitFields } from './fields.js';

export type { SomeLimiter, Soon } from '../shared/some-limiter.js';
export type { AsyncLimiter, Taken } from '../shared/types.js';
export { clientKey } from './client-key.js';

/** What is used of Koa's context. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly ip?: string;
  status: number;
  body: unknown;
}

/** Options of {@link rateLimit}. */
export interface HttpLimitOptions<Subject> {
  readonly limiter: SomeLimiter;
  /**
   * Whom a request counts for; its argument is the request, of Koa the context. `null`: for nobody, it passes. Default:
   * {@link clientKey} of the client's address, of `ip` where the framework has one.
   */
  readonly key?: (subject: Subject) => string | null | Promise<string | null>;
  /** The policy's name in the fields. Default the limiter's. Letters, digits and what else ASCII prints. */
  readonly policy?: string;
}

/** Call it with what the framework gives; without one as `limit(request, response, () => serve(request, response))`. */
export interface RateLimit {
  (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): Promise<void>;
  (context: KoaContext, next: () => Promise<unknown>): Promise<void>;
}

const KEYS: Keys<HttpLimitOptions<never>> = { limiter: true, key: true, policy: true };

/**
 * A middleware that takes one from the limiter for each request. A denied request is answered with status 429, `Retry-After`
 * and a line of text, and goes no further. If the limiter or `key` fails, `next` gets the error; of Koa, the promise rejects.
 *
 * @throws RondoError `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`
 */
export function rateLimit<Subject extends IncomingMessage | KoaContext = IncomingMessage>(
  options: HttpLimitOptions<Subject>,
): RateLimit {
  checkKeys('options', options, KEYS, ' of rateLimit()');
  const { key = addressOf, policy = options.limiter?.name } = options;
  const limiter = usableLimiter('limiter', options.limiter);
  if (typeof key !== 'function') throw invalidOption('key', 'a function', key);
  const fields = new RateLimitFields(policy, limiter);

  /** Whether it may go on; the fields are set. */
  const isAllowed = async (subject: Subject, response: ServerResponse): Promise<boolean> => {
    const name = await key(subject);
    if (name === null) return true;
    const taken = await limiter.take(name);
    fields.set(response, taken);
    return taken.ok;
  };

  return async (
    first: IncomingMessage | KoaContext,
    second: ServerResponse | (() => Promise<unknown>),
    next?: (error?: unknown) => void,
  ) => {
    // Whoever gives the options says by `key` what is given here.
    const subject = first as Subject;
    if (typeof second === 'function') {
      const context = first as KoaContext;
      if (await isAllowed(subject, context.res)) await second();
      else Object.assign(context, { status: 429, body: TOO_MANY });
      return;
    }
    let mayGoOn: boolean;
    try {
      mayGoOn = await isAllowed(subject, second);
    } catch (error) {
      next?.(error);
      return;
    }
    if (mayGoOn) next?.();
    else second.writeHead(429, { 'Content-Type': 'text/plain; charset=utf-8' }).end(TOO_MANY);
  };
}

const TOO_MANY = 'Too many requests\n';

function addressOf(subject: IncomingMessage | KoaContext): string {
  const { ip } = subject as { ip?: string };
  const { socket } = 'req' in subject ? subject.req : subject;
  // Of a connection that is gone, or a Unix socket, there is no address.
  return clientKey(ip ?? socket.remoteAddress ?? '');
}
