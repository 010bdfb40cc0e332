// A worker that is disconnected while its listen() is under way ends, as in plain Node: the primary answers it no more. And
// what the first fork() has decided stays, whatever `cluster.schedulingPolicy` says later.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'tap';
import { preloaded } from '../fixtures/cluster.js';
import { fixture } from '../fixtures/harness.js';

const run = promisify(execFile);
const LONG_MS = 20_000;

async function linesOf(nodeArgs: readonly string[], program: readonly string[]): Promise<string[]> {
  const args = [...nodeArgs, ...program];
  const { stdout } = await run(process.execPath, args, { timeout: LONG_MS });
  return stdout.trim().split('\n').sort();
}

for (const when of ['before', 'after']) {
  test(`${when} the primary knows of it`, preloaded.options, async (t) => {
    const program = [fixture('disconnects-in-listen.cjs'), when];
    const plain = await linesOf([], program);
    t.strictSame(plain, ['disconnected', 'exit 0']);
    t.strictSame(await linesOf(preloaded.nodeArgs, program), plain);
  });
}

test('the policy is that of the first fork()', preloaded.options, async (t) => {
  const program = [fixture('policy-changes.cjs')];
  t.strictSame(await linesOf(preloaded.nodeArgs, program), ['true']);
});
