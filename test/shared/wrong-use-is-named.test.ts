// A wrong name, key, value, number or option throws at once, with a code and a message that names what was
// given, and changes nothing. So does a name that is in use with other sizes.

import {
  counter,
  gauge,
  type HistogramOptions,
  histogram,
  type LimiterOptions,
  limiter,
  type MapOptions,
  map,
  type SetOptions,
} from 'rondo/shared';
import { type Test, test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { startSharer } from '../fixtures/shared.js';

type Case = [use: () => unknown, named: RegExp, code?: string];

const LIMIT = { name: 'limiter', limit: 5, windowMs: 60_000 };

/** Whatever the types say. */
const wrong = <Value>(value: unknown): Value => value as Value;

function check(t: Test, cases: Case[]): void {
  for (const [use, message, code = 'ERR_RONDO_INVALID_OPTION'] of cases) {
    t.throws(use, { name: 'RondoError', code, message }, String(message));
  }
}

test('names', nativeOnly, async (t) => {
  const names: Array<[name: unknown, named: RegExp]> = [
    ['', /'name'.*1 to 200 bytes.*Received ''/],
    ['x'.repeat(201), /'name'.*Received 'xxx/],
    ['ü'.repeat(101), /'name'.*Received 'üüü/],
    [undefined, /'name'.*undefined/],
    [7, /'name'.*7/],
    [{}, /'name'.*\{\}/],
  ];
  for (const [given, named] of names) {
    const name = wrong<string>(given);
    check(t, [
      [() => counter(name), named],
      [() => gauge(name), named],
      [() => histogram({ name, buckets: [1] }), named],
      [() => limiter({ ...LIMIT, name }), named],
      [() => map({ name }), named],
    ]);
  }
  t.equal(counter('ü'.repeat(100)).get(), 0, 'the longest');
});

test('counters, gauges and histograms', nativeOnly, async (t) => {
  const one = counter('counter');
  for (const bad of [1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, 2n, 2 ** 53, {}]) {
    const value = wrong<number>(bad);
    check(t, [
      [() => one.add(value), /'n' must be a safe integer.*Received/],
      [() => one.set(value), /'value' must be a safe integer/],
      [() => one.compareAndSet(value, 1), /'expected' must be/],
      [() => one.compareAndSet(0, value), /'value' must be/],
    ]);
  }
  t.equal(one.get(), 0, 'it is as it was');
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY, '1', null, undefined]) {
    const value = wrong<number>(bad);
    check(t, [
      [() => gauge('gauge').set(value), /'value' must be a finite number.*Received/],
      [() => histogram({ name: 'h', buckets: [1] }).observe(value), /'value' must be a finite/],
    ]);
  }
  check(t, [[() => gauge('gauge').add(Number.NaN), /'n' must be a finite number. Received NaN/]]);
  for (const buckets of [
    [],
    [2, 1],
    [1, 1],
    [Number.NaN],
    ['1'],
    5,
    undefined,
    Array(65).fill(1),
  ]) {
    const options = wrong<HistogramOptions>({ name: 'bad', buckets });
    check(t, [[() => histogram(options), /'buckets' must be 1 to 64 finite numbers, ascending/]]);
  }
});

test('limiters', nativeOnly, async (t) => {
  const options: Array<[more: object | null, named: RegExp, code?: string]> = [
    [null, /'options'.*null/],
    [{ limit: 0 }, /'limit'.*from 1 to 1000000000.*Received 0/],
    [{ limit: 2.5 }, /'limit'.*2\.5/],
    [{ limit: 1_000_000_001 }, /'limit'/],
    [{ windowMs: 0 }, /'windowMs'.*from 1 to 2147483647/],
    [{ windowMs: '1s' }, /'windowMs'.*'1s'/],
    [{ algorithm: 'leaky' }, /'algorithm'.*'fixed-window'.*'leaky'/],
    [{ entries: 0 }, /'entries'.*from 1 to 10000000/],
    [{ whenFull: 'evict' }, /'whenFull'.*'allow', 'deny'.*'evict'/],
    [{ window: 5 }, /'window'.*windowMs/, 'ERR_RONDO_UNKNOWN_OPTION'],
  ];
  check(
    t,
    options.map(([more, named, code]) => [
      () => limiter(wrong<LimiterOptions>(more && { ...LIMIT, ...more })),
      named,
      code ?? 'ERR_RONDO_INVALID_OPTION',
    ]),
  );
  const one = limiter(LIMIT);
  for (const bad of ['', 'k'.repeat(1025), 'ü'.repeat(513), undefined, null, 5, {}]) {
    const key = wrong<string>(bad);
    check(t, [
      [() => one.take(key), /'key' must be a string of 1 to 1024 bytes. Received/],
      [() => one.peek(key), /'key'/],
      [() => one.giveBack(key), /'key'/],
      [() => one.reset(key), /'key'/],
    ]);
  }
  for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null]) {
    const n = wrong<number>(bad);
    check(t, [
      [() => one.take('key', n), /'n' must be a safe integer from 0 on. Received/],
      [() => one.giveBack('key', n), /'n'/],
    ]);
  }
  t.equal(one.peek('key').remaining, 5, 'nothing was taken');
  t.ok(one.take('k'.repeat(1024)).ok, 'the longest key');
  t.notOk(one.take('key', Number.MAX_SAFE_INTEGER).ok);
  await t.rejects(one.async.take('key', -1), { code: 'ERR_RONDO_INVALID_OPTION' });
});

