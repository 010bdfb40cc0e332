// A primary and a worker with different versions of rondo: the worker ends with an error that says so, the
// others serve, and nobody waits for ever.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { plainNode, preloaded, REGISTER, startProgram } from '../fixtures/cluster.js';
import { copyPackage } from '../fixtures/cluster-package.js';
import { until } from '../fixtures/faults.js';
import { read, transports } from '../fixtures/harness.js';

/** The primary imports it, and a worker's program may import another one. */
const CLUSTER = new URL('cluster/index.js', REGISTER).href;

for (const transport of transports()) {
  test(transport, preloaded.options, async (t) => {
    const other = copyPackage(t, { version: 99 });
    const program = await startProgram(t, plainNode, {
      workers: 1,
      nodeArgs: ['--import', CLUSTER],
      stderr: 'pipe',
      processEnv: { RONDO_TRANSPORT: transport },
    });
    const address = await program.worker(1, ({ listen }) => listen(0, '127.0.0.1'));
    const { port } = address as AddressInfo;
    await program.primary(({ cluster }, register) => {
      cluster.setupPrimary({ execArgv: ['--import', register] });
      cluster.fork();
    }, other.register);
    await until('the other is there', () => program.pids.length === 2);
    const listening = program.worker(2, ({ listen }) => listen(0, '127.0.0.1'));
    void listening.catch(() => {});
    const endings = () => program.primary(({ log }) => log.filter(([event]) => event === 'exit'));
    await until('it ends', async () => (await endings()).length === 1);
    t.strictSame(await endings(), [['exit', 2, 1, null]]);
    t.match(program.stderr(), /RondoError \[ERR_RONDO_PROTOCOL_VERSION\]/);
    t.match(program.stderr(), /need the same version of rondo/);
    for (let i = 0; i < 6; i++) t.equal(await read(port), `${program.pids[0]}\n`);
  });
}
