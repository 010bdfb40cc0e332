// With --stop-delay a stop is announced: all is served as before, workers that fail are replaced, and only then nobody
// can connect any more. A second signal ends the delay, a third one kills.

import { test } from 'tap';
import { ask, begin, noneIsLeft, runCli } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');
const LONG = '60000';

test('all is served meanwhile', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '2', '--stop-delay', LONG]);
  const port = await run.listening(2);
  run.child.kill('SIGTERM');
  await run.says(/^rondo: leaving: all is served for 60000 ms more, then it stops$/m);
  t.match(JSON.parse(await ask(port)), { pid: Number });
  process.kill(run.workers()[0]?.pid as number, 'SIGKILL');
  await run.listening(3);
  t.notMatch(run.stderr(), /stopping/, 'a worker that failed was replaced');
  t.match(JSON.parse(await ask(port)), { pid: Number });
  const again = setInterval(() => run.child.kill('SIGTERM'), 400);
  t.teardown(() => clearInterval(again));
  await run.says(/stopping/);
  clearInterval(again);
  t.equal(await run.end, 0);
  t.match(run.stderr(), /^rondo: stopping\n[\s\S]*^rondo: stopped\n$/m);
  await noneIsLeft(run);
});

test('when it is over, it stops', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '2', '--stop-delay', '300']);
  await run.listening(2);
  const begun = performance.now();
  run.child.kill('SIGTERM');
  await run.says(/^rondo: leaving: all is served for 300 ms more, then it stops$/m);
  t.equal(await run.end, 0);
  t.ok(performance.now() - begun >= 300, 'and not before');
  t.match(run.stderr(), /^rondo: leaving[^\n]*\nrondo: stopping\n[\s\S]*^rondo: stopped\n$/m);
  await noneIsLeft(run);
});

test('a reload during it', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '1', '--stop-delay', LONG, '--min-uptime', '1']);
  await run.listening(1);
  run.child.kill('SIGTERM');
  await run.says(/leaving/);
  run.child.kill('SIGHUP');
  await run.says(/reload: done/);
  t.notMatch(run.stderr(), /stopping/);
});

test('a second signal ends the delay, a third one kills', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '1', '--stop-delay', LONG, '--drain-timeout', LONG]);
  const port = await run.listening(1);
  const response = await begin(port, '/stuck');
  run.child.kill('SIGTERM');
  await run.says(/leaving/);
  const again = setInterval(() => run.child.kill('SIGTERM'), 400);
  t.teardown(() => clearInterval(again));
  await run.says(/stopping/);
  t.equal(await run.end, 128 + 15);
  clearInterval(again);
  response.destroy();
  await noneIsLeft(run);
});
