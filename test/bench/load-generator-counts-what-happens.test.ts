// What the benchmark and the tests under load rely on: against servers that misbehave in known ways, a known
// number of times, the load generator reports just that. The cases are in bench/loadgen/check.mjs.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';

const CHECK = fileURLToPath(new URL('../../bench/loadgen/check.mjs', import.meta.url));
const LOADGEN = fileURLToPath(new URL('../../build/Release/loadgen', import.meta.url));
const options = existsSync(LOADGEN) ? {} : { skip: 'there is no load generator' };

test('every case', options, (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECK], { encoding: 'utf8' });
  t.equal(status, 0, 'it passes', { output: `${stdout}\n${stderr}` });
  const passed = Number(/^. pass (\d+)$/m.exec(stdout)?.[1]);
  t.ok(passed >= 20, `${passed} cases`);
  t.end();
});
