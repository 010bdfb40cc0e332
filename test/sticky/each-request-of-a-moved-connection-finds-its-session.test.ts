// A connection that is given back between two requests is looked at again: with `rebalance: 'always'` one that carries the
// requests of many sessions, as a proxy's does, reaches the worker of each.

import http from 'node:http';
import { json } from 'node:stream/consumers';
import { test } from 'tap';
import { nativeOnly, openDeck } from '../fixtures/harness.js';
import { pidsOf, type Seen, STICKY_WORKER } from '../fixtures/sticky.js';

test('sessions in turn on one connection', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: 'query:sid', rebalance: 'always' });
  const spawn = { env: { ...process.env, KEEP_ALIVE: 'yes' } };
  for (let i = 0; i < 3; i++) await deck.worker([], { file: STICKY_WORKER, spawn });
  const paths = Array.from({ length: 6 }, (_, n): [string] => [`/?sid=${n}`]);
  const begun = await pidsOf(deck.port, paths);
  t.equal(new Set(begun).size, 3);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const ports = new Set<number | undefined>();
  const visitKept = (path: string): Promise<Seen> =>
    new Promise((resolve, reject) => {
      const request = http.get({ host: '127.0.0.1', port: deck.port, path, agent }, (response) => {
        ports.add(request.socket?.localPort);
        json(response).then((seen) => resolve(seen as Seen), reject);
      });
      request.on('error', reject);
    });
  let wrong = 0;
  for (let i = 0; i < 60; i++) {
    const n = i % paths.length;
    const { pid } = await visitKept(paths[n]?.[0] as string);
    if (pid !== begun[n]) wrong++;
  }
  t.equal(ports.size, 1, 'all by one connection');
  t.equal(wrong, 0);
  t.ok(deck.dispatcher.stats().idle.moved >= 50, 'which has moved');
});
