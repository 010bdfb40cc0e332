// What a program has in an AsyncLocalStorage when it calls listen() its server's events have, too, as in plain Node.

import { spawnSync } from 'node:child_process';
import { test } from 'tap';
import { runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const PROGRAM = fixture('async-context.mjs');
const SEEN = /^seen .*$/m;

test('of listening, connection and request', nativeOnly, async (t) => {
  const plain = spawnSync(process.execPath, [PROGRAM], { encoding: 'utf8' });
  const [expected = ''] = SEEN.exec(plain.stdout) ?? [];
  t.match(expected, '"request":"of listen()"');
  const run = runCli(t, ['start', '-w', '1', PROGRAM]);
  await until('it says what it has seen', () => SEEN.test(run.stdout()));
  t.equal(SEEN.exec(run.stdout())?.[0], expected);
  run.child.kill('SIGTERM');
  await run.end;
});
