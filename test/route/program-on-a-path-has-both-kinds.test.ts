// A route may lead connections of TCP to a listener that is on a path: each is what its socket is, whichever came first.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { nativeOnly, openDeck } from '../fixtures/harness.js';
import { STICKY_WORKER, visit } from '../fixtures/sticky.js';

const HOST = '127.0.0.1';

for (const first of ['its own', 'a routed one']) {
  test(`${first} comes first`, nativeOnly, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'rondo-route-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const socketPath = path.join(folder, 'app');
    const { dispatcher, worker } = await openDeck(t);
    await dispatcher.listen({ name: 'app', path: socketPath });
    const route = { 'app.example.com': 'app' };
    const listener = await dispatcher.listen({ name: 'front', port: 0, host: HOST, route });
    const { port } = listener.address() as { port: number };
    await worker(['http', 'app'], { file: STICKY_WORKER });
    const headers = { host: 'app.example.com' };
    const its = async () => {
      const { listener, address } = await visit(port, '/', { socketPath });
      t.strictSame([listener, address], ['app', undefined], 'on its path a client has no address');
    };
    const routed = async () => {
      const { listener, address } = await visit(port, '/', { headers });
      t.strictSame([listener, address], ['app', HOST], 'by the route it has one');
    };
    const visits = first === 'its own' ? [its, routed] : [routed, its];
    for (const visitor of [...visits, ...visits]) await visitor();
  });
}
