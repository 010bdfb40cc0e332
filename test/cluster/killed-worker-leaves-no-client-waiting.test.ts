// Connections that a worker has been handed and not received when it is killed are served by another;
// with node:cluster's own scheduling such a client waits for ever. A replacement serves too.

import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { test } from 'tap';
import { preloaded, startProgram } from '../fixtures/cluster.js';
import { stop, tally, until } from '../fixtures/faults.js';
import { read } from '../fixtures/harness.js';

async function line(socket: net.Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString().trim();
}

test('the others serve', preloaded.options, async (t) => {
  // So that it is the death alone that brings them back.
  const processEnv = { RONDO_TAKE_BACK_MS: '0', RONDO_WINDOW: '4' };
  const program = await startProgram(t, preloaded, { processEnv });
  let port = 0;
  for (const id of [1, 2]) {
    const address = await program.worker(id, ({ listen }) => listen(0, '127.0.0.1'));
    port = (address as AddressInfo).port;
  }
  const [first, second] = program.pids as [number, number];
  await stop(first);
  const lines = Array.from({ length: 12 }, () => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    t.teardown(() => socket.destroy());
    return line(socket);
  });
  await until('it has been handed all it can have', async () => {
    const { slots } = await program.stats();
    return slots[0]?.pending === 4;
  });
  process.kill(first, 'SIGKILL');
  t.strictSame(tally(await Promise.all(lines)), { [second]: 12 });
  const { slots, accepted } = await program.stats();
  t.match(slots, [{ reclaimed: 4, received: 0 }, { received: 12 }]);
  t.equal(accepted, 12);
  // The replacement takes the dead one's slot.
  await program.primary(({ cluster }) => {
    cluster.fork();
  });
  await until('a third worker is there', () => program.pids.length === 3);
  await program.worker(3, ({ listen }, at) => listen(at, '127.0.0.1'), 0);
  await until('it serves', async () => (await read(port)) === `${program.pids[2]}\n`);
  const after = await program.stats();
  t.equal(after.slots.length, 2);
  t.equal(after.slots[0]?.pid, program.pids[2]);
});
