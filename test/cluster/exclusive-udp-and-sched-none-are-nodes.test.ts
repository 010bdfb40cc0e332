// What node:cluster does without its round robin is left to it: servers with `exclusive`, UDP, and all of
// SCHED_NONE. Rondo has counted nothing then, and they work.

import dgram from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { preloaded, startProgram, total, ways } from '../fixtures/cluster.js';
import { read } from '../fixtures/harness.js';

for (const way of ways) {
  test(`exclusive, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way);
    const ports: number[] = [];
    for (const id of [1, 2]) {
      const where = { port: 0, host: '127.0.0.1', exclusive: true };
      const address = await program.worker(id, ({ listen }, at) => listen(at), where);
      ports.push((address as AddressInfo).port);
    }
    t.not(ports[0], ports[1], 'each has its own');
    for (const [index, port] of ports.entries()) {
      t.equal(await read(port), `${program.pids[index]}\n`);
    }
    if (way.isRondo) t.equal((await program.stats()).accepted, 0);
  });

  test(`UDP, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way);
    const ports: number[] = [];
    for (const id of [1, 2]) {
      const port = await program.worker(id, async ({ dgram, once }) => {
        const socket = dgram.createSocket('udp4');
        socket.on('message', (message, { port, address }) => socket.send(message, port, address));
        socket.bind(0, '127.0.0.1');
        await once(socket, 'listening');
        return socket.address().port;
      });
      ports.push(port);
    }
    t.equal(ports[0], ports[1], 'they share it');
    const client = dgram.createSocket('udp4');
    t.teardown(() => client.close());
    client.send('a datagram', ports[0] as number, '127.0.0.1');
    const [message] = (await once(client, 'message')) as [Buffer];
    t.equal(message.toString(), 'a datagram');
    const types = await program.primary(({ log }) =>
      log
        .filter(([event]) => event === 'listening')
        .map(([, , at]) => (at as { addressType: unknown }).addressType),
    );
    t.strictSame(types, ['udp4', 'udp4']);
  });

  test(`SCHED_NONE, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way, { policy: 'SCHED_NONE' });
    let port = 0;
    for (const id of [1, 2]) {
      const address = await program.worker(id, ({ listen }) => listen(0, '127.0.0.1'));
      port = (address as AddressInfo).port;
    }
    for (let i = 0; i < 5; i++) t.ok(program.pids.includes(Number(await read(port))));
    t.equal(await program.primary(({ stats }) => stats()), null, 'nothing was opened');
    // The listening socket itself is the worker's, as Node has it.
    const canAccept = await program.worker(1, ({ server }) => {
      const { fd } = (server as unknown as { _handle: { fd?: number } })._handle;
      return (fd ?? -1) >= 0;
    });
    t.ok(canAccept);
  });
}

test('NODE_CLUSTER_SCHED_POLICY=none', preloaded.options, async (t) => {
  const processEnv = { NODE_CLUSTER_SCHED_POLICY: 'none' };
  const program = await startProgram(t, preloaded, { processEnv });
  const address = await program.worker(1, ({ listen }) => listen(0, '127.0.0.1'));
  t.equal(await read((address as AddressInfo).port), `${program.pids[0]}\n`);
  t.equal(await program.primary(({ stats }) => stats()), null);
});

test('a round robin that is told so', preloaded.options, async (t) => {
  const program = await startProgram(t, preloaded, { policy: 'SCHED_RR', workers: 1 });
  const address = await program.worker(1, ({ listen }) => listen(0, '127.0.0.1'));
  await read((address as AddressInfo).port);
  t.equal(total(await program.stats(), 'handed'), 1, 'is rondo');
});
