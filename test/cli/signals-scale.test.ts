// SIGTTIN adds a worker, SIGTTOU takes one away, and the last one stays.

import { test } from 'tap';
import { askForPids, runCli, withProbe } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

test('one more, one less', async (t) => {
  const run = runCli(t, ['start', fixture('cluster-app.mjs'), '-w', '2'], withProbe);
  const port = await run.listening(2);
  run.child.kill('SIGTTIN');
  await run.listening(3);
  t.equal(run.workers()[2]?.seat, 2);
  t.equal((await askForPids(port)).size, 3);
  for (const seat of [2, 1]) {
    run.child.kill('SIGTTOU');
    await run.says(new RegExp(`worker ${seat} \\(pid \\d+\\) ended with code 0 .* \\(scale\\)`));
  }
  const last = run.workers().find(({ seat }) => seat === 0)?.pid;
  run.child.kill('SIGTTOU');
  // Asks by a signal with a higher number, which is delivered later.
  await run.stats();
  t.notMatch(run.stderr(), `(pid ${last}) drains`);
  run.child.kill('SIGTTIN');
  await run.listening(4);
  t.equal((await askForPids(port)).size, 2);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('several during a reload', async (t) => {
  const run = runCli(t, ['start', fixture('cluster-app.mjs'), '-w', '1'], withProbe);
  await run.listening(1);
  run.child.kill('SIGHUP');
  await run.says(/^rondo: reload: begins$/m);
  for (let i = 0; i < 3; i++) {
    run.child.kill('SIGTTIN');
    // Two that come at the same time are one; asks by a signal with a higher number, which is delivered later.
    await run.stats();
  }
  await run.says(/^rondo: reload: done$/m);
  await run.says(/^rondo: worker 3 \(pid \d+\) ready/m);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});
