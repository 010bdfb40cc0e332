// The connections of a session go to the worker that it began on, whatever it is known by, and the policy deals the first
// of each. What is known by nothing is dealt as ever.

import { createHash, randomBytes } from 'node:crypto';
import { test } from 'tap';
import { nativeOnly, openDeck } from '../fixtures/harness.js';
import { pidsOf, STICKY_WORKER, type Visit, visit } from '../fixtures/sticky.js';

const WORKERS = 3;

type Request = [path: string, visit?: Visit];

const KINDS: Array<[name: string, sticky: string, of: (session: number) => Request]> = [
  ['a parameter', 'query:sid', (n) => [`/?EIO=4&sid=session%20${n}`]],
  ['a cookie', 'cookie:io', (n) => ['/', { headers: { cookie: `a=b; io=${n}; c=d` } }]],
  [
    'X-Forwarded-For',
    'x-forwarded-for',
    (n) => ['/', { headers: { 'x-forwarded-for': `192.0.2.${n}, ::1` } }],
  ],
  ['an address', 'address', (n) => ['/', { localAddress: `127.0.0.${n + 2}` }]],
  [
    'the first that is there',
    'query:sid,cookie:io',
    (n) => [n % 2 ? `/?sid=${n}` : '/', { headers: { cookie: `io=${n}` } }],
  ],
  [
    'an address at last',
    'query:sid,address',
    (n) => ['/?x=1', { localAddress: `127.0.0.${n + 2}` }],
  ],
];

for (const [name, sticky, requestOf] of KINDS) {
  test(name, nativeOnly, async (t) => {
    const deck = await openDeck(t, { sticky });
    for (let i = 0; i < WORKERS; i++) await deck.worker([], { file: STICKY_WORKER });
    const sessions = Array.from({ length: 12 }, (_, n) => requestOf(n));
    const first = await pidsOf(deck.port, sessions);
    t.equal(new Set(first).size, WORKERS, 'sessions begin on all workers');
    t.strictSame(await pidsOf(deck.port, sessions), first, 'and stay');
    const reversed = [...sessions].reverse();
    t.strictSame((await pidsOf(deck.port, reversed)).reverse(), first, 'in any order');
  });
}

test('without a session connections are dealt in turn', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: 'query:sid' });
  for (let i = 0; i < WORKERS; i++) await deck.worker([], { file: STICKY_WORKER });
  const pids = await pidsOf(
    deck.port,
    Array.from({ length: 9 }, (): Request => ['/?x=1']),
  );
  for (const pid of new Set(pids)) t.equal(pids.filter((one) => one === pid).length, 3);
});

test('bodies arrive as they were sent', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: 'query:sid' });
  for (let i = 0; i < WORKERS; i++) await deck.worker([], { file: STICKY_WORKER });
  const { pid } = await visit(deck.port, '/?sid=a');
  for (const size of [1, 8_000, 16_384, 1_000_000]) {
    const body = randomBytes(size);
    const seen = await visit(deck.port, '/?sid=a', { body });
    t.match(seen, { pid, bytes: size, sha256: createHash('sha256').update(body).digest('hex') });
  }
});

test('a policy is for the first connection of a session', nativeOnly, async (t) => {
  const picked: number[] = [];
  const deck = await openDeck(t, {
    sticky: 'query:sid',
    policy: (connections, slots) =>
      connections.map(() => {
        const id = slots.at(-1)?.id ?? null;
        picked.push(id as number);
        return id;
      }),
  });
  for (let i = 0; i < WORKERS; i++) await deck.worker([], { file: STICKY_WORKER });
  const all: Request[] = [['/?sid=1'], ['/?sid=2'], ['/?sid=1'], ['/?sid=2']];
  t.equal(new Set(await pidsOf(deck.port, all)).size, 1, 'the function chooses the last of them');
  t.equal(picked.length, 2, 'once for each session');
});

test('the listener has its own, or none', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: 'query:sid' });
  const own = await deck.dispatcher.listen({
    ...{ name: 'own', port: 0, host: '127.0.0.1' },
    sticky: { by: 'cookie', name: 'io' },
  });
  const none = await deck.dispatcher.listen({
    name: 'none',
    port: 0,
    host: '127.0.0.1',
    sticky: null,
  });
  for (let i = 0; i < WORKERS; i++) await deck.worker([], { file: STICKY_WORKER });
  const portOf = (listener: typeof own): number => (listener.address() as { port: number }).port;
  const request: Request = ['/?sid=1', { headers: { cookie: 'io=1' } }];
  const six = Array.from({ length: 6 }, () => request);
  t.equal(new Set(await pidsOf(deck.port, six)).size, 1);
  t.equal(new Set(await pidsOf(portOf(own), six)).size, 1);
  t.equal(new Set(await pidsOf(portOf(none), six)).size, WORKERS);
});
