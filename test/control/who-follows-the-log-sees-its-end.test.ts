// The last lines of a log arrive at those who follow it, though the process ends with them. In each Node.js: how it
// keeps the parts of an answer together for a write has changed.

import { test } from 'tap';
import { runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, transports } from '../fixtures/harness.js';

test('a stop', async (t) => {
  const env = { RONDO_TRANSPORT: transports()[0] };
  const run = runCli(
    t,
    ['start', '-w', '2', '--name', 'followed', fixture('supervisor-app.mjs')],
    env,
  );
  await run.listening(2);
  const follow = runCli(t, ['logs', '-f', '-n', '1', '--name', 'followed'], env);
  await until('it follows', () => follow.stdout() !== '');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.equal(await follow.end, 0);
  const ended = follow.stdout().match(/ ended with code 0 /g) ?? [];
  t.equal(ended.length, 2, 'both ends');
  t.match(follow.stdout(), /Z stopped\n$/);
});
