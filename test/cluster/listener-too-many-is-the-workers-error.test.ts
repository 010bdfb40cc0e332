// A worker that wants more listeners than there can be gets an error, and the primary and what was open before
// go on.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { preloaded, startProgram } from '../fixtures/cluster.js';
import { read } from '../fixtures/harness.js';

const MOST = 256;

test('one more than 256', preloaded.options, async (t) => {
  const program = await startProgram(t, preloaded, { workers: 1, stderr: 'pipe' });
  const outcome = await program.worker(
    1,
    async ({ listen }, most) => {
      const first = await listen(0, '127.0.0.1');
      for (let i = 1; i < most; i++) await listen(0, '127.0.0.1');
      const error = await listen(0, '127.0.0.1').catch((error) => error.code);
      return { first: first as AddressInfo, error };
    },
    MOST,
  );
  t.equal(outcome.error, 'EMFILE');
  t.match(
    program.stderr(),
    /\[ERR_RONDO_TOO_MANY_LISTENERS\] RondoWarning: A worker cannot listen/,
  );
  t.equal(await read(outcome.first.port), `${program.pids[0]}\n`);
});
