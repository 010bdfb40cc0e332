// What each published limiter, and the middleware of rondo/limits/http, say of a limit that rondo keeps: headers, bodies,
// what is given back and forgotten, limits of single routes, and options that do not fit.

import { test } from 'tap';
import { IN_MEMORY, startLimited } from './lib/limited.js';

const { options } = IN_MEMORY;
const HOUR = 3_600;

/** `r` and `t` of a RateLimit field. */
function fieldOf(field: string | null): { r: number; t: number } {
  const [, r, t] = /;\s*r=(\d+);\s*t=(\d+)$/.exec(field ?? '') ?? [];
  return { r: Number(r), t: Number(t) };
}

function isAlmostAnHour(seconds: number): boolean {
  return seconds > HOUR - 100 && seconds <= HOUR;
}

test('express-rate-limit', options, async (t) => {
  const server = await startLimited(t, IN_MEMORY, ['express.mjs', 'mismatch']);
  const first = await server.ask();
  t.match(JSON.parse(first.body), { limit: 10, used: 1, remaining: 9, key: 'client' });
  const { r, t: reset } = fieldOf(first.headers.get('ratelimit'));
  t.equal(r, 9);
  t.ok(isAlmostAnHour(reset));
  t.match(JSON.parse((await server.ask('/key')).body), { totalHits: 1 });
  await server.rush(9);
  const denied = await server.ask();
  t.equal(denied.status, 429);
  t.ok(isAlmostAnHour(Number(denied.headers.get('retry-after'))));
  t.equal((await server.ask('/reset')).body, 'null', 'a client without hits has none');
  t.match(JSON.parse((await server.ask()).body), { used: 1 }, 'it is forgotten by all workers');

  t.test('skipFailedRequests: only what succeeded counts', async (t) => {
    const status = async (wanted: number): Promise<number> =>
      (await server.ask(`/failed?status=${wanted}`)).status;
    for (let i = 0; i < 15; i++) t.equal(await status(404), 404);
    for (let i = 0; i < 10; i++) t.equal(await status(200), 200);
    // Each is given back by the package, though nothing was taken for it.
    for (let i = 0; i < 15; i++) t.equal(await status(200), 429);
  });

  t.test('another window than that of the limiter', async (t) => {
    const { status, body } = await server.ask('/mismatch');
    t.equal(status, 500);
    t.match(
      body,
      "The option 'windowMs' must be 3600000, as in the limiter of the store. Received 1000",
    );
    t.match(server.stderr(), 'ERR_RONDO_INVALID_OPTION', 'which the package has logged');
  });
});

test('@fastify/rate-limit', options, async (t) => {
  const server = await startLimited(t, IN_MEMORY, ['fastify.mjs']);
  const first = await server.ask();
  t.equal(first.headers.get('ratelimit-limit'), '10');
  t.equal(first.headers.get('ratelimit-remaining'), '9');
  t.ok(isAlmostAnHour(Number(first.headers.get('ratelimit-reset'))));
  t.equal((await server.rush(8, '/login')).passed.length, 3, 'a route has a limit of its own');
  t.equal((await server.rush(20)).passed.length, 9, 'and counts apart');
  const denied = await server.ask();
  t.match(JSON.parse(denied.body), { statusCode: 429, message: /retry in (59 minutes|1 hour)/ });
  t.ok(isAlmostAnHour(Number(denied.headers.get('retry-after'))));
  const look = JSON.parse((await server.ask('/look')).body);
  t.match(look, { isExceeded: false, remaining: 0, max: 10 }, 'it looks without counting');
});

test('rate-limiter-flexible', options, async (t) => {
  const server = await startLimited(t, IN_MEMORY, ['flexible.mjs']);
  t.match(JSON.parse((await server.ask()).body), {
    remainingPoints: 9,
    consumedPoints: 1,
    isFirstInDuration: true,
  });
  await server.rush(9);
  const denied = await server.ask();
  t.equal(denied.status, 429);
  t.match(JSON.parse(denied.body), { remainingPoints: 0, consumedPoints: 11 });
  const { passed } = await server.rush(10, '/union');
  t.equal(passed.length, 3, 'its union takes the lesser limit');
  t.match(JSON.parse(passed[0]?.body ?? ''), { all: { isFirstInDuration: /./ }, few: {} });
});

for (const framework of ['node:http', 'express', 'koa']) {
  test(`rondo/limits/http in ${framework}`, options, async (t) => {
    const server = await startLimited(t, IN_MEMORY, ['http.mjs', framework]);
    const { body, headers } = await server.ask();
    t.equal(body, 'ok');
    t.equal(headers.get('ratelimit-policy'), '"api \\"1\\"";q=10;w=3600');
    t.match(headers.get('ratelimit'), /^"api \\"1\\"";r=9;t=\d+$/);
    t.equal(headers.get('retry-after'), null);
    t.equal((await server.rush(12)).passed.length, 9, 'exactly the limit passes');
    const denied = await server.ask();
    t.equal(denied.status, 429);
    t.equal(denied.body, 'Too many requests\n');
    t.equal(fieldOf(denied.headers.get('ratelimit')).r, 0);
    t.ok(isAlmostAnHour(Number(denied.headers.get('retry-after'))));
  });
}
