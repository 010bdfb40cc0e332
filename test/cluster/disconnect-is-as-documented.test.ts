// worker.disconnect() and cluster.disconnect(): the servers close, what is being served is finished, the processes
// end with code 0, and their connections go to the others; in the end the port is free.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { type Program, startProgram, ways } from '../fixtures/cluster.js';
import { isAlive, until } from '../fixtures/faults.js';
import { hold, read } from '../fixtures/harness.js';

/** Both serve a line and keep the connection until the client ends it. */
async function listen(program: Program): Promise<number> {
  let port = 0;
  for (const id of [1, 2]) {
    const address = await program.worker(id, async ({ net, once }) => {
      const server = net.createServer((socket) => socket.write(`${process.pid}\n`));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server.address() as AddressInfo;
    });
    port = address.port;
  }
  return port;
}

function endings(program: Program): Promise<unknown[][]> {
  return program.primary(({ log }) =>
    log.filter(([event]) => /disconnect|exit/.test(event as string)),
  );
}

for (const way of ways) {
  test(`a worker, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way);
    const port = await listen(program);
    const [first, second] = program.pids as [number, number];
    const held = [await hold(port), await hold(port)];
    const mine = held.find(({ line }) => Number(line) === first);
    t.ok(mine, 'it has one');
    await program.primary(({ cluster, log }) => {
      const worker = cluster.workers?.[1];
      worker?.disconnect();
      log.push(['flag', worker?.exitedAfterDisconnect]);
    });
    // That was a message; until it has come the worker serves.
    let others = 0;
    await until('it has come', async () => {
      const { socket, line } = await hold(port);
      socket.destroy();
      others = Number(line) === second ? others + 1 : 0;
      return others === 4;
    });
    for (let i = 0; i < 5; i++) {
      const { socket, line } = await hold(port);
      socket.destroy();
      t.equal(Number(line), second, 'the other serves');
    }
    t.strictSame(await endings(program), [], 'it has one to finish');
    for (const { socket } of held) socket.destroy();
    await until('it ends', () => !isAlive(first));
    await until('it is told', async () => (await endings(program)).length === 2);
    t.strictSame(await endings(program), [
      ['disconnect', 1],
      ['exit', 1, 0, null],
    ]);
    t.strictSame(await program.primary(({ log }) => log.filter(([event]) => event === 'flag')), [
      ['flag', true],
    ]);
    t.strictSame(await program.primary(({ cluster }) => Object.keys(cluster.workers ?? {})), ['2']);
  });

  test(`the cluster, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way);
    const port = await listen(program);
    await program.primary(
      ({ cluster }) => new Promise<void>((resolve) => cluster.disconnect(() => resolve())),
    );
    await until('both end', () => !program.pids.some(isAlive));
    await until('it is told', async () => (await endings(program)).length === 4);
    t.strictSame((await endings(program)).sort(), [
      ['disconnect', 1],
      ['disconnect', 2],
      ['exit', 1, 0, null],
      ['exit', 2, 0, null],
    ]);
    await t.rejects(read(port), { code: 'ECONNREFUSED' });
    // Free for a server of the primary itself.
    await program.primary(async ({ net, once }, at) => {
      const server = net.createServer().listen(at, '127.0.0.1');
      await once(server, 'listening');
      server.close();
    }, port);
  });

  test(`a server closes, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way);
    for (const id of [1, 2]) await program.worker(id, ({ listen }) => listen(0, '127.0.0.1'));
    const { port } = await program.worker(1, ({ server }) => server.address() as AddressInfo);
    const close = (id: number) =>
      program.worker(id, async ({ server, once }) => {
        server.close();
        await once(server, 'close');
      });
    await close(1);
    for (let i = 0; i < 4; i++) t.equal(await read(port), `${program.pids[1]}\n`);
    await close(2);
    await until('nobody listens', () =>
      read(port).then(
        () => false,
        () => true,
      ),
    );
    t.ok(program.pids.every(isAlive), 'the workers go on');
    const again = await program.worker(1, ({ listen }, at) => listen(at, '127.0.0.1'), port);
    t.equal((again as AddressInfo).port, port);
    t.equal(await read(port), `${program.pids[0]}\n`);
  });
}
