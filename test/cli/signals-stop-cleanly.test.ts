// SIGTERM and SIGINT end `rondo start` with code 0: the workers finish what they serve, then the
// program's own handlers run.

import { test } from 'tap';
import { begin, bodyOf, noneIsLeft, runCli } from '../fixtures/cluster-cli.js';
import { fixture, read } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

for (const signal of SIGNALS) {
  test(`${signal}: nothing is left`, async (t) => {
    const run = runCli(t, ['start', APP, '-w', '2']);
    const port = await run.listening(2);
    run.child.kill(signal);
    t.equal(await run.end, 0);
    await noneIsLeft(run);
    t.match(run.stderr(), /^rondo: stopping$/m);
    for (const { seat, pid } of run.workers()) {
      t.match(run.stderr(), `rondo: worker ${seat} (pid ${pid}) drains (stop)\n`);
      t.match(run.stderr(), `rondo: worker ${seat} (pid ${pid}) ended with code 0 after `);
    }
    t.match(run.stderr(), /^rondo: stopped\n$/m, 'last of all');
    await t.rejects(read(port), { code: 'ECONNREFUSED' });
  });

  test(`${signal}: what is being served is finished`, async (t) => {
    const run = runCli(t, ['start', APP, '-w', '2']);
    const response = await begin(await run.listening(2), '/slow');
    run.child.kill(signal);
    t.match(JSON.parse(await bodyOf(response)), { pid: Number });
    t.equal(await run.end, 0);
    t.match(run.stderr(), /; drained in \d+ ms: 1 open, 0 idle, 0 destroyed$/m);
  });

  test(`${signal}: the program's own handler`, async (t) => {
    const run = runCli(t, ['start', APP, '-w', '2'], { APP_HANDLES: signal });
    const response = await begin(await run.listening(2), '/slow');
    run.child.kill(signal);
    // It ends the process much sooner than the response ends, so it must come afterwards.
    t.match(JSON.parse(await bodyOf(response)), { pid: Number });
    t.equal(await run.end, 0);
    for (const { pid } of run.workers()) t.match(run.stdout(), `own handler, ${pid}`);
  });

  test(`${signal}: another handler`, async (t) => {
    const other = signal === 'SIGTERM' ? 'SIGINT' : 'SIGTERM';
    const run = runCli(t, ['start', APP, '-w', '1'], { APP_HANDLES: other });
    await run.listening(1);
    run.child.kill(signal);
    t.equal(await run.end, 0);
    t.notMatch(run.stdout(), 'own handler', 'is not called');
  });
}

test('while it starts', async (t) => {
  const env = { APP_FAILS: 'by-never-listening', APP_READY_AFTER_MS: '60000' };
  const run = runCli(t, ['start', fixture('supervisor-app.mjs'), '-w', '2'], env);
  await run.says(/worker 1 \(pid \d+\) starts/);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  await noneIsLeft(run);
});
