// When close() of a listener has resolved, its port can be listened on again, by anyone; and already when it has
// returned.

import { once } from 'node:events';
import net from 'node:net';
import { Dispatcher } from 'rondo';
import { test } from 'tap';
import { openFds, transports } from '../fixtures/harness.js';

for (const transport of transports()) {
  test(transport, async (t) => {
    const before = openFds();
    const dispatcher = new Dispatcher({ transport });
    const failures: string[] = [];
    for (let round = 0; round < 50; round++) {
      const listener = await dispatcher.listen({ port: 0, host: '127.0.0.1' });
      const { port } = listener.address() as net.AddressInfo;
      await listener.close();
      try {
        const next = await dispatcher.listen({ port, host: '127.0.0.1' });
        void next.close();
        const server = net.createServer().listen(port, '127.0.0.1');
        await once(server, 'listening');
        server.close();
        await once(server, 'close');
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    t.strictSame(failures, []);
    const last = await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    const { port } = last.address() as net.AddressInfo;
    await dispatcher.close();
    const server = net.createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    t.equal(openFds(), before, 'no fd is left');
  });
}