test('maps', nativeOnly, async (t) => {
  const options: Array<[more: object, named: RegExp, code?: string]> = [
    [{ entries: 0 }, /'entries'.*0/],
    [{ keyBytes: 1025 }, /'keyBytes'.*from 1 to 1024/],
    [{ valueBytes: 65_537 }, /'valueBytes'.*from 1 to 65536/],
    [{ ttlMs: -1 }, /'ttlMs'.*-1/],
    [{ ttlMs: 1.5 }, /'ttlMs'.*1\.5/],
    [{ whenFull: 'deny' }, /'whenFull'.*'refuse', 'evict'/],
    [{ ttl: 5 }, /'ttl'.*ttlMs/, 'ERR_RONDO_UNKNOWN_OPTION'],
  ];
  check(
    t,
    options.map(([more, named, code]) => [
      () => map(wrong<MapOptions>({ name: 'map', ...more })),
      named,
      code ?? 'ERR_RONDO_INVALID_OPTION',
    ]),
  );
  const one = map({ name: 'map', keyBytes: 8, valueBytes: 10 });
  for (const bad of ['', '123456789', undefined, 7]) {
    const key = wrong<string>(bad);
    check(t, [
      [() => one.get(key), /'key' must be a string of 1 to 8 bytes. Received/],
      [() => one.set(key, 'x'), /'key'/],
      [() => one.has(key), /'key'/],
      [() => one.delete(key), /'key'/],
      [() => one.update(key, () => 'x'), /'key'/],
    ]);
  }
  for (const bad of [undefined, null, 5, {}, [1], new Uint16Array(2)]) {
    const value = wrong<string>(bad);
    check(t, [[() => one.set('k', value), /'value' must be a string or Uint8Array of at most 10/]]);
  }
  check(t, [
    [() => one.set('k', 'x'.repeat(11)), /'value'.*Received '11 bytes'/],
    [() => one.set('k', 'ü'.repeat(6)), /'value'.*Received '12 bytes'/],
    [() => one.set('k', Buffer.alloc(11)), /'value'.*Received '11 bytes'/],
    [() => one.setJson('k', 'x'.repeat(10)), /'value'.*Received '12 bytes'/],
    [() => one.setJson('k', undefined), /'value'/],
    [() => one.set('k', 'x', { ttlMs: -5 }), /'ttlMs'.*-5/],
    [() => one.set('k', 'x', wrong<SetOptions>({ ttl: 5 })), /'ttl'/, 'ERR_RONDO_UNKNOWN_OPTION'],
    [() => one.update('k', () => 'x', { ttlMs: 0.5 }), /'ttlMs'/],
  ]);
  t.notOk(one.has('k'), 'nothing was set');
  t.ok(one.set('12345678', Buffer.alloc(10)), 'the longest key and value');
});

test('a name with other sizes', nativeOnly, async (t) => {
  const code = 'ERR_RONDO_SHARED_SIZES';
  const sharer = await startSharer(t);
  await sharer.call('take', { ...LIMIT, name: 'theirs' }, 'key');
  await sharer.call('set', { name: 'theirs' }, 'key', 'x');
  await sharer.call('observe', { name: 'theirs', buckets: [1, 2] }, 1);
  check(t, [
    [
      () => limiter({ ...LIMIT, name: 'theirs', algorithm: 'token-bucket' }),
      /algorithm fixed-window.*algorithm token-bucket/,
      code,
    ],
    [() => limiter({ ...LIMIT, name: 'theirs', entries: 5 }), /entries 10000.*entries 5/, code],
    [() => map({ name: 'theirs', entries: 9 }), /entries 1000.*entries 9/, code],
    [() => map({ name: 'theirs', keyBytes: 9 }), /keyBytes 64.*keyBytes 9/, code],
    [() => map({ name: 'theirs', valueBytes: 9 }), /valueBytes 256.*valueBytes 9/, code],
    [() => histogram({ name: 'theirs', buckets: [1, 3] }), /buckets 1,2.*buckets 1,3/, code],
    [
      () => map({ name: 'huge', entries: 10_000_000, valueBytes: 65_536 }),
      /'huge'/,
      'ERR_RONDO_SHARED_FULL',
    ],
  ]);
  histogram({ name: 'own', buckets: [1] });
  check(t, [[() => histogram({ name: 'own', buckets: [2] }), /buckets 1\..*buckets 2/, code]]);
  t.equal(limiter({ ...LIMIT, name: 'theirs', whenFull: 'deny' }).peek('key').remaining, 4);
  t.ok(
    map({ name: 'theirs', ttlMs: 5, whenFull: 'evict' }).has('key'),
    'these are each one its own',
  );
});
