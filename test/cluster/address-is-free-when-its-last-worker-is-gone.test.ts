// The address of a listener is free when the call or the event that took its last worker is over: within
// worker.disconnect(), before 'disconnect' and 'exit' are emitted, at the callback of cluster.disconnect(), and in the
// callback of server.close() of the worker itself.

import type { Worker } from 'node:cluster';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Test, test } from 'tap';
import { type Scope, startProgram, type Way, ways } from '../fixtures/cluster.js';

/** How the last worker leaves; the primary listens there as soon as it may. */
const ENDINGS = [
  'disconnect()',
  "'disconnect' after disconnect()",
  "'disconnect' of the worker's own",
  "'disconnect' after SIGKILL",
  "'exit' after SIGKILL",
  'cluster.disconnect()',
] as const;

/** Each with a worker of its own. */
const ROUNDS = 4;

for (const way of ways) {
  for (const ending of ENDINGS) {
    test(`${ending}, ${way.name}`, way.options, async (t) => {
      // All of them are disconnected at once.
      const workers = ending === 'cluster.disconnect()' ? 1 : ROUNDS;
      const program = await startProgram(t, way, { workers });
      const outcomes: unknown[] = [];
      for (let id = 1; id <= workers; id++) {
        const address = await program.worker(id, (s) => s.listen(0, '127.0.0.1'));
        outcomes.push(await program.primary(leave, id, ending, (address as AddressInfo).port));
      }
      t.strictSame(outcomes, Array(workers).fill('listening'));
    });
  }

  for (const kind of ['port', 'abstract name', 'path'] as const) {
    test(`closed and listened on again, ${kind}, ${way.name}`, way.options, async (t) => {
      t.equal(await relisten(t, way, kind), 'listened 2000 times');
    });
  }
}

/** Runs in the primary. Resolves with 'listening', or the code of the error. */
async function leave(
  { cluster, net, once }: Scope,
  id: number,
  ending: (typeof ENDINGS)[number],
  port: number,
): Promise<string> {
  const listen = async () => {
    const server = net.createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code as string;
    }
    server.close();
    return 'listening';
  };
  const worker = cluster.workers?.[id] as Worker;
  const at = (event: string) =>
    new Promise<string>((resolve) => worker.once(event, () => resolve(listen())));
  switch (ending) {
    case 'disconnect()':
      worker.disconnect();
      return listen();
    case "'disconnect' after disconnect()":
      worker.disconnect();
      return at('disconnect');
    case "'disconnect' of the worker's own":
      worker.send({ seq: -1, code: '({ cluster }) => cluster.worker.disconnect()', args: [] });
      return at('disconnect');
    case "'disconnect' after SIGKILL":
      worker.process.kill('SIGKILL');
      return at('disconnect');
    case "'exit' after SIGKILL":
      worker.process.kill('SIGKILL');
      await once(worker, 'disconnect');
      return worker.isDead() ? listen() : at('exit');
    case 'cluster.disconnect()':
      return new Promise((resolve) => cluster.disconnect(() => resolve(listen())));
  }
}

async function relisten(t: Test, way: Way, kind: 'port' | 'abstract name' | 'path') {
  const directory = mkdtempSync(path.join(tmpdir(), 'cluster-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const where = { port: 0, 'abstract name': `\0${directory}`, path: `${directory}/socket` }[kind];
  const program = await startProgram(t, way, { workers: 1 });
  return program.worker(
    1,
    ({ net }, first) =>
      new Promise<string>((resolve) => {
        let rounds = 0;
        let place: number | string = first;
        const next = () => {
          const server = net.createServer();
          server.once('error', (error) => resolve(`${error.message} after ${rounds}`));
          server.listen(place, () => {
            if (place === 0) place = (server.address() as AddressInfo).port;
            server.close(() => {
              rounds++;
              if (rounds === 2000) resolve(`listened ${rounds} times`);
              else next();
            });
          });
        };
        next();
      }),
    where,
  );
}
