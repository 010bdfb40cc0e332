// A worker at its maxConnections has no more than those; the others get the rest. When all are full rondo drops,
// with the 'drop' event, and serves again as soon as one has room.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { type Program, preloaded, startProgram, ways } from '../fixtures/cluster.js';
import { tally, until } from '../fixtures/faults.js';
import { hold, read } from '../fixtures/harness.js';

/** Both workers hold their connections; the ids' limits. */
async function listen(program: Program, limits: Record<number, number>): Promise<number> {
  let port = 0;
  for (const [id, limit] of Object.entries(limits)) {
    const address = await program.worker(
      Number(id),
      async (scope, max) => {
        const server = scope.net.createServer((socket) => socket.write(`${process.pid}\n`));
        scope.server = server;
        if (max > 0) server.maxConnections = max;
        server.on('drop', (data) => scope.log.push(['drop', data !== undefined]));
        server.listen(0, '127.0.0.1');
        await scope.once(server, 'listening');
        return server.address() as AddressInfo;
      },
      limit,
    );
    port = address.port;
  }
  return port;
}

for (const way of ways) {
  test(`one is full, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way);
    const port = await listen(program, { 1: 1, 2: 0 });
    const held = [];
    for (let i = 0; i < 6; i++) held.push(await hold(port));
    const [first, second] = program.pids as [number, number];
    t.strictSame(tally(held.map(({ line }) => line)), { [first]: 1, [second]: 5 });
    for (const { socket } of held) socket.destroy();
    t.strictSame(await program.worker(1, ({ log }) => log), [], 'nothing was dropped');
  });
}

test('all are full', preloaded.options, async (t) => {
  const program = await startProgram(t, preloaded);
  const port = await listen(program, { 1: 1, 2: 1 });
  const held = [await hold(port), await hold(port)];
  t.equal(new Set(held.map(({ line }) => line)).size, 2);
  t.equal(await read(port), '', 'closed');
  const drops = async () => {
    const logs = [1, 2].map((id) => program.worker(id, ({ log }) => log));
    return (await Promise.all(logs)).flat();
  };
  await until('one has said so', async () => (await drops()).length === 1);
  t.strictSame(await drops(), [['drop', true]]);
  held[0]?.socket.destroy();
  await program.worker(Number(held[0]?.line) === program.pids[0] ? 1 : 2, async (scope) => {
    const connections = () =>
      new Promise((resolve) => scope.server.getConnections((_error, count) => resolve(count)));
    while ((await connections()) !== 0) await scope.delay(1);
  });
  const next = await hold(port);
  t.equal(next.line, held[0]?.line, 'the one that has room again');
  next.socket.destroy();
  held[1]?.socket.destroy();
});
