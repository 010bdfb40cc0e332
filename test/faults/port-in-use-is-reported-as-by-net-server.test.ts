// `listen` on a port that is taken rejects with the very error that net.Server emits, and the name of
// the listener is free again.

import { once } from 'node:events';
import net from 'node:net';
import { Dispatcher } from 'rondo';
import { test } from 'tap';
import { openFds, transports } from '../fixtures/harness.js';

for (const transport of transports()) {
  test(transport, async (t) => {
    const before = openFds();
    const holder = net.createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as net.AddressInfo;
    const rival = net.createServer().listen(port, '127.0.0.1');
    const [expected] = (await once(rival, 'error')) as [NodeJS.ErrnoException];

    const dispatcher = new Dispatcher({ transport });
    const failure = await dispatcher.listen({ port, host: '127.0.0.1' }).then(
      () => t.fail('listened'),
      (error: NodeJS.ErrnoException) => error,
    );
    t.match(failure, { code: 'EADDRINUSE', port });
    t.strictSame({ ...(failure as object) }, { ...expected });
    t.equal((failure as Error).message, expected.message);

    holder.close();
    await once(holder, 'close');
    const listener = await dispatcher.listen({ port, host: '127.0.0.1' });
    t.match(listener.address(), { port });
    await dispatcher.close();
    t.equal(openFds(), before, 'no fd is left');
  });
}
