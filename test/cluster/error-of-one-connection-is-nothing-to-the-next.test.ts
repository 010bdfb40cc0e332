// Connections that arrive together are received one after another, as Node accepts them: what one of them throws, also in
// what it has queued, is an uncaught exception that a program may handle, and costs no other connection. If the process ends
// in the middle, those that it has not been given go to another one.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'tap';
import { preloaded } from '../fixtures/cluster.js';
import { fixture } from '../fixtures/harness.js';

const run = promisify(execFile);
const LONG_MS = 30_000;

async function seenBy(nodeArgs: readonly string[], what: string): Promise<unknown> {
  const args = [...nodeArgs, fixture('throws-between-connections.cjs'), what];
  const { stdout } = await run(process.execPath, args, { timeout: LONG_MS });
  return JSON.parse(stdout);
}

for (const [what, served] of [
  ['tick', 440],
  ['listener', 660],
] as const) {
  test(`in a ${what}`, preloaded.options, async (t) => {
    const plain = await seenBy([], what);
    t.strictSame(plain, { served, errors: 220 });
    t.strictSame(await seenBy(preloaded.nodeArgs, what), plain);
    t.strictSame(
      await seenBy([...preloaded.nodeArgs, '--throw-deprecation', '--pending-deprecation'], what),
      plain,
    );
  });
}

test('the end of a process', preloaded.options, async (t) => {
  const { unserved } = (await seenBy(preloaded.nodeArgs, 'exit')) as { unserved: number };
  t.ok(unserved <= 1, `the connection that ended it is lost, and no other: ${unserved}`);
});
