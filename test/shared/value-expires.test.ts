// A value is kept for its time, and then is nowhere; other values are not touched.

import { map } from 'rondo/shared';
import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { startSharer } from '../fixtures/shared.js';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a time to live', nativeOnly, async (t) => {
  const values = map({ name: 'times', ttlMs: 100 });
  const start = performance.now();
  values.set('own', 'x');
  values.set('ever', 'x', { ttlMs: 0 });
  values.set('long', 'x', { ttlMs: 3_600_000 });
  values.update('updated', () => 'x');
  const sharer = await startSharer(t);
  await until(() => !values.has('own'));
  t.ok(performance.now() - start >= 99, 'not before its time');
  t.equal(values.get('own'), undefined);
  t.equal(await sharer.call('get', { name: 'times' }, 'own'), undefined, 'in no process');
  await until(() => !values.has('updated'));
  t.strictSame(values.keys().sort(), ['ever', 'long']);
  t.equal(values.stats().entries, 2);
  t.notOk(values.delete('own'), 'there is nothing to delete');
  values.set('long', 'y');
  await until(() => !values.has('long'));
  t.ok(values.has('ever'), 'a set() without a time has the time of the map');
});

test('what has expired makes room', nativeOnly, async (t) => {
  const values = map({ name: 'room', entries: 2 });
  t.ok(values.set('a', 'x', { ttlMs: 20 }) && values.set('b', 'x'));
  await until(() => values.set('c', 'x'));
  t.strictSame(values.keys().sort(), ['b', 'c']);
});
