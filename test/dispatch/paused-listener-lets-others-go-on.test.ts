// listener.pause() stops the accepting of one listener while others are served; what comes to it meanwhile is served after
// resume(), by whichever policy, and waiting is not held against it.

import { once } from 'node:events';
import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Policy } from 'rondo';
import { test } from 'tap';
import { openClient } from '../fixtures/faults.js';
import { nativeOnly, openDeck, read, transports } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

const CLIENTS = 5;

const policies: Array<[name: string, policy: Policy]> = [
  ['round-robin', 'round-robin'],
  ['source-ip', 'source-ip'],
  ['a function', (connections, slots) => connections.map(() => slots[0]?.id ?? null)],
];

for (const transport of transports()) {
  for (const [name, policy] of policies) {
    test(`${transport}, ${name}`, async (t) => {
      const deck = await openDeck(t, { transport, policy });
      const { dispatcher, listener, port } = deck;
      const other = await dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'other' });
      const otherPort = (other.address() as net.AddressInfo).port;
      const worker = await deck.worker();
      t.equal(await read(port), `${worker.pid}\n`);
      t.strictSame(pausedIn(dispatcher), [false, false]);

      listener.pause();
      listener.pause();
      t.strictSame(pausedIn(dispatcher), [true, false]);
      // For as long as that it would be turned away, if it were not paused.
      listener.configure({ maxQueueMs: 1 });
      const { starvedMs } = dispatcher.stats();
      const since = performance.now();
      let served = 0;
      const sockets = [];
      for (let i = 0; i < CLIENTS; i++) sockets.push(await openClient(port));
      for (const socket of sockets) socket.once('readable', () => served++);
      for (let i = 0; i < 50; i++) t.equal(await read(otherPort), `${worker.pid}\n`);
      t.equal(served, 0, 'nobody of the paused one has been served');
      // What a function is asked about is parked meanwhile.
      // The worker itself may be without a CPU for a moment, and have no room for the other one's.
      const starved = dispatcher.stats().starvedMs - starvedMs;
      const ms = performance.now() - since;
      if (typeof policy === 'string') t.ok(starved < ms / 4, `${starved} of ${ms} ms starved`);
      t.match(dispatcher.stats().listeners[0], { turnedAway: 0 });
      listener.configure({ maxQueueMs: null });

      listener.resume();
      listener.resume();
      const lines = await Promise.all(sockets.map((socket) => text(socket)));
      t.strictSame(lines, Array(CLIENTS).fill(`${worker.pid}\n`));
      t.match(await settled(dispatcher), { accepted: 51 + CLIENTS });
      t.strictSame(pausedIn(dispatcher), [false, false]);
    });
  }

  test(`${transport}: the dispatcher, too`, async (t) => {
    const { dispatcher, listener, port, worker: start } = await openDeck(t, { transport });
    const worker = await start();
    dispatcher.pause();
    t.strictSame(pausedIn(dispatcher), [true]);
    listener.pause();
    dispatcher.resume();
    t.strictSame(pausedIn(dispatcher), [true], 'it is paused itself');
    const client = await openClient(port);
    let isServed = false;
    client.once('readable', () => {
      isServed = true;
    });
    // The start of a worker takes a multiple of what the service of a connection takes.
    await (await start()).kill();
    t.notOk(isServed);
    listener.resume();
    t.equal(await text(client), `${worker.pid}\n`);
  });

  test(`${transport}: closed meanwhile`, async (t) => {
    const { dispatcher, listener, port, worker: start } = await openDeck(t, { transport });
    const worker = await start();
    listener.pause();
    const client = await openClient(port);
    const closed = new Promise((resolve) => client.once('close', resolve));
    await listener.close();
    await closed;
    listener.resume();
    listener.pause();
    const next = await dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'next' });
    t.strictSame(pausedIn(dispatcher), [false], 'the next one is not paused');
    t.equal(await read((next.address() as net.AddressInfo).port), `${worker.pid}\n`);
  });
}

test('a path that is bound anew stays paused', nativeOnly, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'paused-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const where = path.join(directory, 'socket');
  const { dispatcher, worker: start } = await openDeck(t, { transport: 'native' });
  const listener = await dispatcher.listen({ name: 'path', path: where });
  const worker = await start();
  listener.pause();
  unlinkSync(where);
  await once(dispatcher, 'listener:renewed');
  const client = net.connect(where);
  await once(client, 'connect');
  await (await start()).kill();
  t.match(dispatcher.stats().listeners[1], { paused: true, accepted: 0 });
  listener.resume();
  t.equal(await text(client), `${worker.pid}\n`);
});

function pausedIn(dispatcher: import('rondo').Dispatcher): boolean[] {
  return dispatcher.stats().listeners.map(({ paused }) => paused);
}
