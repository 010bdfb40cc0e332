// Loggers, whose last lines must arrive, and metrics: each ends under `rondo start` as under
// plain Node.

import { test } from 'tap';
import { runCli } from '../fixtures/cluster-cli.js';
import { groupEndsAlike } from './lib/ends-alike.js';
import { program } from './lib/running.js';

groupEndsAlike('logs and metrics');

test('log4js that relies on a primary: nothing is lost without a word', async (t) => {
  const run = runCli(t, ['start', '-w', '1', program('log4js.mjs')], { CLUSTERED: '1' });
  await run.listening(1);
  await run.says(/\[RONDO_UNREAD_MESSAGE\] RondoWarning: log4js .*'disableClustering: true'/);
  t.notMatch(run.stdout(), /begun/);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.equal(run.stderr().match(/RONDO_UNREAD_MESSAGE/g)?.length, 1, 'told once');
});
