// maxConnections of the dispatcher, of a listener and of a slot: no more than that are with the workers at
// once, what comes beyond it waits, and goes on as soon as one has ended or the limit has gone.

import type net from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { type Deck, hold, openDeck, transports } from '../fixtures/harness.js';
import { sum } from '../fixtures/settled.js';

/** Clients that keep their connections; `sockets` are those that a worker has greeted, in that order. */
function clients(port: number, count: number): net.Socket[] {
  const sockets: net.Socket[] = [];
  for (let i = 0; i < count; i++) void hold(port).then(({ socket }) => sockets.push(socket));
  return sockets;
}

function load({ dispatcher }: Deck): number {
  const { slots } = dispatcher.stats();
  return sum(slots, 'pending') + sum(slots, 'open');
}

/** That they are full, and stay so for a while in which whatever could go on would. */
async function staysAt(deck: Deck, limit: number, sockets: net.Socket[]): Promise<boolean> {
  await until('they are full', () => load(deck) === limit && sockets.length === limit);
  const end = performance.now() + 150;
  let most = 0;
  await until('it has been watched', () => {
    most = Math.max(most, load(deck), sockets.length);
    return performance.now() > end;
  });
  return most === limit;
}

for (const transport of transports()) {
  test(`${transport}: in all`, async (t) => {
    const deck = await openDeck(t, { transport, maxConnections: 3 });
    const { dispatcher, port } = deck;
    t.equal(dispatcher.stats().maxConnections, 3);
    for (let i = 0; i < 2; i++) await deck.worker(['hold']);
    const sockets = clients(port, 8);
    t.ok(await staysAt(deck, 3, sockets), 'three, and no more');
    sockets.shift()?.destroy();
    await until('the next one is served', () => sockets.length === 3);
    t.ok(await staysAt(deck, 3, sockets));
    dispatcher.configure({ maxConnections: 5 });
    t.ok(await staysAt(deck, 5, sockets), 'a larger one');
    dispatcher.configure({ maxConnections: 2 });
    for (let i = 0; i < 3; i++) sockets.shift()?.destroy();
    await until('a smaller one takes nothing away', () => load(deck) === 2);
    t.ok(await staysAt(deck, 2, sockets), 'but lets nothing in');
    dispatcher.configure({ maxConnections: null });
    await until('all are served', () => sockets.length === 4);
    t.match(dispatcher.stats().listeners, [{ accepted: 8, closed: 0, turnedAway: 0 }]);
    for (const socket of sockets) socket.destroy();
  });

  test(`${transport}: of a listener`, async (t) => {
    const deck = await openDeck(t, { transport });
    const { dispatcher } = deck;
    const options = { port: 0, host: '127.0.0.1', name: 'other', maxConnections: 2 };
    const other = await dispatcher.listen(options);
    for (let i = 0; i < 2; i++) await deck.worker(['hold']);
    const limited = clients((other.address() as AddressInfo).port, 5);
    t.ok(await staysAt(deck, 2, limited), 'two, and no more');
    const free = clients(deck.port, 6);
    await until('the other listener has no limit', () => free.length === 6);
    free.shift()?.destroy();
    await until('one has gone', () => load(deck) === 7);
    t.equal(limited.length, 2, "another listener's end makes no room");
    limited.shift()?.destroy();
    await until('but its own does', () => limited.length === 2);
    other.configure({ maxConnections: null });
    await until('all are served', () => limited.length === 4);
    for (const socket of [...limited, ...free]) socket.destroy();
  });

  test(`${transport}: of a slot`, async (t) => {
    const deck = await openDeck(t, { transport });
    const { dispatcher, port } = deck;
    const small = await deck.worker(['hold'], { slot: dispatcher.openSlot({ maxConnections: 1 }) });
    const other = await deck.worker(['hold']);
    const sockets = clients(port, 6);
    await until('all are served', () => sockets.length === 6 && load(deck) === 6);
    t.match(dispatcher.stats().slots, [
      { open: 1, maxConnections: 1 },
      { open: 5, maxConnections: null },
    ]);
    other.slot.configure({ maxConnections: 5 });
    const more = clients(port, 2);
    t.ok(await staysAt(deck, 6, sockets), 'both are full');
    t.equal(more.length, 0);
    small.slot.configure({ maxConnections: 3 });
    await until('one of them takes more', () => more.length === 2);
    t.match(dispatcher.stats().slots, [{ open: 3 }, { open: 5 }]);
    for (const socket of [...sockets, ...more]) socket.destroy();
  });
}
