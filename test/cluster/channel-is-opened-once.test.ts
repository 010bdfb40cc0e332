// A process has one channel. Who opens it a second time is told so, and the first goes on.

import { test } from 'tap';
import { preloaded, startProgram } from '../fixtures/cluster.js';
import { read } from '../fixtures/harness.js';

test('attach() in a worker that listens', preloaded.options, async (t) => {
  const program = await startProgram(t, preloaded, { workers: 1 });
  const port = await program.worker(1, ({ listen }) =>
    listen(0, '127.0.0.1').then((address) => (address as { port: number }).port),
  );
  const attach = () =>
    program.worker(
      1,
      async ({ net }, url) => {
        const { attach } = await import(url);
        attach(net.createServer());
      },
      new URL('../../dist/worker/index.js', import.meta.url).href,
    );
  for (let i = 0; i < 2; i++) {
    await t.rejects(attach(), { code: 'ERR_RONDO_CHANNEL', message: /in use already/ });
  }
  t.equal(await read(port), `${program.pids[0]}\n`, 'the worker still serves');
  const [again] = await program.worker(1, async ({ listen }) => [await listen(0, '127.0.0.1')]);
  t.equal(
    await read((again as { port: number }).port),
    `${program.pids[0]}\n`,
    'a new server, too',
  );
});
