// A fork() that fails, here for want of file descriptors, throws as Node's would and can be tried again: it leaves no
// slot behind.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { preloaded, startProgram } from '../fixtures/cluster.js';
import { until } from '../fixtures/faults.js';
import { read } from '../fixtures/harness.js';

test('out of file descriptors', preloaded.options, async (t) => {
  const through = ['sh', '-c', 'ulimit -n 80; exec "$@"', 'sh'];
  const program = await startProgram(t, preloaded, { workers: 1, through });
  const codes = await program.primary(({ cluster, fs }) => {
    const files: number[] = [];
    const codes: string[] = [];
    const attempt = () => {
      try {
        cluster.fork();
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code as string);
      }
    };
    try {
      for (;;) files.push(fs.openSync('/dev/null', 'r'));
    } catch {
      for (let i = 0; i < 5; i++) attempt();
    }
    for (const file of files) fs.closeSync(file);
    attempt();
    return codes;
  });
  t.strictSame(codes, Array(5).fill('EMFILE'));
  await until('the second worker is there', () => program.pids.filter(Boolean).length === 2);
  const id = program.pids.length;
  const address = await program.worker(id, ({ listen }) => listen(0, '127.0.0.1'));
  t.equal(await read((address as AddressInfo).port), `${program.pids[id - 1]}\n`);
  t.equal((await program.stats()).slots.length, 2);
});
