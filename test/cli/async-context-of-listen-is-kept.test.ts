// What a program has in an AsyncLocalStorage when it calls listen() its server's events have, too, as in plain Node.

import { spawnSync } from 'node:child_process';
import { test } from 'tap';
import { runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const SEEN = /^seen .*$/m;

for (const [name, program, pattern] of [
  ['of listening, connection and request', 'async-context.mjs', '"request":"of listen()"'],
  ['and none what arrives at a socket', 'async-context-of-data.mjs', '"data":"none"'],
] as const) {
  test(name, nativeOnly, async (t) => {
    const file = fixture(program);
    const plain = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    const [expected = ''] = SEEN.exec(plain.stdout) ?? [];
    t.match(expected, pattern);
    const run = runCli(t, ['start', '-w', '1', file]);
    await until('it says what it has seen', () => SEEN.test(run.stdout()));
    t.equal(SEEN.exec(run.stdout())?.[0], expected);
    run.child.kill('SIGTERM');
    await run.end;
  });
}
