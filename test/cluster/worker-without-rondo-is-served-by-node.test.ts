// A worker that has no preload, because the program sets its execArgv, is node:cluster's as without rondo:
// it listens, serves, and sees no difference.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { preloaded, startProgram, total } from '../fixtures/cluster.js';
import { read } from '../fixtures/harness.js';

test('execArgv: []', preloaded.options, async (t) => {
  const program = await startProgram(t, preloaded, { setup: { execArgv: [] } });
  let port = 0;
  for (const id of [1, 2]) {
    const address = await program.worker(id, ({ listen }) => listen(0, '127.0.0.1'));
    port = (address as AddressInfo).port;
  }
  const pids = new Set<number>();
  for (let i = 0; i < 8; i++) pids.add(Number(await read(port)));
  t.strictSame([...pids].sort(), program.pids.toSorted());
  const stats = await program.stats();
  t.equal(total(stats, 'handed'), 0, "it was Node's own");
  t.strictSame(stats.listeners, []);
  t.equal(await program.worker(1, ({ cluster }) => Symbol.for('rondo.cluster') in cluster), false);
});
