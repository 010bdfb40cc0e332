// Each worker thread has the shared memory of its process, and a cell of its own; when it ends, nothing of it is left.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { counter, gauge, limiter } from 'rondo/shared';
import { test } from 'tap';
import { fixture, nativeOnly, openFds } from '../fixtures/harness.js';

function mappings(): number {
  return readFileSync('/proc/self/maps', 'utf8').split('memfd:rondo-shared').length - 1;
}

async function start(data: string): Promise<Worker> {
  const worker = new Worker(fixture('shared-thread.mjs'), { workerData: data, execArgv: [] });
  await once(worker, 'message');
  return worker;
}

test('threads that come and go', nativeOnly, async (t) => {
  t.equal(gauge('threads').get(), 0);
  await (await start('ends')).terminate();
  const [fds, maps] = [openFds(), mappings()];
  const threads = await Promise.all([start('stays'), start('stays'), start('stays')]);
  t.equal(gauge('threads').get(), 3, 'each has a share');
  t.equal(
    gauge('threads')
      .shares()
      .filter(({ isAlive }) => isAlive).length,
    4,
    'and so has this one',
  );
  t.equal(counter('threads').get(), 4);
  t.equal(openFds() > fds && mappings() > maps, true, '(they have something open)');
  const [first, ...others] = threads as [Worker, Worker, Worker];
  await first.terminate();
  t.equal(gauge('threads').get(), 2, 'one that is terminated counts no more');
  for (const other of others) {
    const exit = once(other, 'exit');
    other.postMessage('end');
    await exit;
  }
  t.equal(gauge('threads').get(), 0);
  t.equal(openFds(), fds, 'no fd is left');
  t.equal(mappings(), maps, 'no mapping');
  const limit = { name: 'threads', limit: 1_000_000, windowMs: 2_000_000_000 };
  t.equal(limiter(limit).peek('key').remaining, 1_000_000 - 4, 'what they took stays taken');
});
