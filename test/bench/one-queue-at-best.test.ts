// The computed bound: what one queue for all workers could give at best, beside connections that stay with theirs.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'tap';

const PROGRAM = new URL('../../bench/queues.mjs', import.meta.url).pathname;
const run = promisify(execFile);

async function ratio(...args: string[]): Promise<number> {
  const { stdout } = await run(process.execPath, [PROGRAM, ...args]);
  return Number(/ratio of p99: +([\d.]+)/.exec(stdout)?.[1]);
}

test('what is computed', async (t) => {
  t.equal(await ratio('--workers', '1'), 1, 'with one worker it is the same');
  t.equal(await ratio(), 0.65, 'as bench/README.md says');
  t.equal(await ratio('--workers', '4', '--clients', '200'), 0.42, 'as bench/README.md says');
});

test('a wrong option', async (t) => {
  const failure = await run(process.execPath, [PROGRAM, '--percent', '100']).catch(
    (error) => error,
  );
  t.equal(failure.code, 2);
  t.match(failure.stderr, "--percent must be a whole number from 1 to 99, not '100'");
});
