// rondo/limits/http on servers of node:http: who counts as one client, several limits on one response, requests that count for
// nobody, and failures.

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientKey, type HttpLimitOptions, type RateLimit, rateLimit } from 'rondo/limits/http';
import { type Test, test } from 'tap';
import { limiterHere } from '../fixtures/limiter-here.js';

const WRONG = 'ERR_RONDO_INVALID_OPTION';

const KEYS: Record<string, string> = {
  '127.0.0.1': '127.0.0.1',
  '::ffff:10.1.2.3': '10.1.2.3',
  '::ffff:a01:203': '10.1.2.3',
  '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
  '2001:0DB8:1:2::1': '2001:db8:1:2::/64',
  '2001:db8::1': '2001:db8:0:0::/64',
  '::1': '0:0:0:0::/64',
  '::1.2.3.4': '0:0:0:0::/64',
  'fe80::1%eth0': 'fe80:0:0:0::/64',
  '': 'local',
  'no address': 'no address',
};

test('keys', async (t) => {
  for (const [address, key] of Object.entries(KEYS)) t.equal(clientKey(address), key, address);
});

async function serve(
  t: Test,
  ...limits: RateLimit[]
): Promise<(path?: string) => Promise<Response>> {
  const server = http.createServer((request, response) => {
    const run = async ([limit, ...others]: RateLimit[]): Promise<void> => {
      await limit?.(request, response, (error) => {
        if (error !== undefined) response.writeHead(500).end(String(error));
        else if (others.length > 0) run(others);
        else response.end('ok');
      });
    };
    run(limits);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return (path = '/') =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
}

test('a client is its address', async (t) => {
  const limiter = limiterHere(1);
  const ask = await serve(t, rateLimit({ limiter }));
  t.equal((await ask()).status, 200);
  t.equal((await ask()).status, 429);
  t.match(await limiter.peek('127.0.0.1'), { remaining: 0 });
});

test('several limits', async (t) => {
  const few = rateLimit({ limiter: limiterHere(1, 500), policy: 'few' });
  const ask = await serve(t, rateLimit({ limiter: limiterHere(9, 60_000) }), few);
  const { headers } = await ask();
  t.equal(headers.get('ratelimit-policy'), '"here";q=9;w=60, "few";q=1;w=1');
  t.equal(headers.get('ratelimit'), '"here";r=8;t=60, "few";r=0;t=1');
  const denied = await ask();
  t.equal(denied.status, 429);
  t.equal(denied.headers.get('retry-after'), '1');
});

test('keys of the program', async (t) => {
  const key = async ({ url }: http.IncomingMessage): Promise<string | null> => {
    if (url === '/fails') throw new Error('no key');
    return url === '/free' ? null : String(url);
  };
  const ask = await serve(t, rateLimit({ limiter: limiterHere(1), key }));
  for (const path of ['/a', '/b']) {
    t.equal((await ask(path)).status, 200);
    t.equal((await ask(path)).status, 429);
  }
  for (let i = 0; i < 3; i++) {
    const { status, headers } = await ask('/free');
    t.equal(status, 200);
    t.equal(headers.get('ratelimit'), null);
  }
  const failed = await ask('/fails');
  t.equal(failed.status, 500);
  t.equal(await failed.text(), 'Error: no key');
});

test('wrong options', async (t) => {
  const limiter = limiterHere(1);
  const wrong: Array<[string, object]> = [
    ['limiter', { limiter: { take() {} } }],
    ['key', { limiter, key: 'ip' }],
    ['policy', { limiter, policy: 'ä' }],
    ['policy', { limiter: limiterHere(1, 1, '') }],
  ];
  for (const [option, options] of wrong) {
    const make = () => rateLimit(options as HttpLimitOptions<http.IncomingMessage>);
    t.throws(make, { code: WRONG, option });
  }
  t.throws(() => rateLimit({ limiter, windowMs: 1 } as never), {
    code: 'ERR_RONDO_UNKNOWN_OPTION',
  });
});
