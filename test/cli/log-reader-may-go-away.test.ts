// Whoever reads the log may end: the workers go on, and are replaced, all the same.

import { test } from 'tap';
import { ask, askForPids, runCli } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';

test('nobody reads any more', async (t) => {
  const run = runCli(t, ['start', fixture('cluster-app.mjs'), '-w', '2']);
  const port = await run.listening(2);
  const first = run.workers().map(({ pid }) => pid);
  t.teardown(async () => {
    run.child.kill('SIGKILL');
    await until('no worker is left', () => ![...first, ...later].some(isAlive));
  });
  let later = new Set<number>();
  run.child.stderr?.destroy();
  await t.rejects(ask(port, '/crash'));
  await until('the next one serves', async () => {
    later = await askForPids(port, 4).catch(() => later);
    return later.size === 2;
  });
  t.notSame([...later].sort(), first.sort());
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  await until('no worker is left', () => ![...first, ...later].some(isAlive));
});
