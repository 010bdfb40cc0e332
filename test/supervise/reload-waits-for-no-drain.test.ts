// A reload is done when the new workers serve: a connection that stays open on an old one delays neither it nor
// the next one. Of too many that drain the oldest ends, and only that.

import http from 'node:http';
import { test } from 'tap';
import { isAlive } from '../fixtures/faults.js';
import { openSupervisor } from '../fixtures/supervisor.js';

/** Of a response that does not end. Resolves with what tells whether it has been cut off. */
async function openStream(port: number): Promise<{ isOpen: () => boolean; close: () => void }> {
  let isOpen = true;
  const request = http.get(`http://127.0.0.1:${port}/begin`, { agent: false });
  await new Promise<void>((resolve, reject) => {
    request.once('response', (response) => {
      response.on('error', () => {});
      response.on('close', () => {
        isOpen = false;
      });
      response.once('data', () => resolve());
    });
    request.once('error', reject);
  });
  return { isOpen: () => isOpen, close: () => request.destroy() };
}

test('generations', async (t) => {
  const options = { workers: 1, minUptimeMs: 50, drainTimeoutMs: 60_000, idleGraceMs: 50 };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const streams = [];
  const pids: number[] = [];
  for (let i = 0; i < 10; i++) {
    pids.push(...(await supervised.readyPids()));
    streams.push(await openStream(supervised.port()));
    await supervised.call('reload');
    const { seats } = await supervised.stats();
    const states = seats[0]?.workers.map(({ state }) => state) ?? [];
    t.equal(states.filter((state) => state === 'ready').length, 1);
    t.ok(states.includes('draining'), 'the old one still drains when it resolves');
  }
  t.equal(new Set(pids).size, 10, 'a new one each time');
  await supervised.until('worker:exited', 2);
  const hurried = supervised.seen('worker:hurried').map(({ pid }) => pid);
  t.strictSame(hurried, pids.slice(0, 2), 'the oldest ones, when there were nine');
  t.strictSame(streams.map(({ isOpen }) => isOpen()).slice(2), Array(8).fill(true));
  t.ok(pids.slice(2).every(isAlive));
  for (const { close } of streams) close();
  await supervised.until('worker:exited', 10);
  for (const info of supervised.seen('worker:exited')) t.match(info, { reason: 'reload', code: 0 });
});

test('where the old program listened nobody listens any more', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1, minUptimeMs: 50 });
  await supervised.call('start');
  const port = supervised.port();
  const stream = await openStream(port);
  await supervised.call('reload', { env: { APP_HOST: '127.0.0.2' } });
  await t.rejects(fetch(`http://127.0.0.1:${port}/`), 'refused, and not kept waiting');
  t.ok(stream.isOpen());
  stream.close();
});

test('scaling down delays no reload', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1, minUptimeMs: 50 });
  await supervised.call('start');
  const stream = await openStream(supervised.port());
  await supervised.call('scale', 2);
  await supervised.call('reload');
  const last = await openStream(supervised.port());
  const other = await openStream(supervised.port());
  const scaled = supervised.call('scale', 1);
  await supervised.call('reload');
  for (const { close } of [stream, last, other]) close();
  await scaled;
  t.equal((await supervised.readyPids()).length, 1);
});
