// A worker is replaced after so many connections, so much time or so much memory, one at a time, with the new
// one ready first.

import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { openSupervisor, type Supervised } from '../fixtures/supervisor.js';

/** Requests, each on its own connection, until a worker has been recycled. */
async function visitUntilRecycled(supervised: Supervised, path = '/'): Promise<number> {
  const headers = { connection: 'close' };
  let visits = 0;
  while (supervised.seen('worker:exited').length === 0) {
    const response = await fetch(`http://127.0.0.1:${supervised.port()}${path}`, { headers });
    await response.text();
    if (!response.ok) throw new Error(`status ${response.status}`);
    visits++;
    // A look each second; no more requests than are needed.
    if (visits % 20 === 0) await supervised.stats();
  }
  return visits;
}

test('maxConnections', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, maxConnections: 100 });
  await supervised.call('start');
  const visits = await visitUntilRecycled(supervised);
  t.ok(visits >= 80, `${visits} visits, and the limit is spread over its last fifth`);
  t.match(supervised.seen('worker:exited'), [{ reason: 'recycle', code: 0 }]);
  const events = supervised.events.map(({ event }) => event);
  t.ok(events.lastIndexOf('worker:ready') > 0);
  t.ok(
    events.indexOf('worker:ready', events.indexOf('worker:ready') + 2) <
      events.indexOf('worker:draining'),
    'the new one is ready first',
  );
});

test('maxMemoryMb', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1, maxMemoryMb: 256 });
  await supervised.call('start');
  const [pid] = await supervised.readyPids();
  for (let i = 0; i < 4; i++) {
    await fetch(`http://127.0.0.1:${supervised.port()}/grow`).then((response) => response.text());
  }
  await supervised.until('worker:exited');
  t.match(supervised.seen('worker:exited'), [{ pid, reason: 'recycle', code: 0 }]);
  t.equal((await supervised.readyPids()).length, 1);
});

test('maxAgeMs, and never two at a time', async (t) => {
  const supervised = await openSupervisor(t, { workers: 3, maxAgeMs: 1_500 });
  await supervised.call('start');
  await supervised.until('worker:exited', 3);
  t.strictSame(
    supervised
      .seen('worker:exited')
      .slice(0, 3)
      .map(({ reason }) => reason),
    ['recycle', 'recycle', 'recycle'],
  );
  let draining = 0;
  let most = 0;
  for (const { event } of supervised.events) {
    if (event === 'worker:draining') most = Math.max(most, ++draining);
    if (event === 'worker:exited') draining--;
  }
  t.equal(most, 1);
});

test('while options are changed again and again', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1, maxAgeMs: 1_500 });
  await supervised.call('start');
  const since = performance.now();
  while (supervised.seen('worker:exited').length === 0 && performance.now() - since < 20_000) {
    await supervised.call('configure', { window: 'auto' });
  }
  t.match(supervised.seen('worker:exited'), [{ reason: 'recycle', code: 0 }]);
});

test('a replacement that fails', async (t) => {
  const options = { workers: 1, maxAgeMs: 1_000 };
  const supervised = await openSupervisor(t, {
    ...options,
    exec: 'test/fixtures/supervisor-once.mjs',
  });
  t.teardown(() => rmSync(path.join(tmpdir(), `rondo-once-${supervised.pid}`), { force: true }));
  await supervised.call('start');
  await supervised.until('recycle:failed');
  t.equal((await supervised.readyPids()).length, 1, 'the old one stays');
  t.equal(supervised.seen('worker:draining').length, 0);
});
