// An address that cannot be listened on is the worker's error, with the fields and the text that it has
// with plain Node, in every worker; and the worker can then listen elsewhere.

import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { startProgram, ways } from '../fixtures/cluster.js';
import { read } from '../fixtures/harness.js';

for (const way of ways) {
  test(`EADDRINUSE, ${way.name}`, way.options, async (t) => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    t.teardown(() => taken.close());
    const { port } = taken.address() as net.AddressInfo;
    const program = await startProgram(t, way);
    for (const id of [1, 2]) {
      const listening = program.worker(id, ({ listen }, at) => listen(at, '127.0.0.1'), port);
      await t.rejects(listening, {
        message: `bind EADDRINUSE 127.0.0.1:${port}`,
        code: 'EADDRINUSE',
        errno: -98,
        syscall: 'bind',
        address: '127.0.0.1',
        port,
      });
    }
    const address = await program.worker(1, ({ listen }) => listen(0, '127.0.0.1'));
    t.equal(await read((address as net.AddressInfo).port), `${program.pids[0]}\n`);
  });

  test(`EADDRINUSE of a TLS server, ${way.name}`, way.options, async (t) => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    t.teardown(() => taken.close());
    const { port } = taken.address() as net.AddressInfo;
    const program = await startProgram(t, way, { workers: 1 });
    const error = await program.worker(
      1,
      async ({ tls, once: next }, at) => {
        const server = tls.createServer({}).listen(at, '127.0.0.1');
        const [{ code, message }] = await next(server, 'error');
        return { code, message };
      },
      port,
    );
    t.strictSame(error, { code: 'EADDRINUSE', message: `bind EADDRINUSE 127.0.0.1:${port}` });
  });

  test(`EADDRNOTAVAIL, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way, { workers: 1 });
    // Of the documentation's network.
    const listening = program.worker(1, ({ listen }) => listen(0, '192.0.2.1'));
    await t.rejects(listening, { code: 'EADDRNOTAVAIL', syscall: 'bind', address: '192.0.2.1' });
  });

  test(`the port becomes free, ${way.name}`, way.options, async (t) => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as net.AddressInfo;
    const program = await startProgram(t, way);
    const listening = program.worker(1, ({ listen }, at) => listen(at, '127.0.0.1'), port);
    await t.rejects(listening, { code: 'EADDRINUSE' });
    taken.close();
    await once(taken, 'close');
    await program.worker(1, ({ listen }, at) => listen(at, '127.0.0.1'), port);
    t.equal(await read(port), `${program.pids[0]}\n`);
    if (!way.isRondo) return;
    // Older versions of Node name it otherwise than the first try of another worker, which then fails.
    await program.worker(2, ({ listen }, at) => listen(at, '127.0.0.1'), port);
    const second = program.worker(2, ({ listen }, at) => listen(at, '127.0.0.1'), port);
    await t.rejects(second, { code: 'EADDRINUSE' }, 'a second one of its own is not shared');
  });
}
