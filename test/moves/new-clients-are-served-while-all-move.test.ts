// With `rebalance: 'always'`, many clients that send their next request at once keep the primary busy with connections
// that move: each of their requests is answered, and so are new clients, who come last.

import { test } from 'tap';
import { settles } from '../fixtures/faults.js';
import { fixture, nativeOnly, openDeck } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

const CLIENTS = 48;
const NEW_CLIENTS = 40;
const FILE = { file: fixture('moving-worker.mjs') };

for (const path of ['/', '/spin?ms=2']) {
  test(`who asks for ${path}`, nativeOnly, async (t) => {
    const deck = await openDeck(t, { rebalance: 'always' });
    const workers = [await deck.worker(['http'], FILE), await deck.worker(['http'], FILE)];
    const clients: KeepAliveClient[] = [];
    t.teardown(() => {
      for (const client of clients) client.destroy();
    });
    for (let i = 0; i < CLIENTS; i++) clients.push(await KeepAliveClient.open(deck.port));
    let isOver = false;
    const answers = clients.map(async (client) => {
      let count = 0;
      for (; !isOver; count++) await client.get(path);
      return count;
    });
    const servers = new Set<string>();
    for (let i = 0; i < NEW_CLIENTS; i++) {
      const client = await KeepAliveClient.open(deck.port);
      clients.push(client);
      servers.add((await client.get(path)).body.toString());
    }
    isOver = true;
    const counts = await Promise.all(answers);
    t.ok(
      counts.every((count) => count > 0),
      'every client was answered',
    );
    t.equal(servers.size, workers.length, 'new clients by all workers');
    t.ok(
      clients.every((client) => client.ended === null),
      'no connection was closed',
    );
    await settles(t, () => deck.dispatcher.stats(), {
      accepted: CLIENTS + NEW_CLIENTS,
      idle: { held: CLIENTS + NEW_CLIENTS },
    });
    t.ok(deck.dispatcher.stats().idle.moved > CLIENTS);
  });
}
