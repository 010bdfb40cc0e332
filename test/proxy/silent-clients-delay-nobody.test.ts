// Clients that send nothing, or a byte now and then, are waited for until their time is over and no longer, and cost
// those that send their header nothing. However many they are, what is waited for is bounded.

import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { nativeOnly, openDeck, openFds } from '../fixtures/harness.js';
import { faultsOf, LINE, PROXIED_WORKER, seenAfter, untilFaults } from '../fixtures/proxies.js';

/** Also after an error, with which once() would end. */
function untilClosed(socket: net.Socket): Promise<unknown> {
  return new Promise((resolve) => socket.on('close', resolve));
}

async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  return socket;
}

test('a hundred of them', nativeOnly, async (t) => {
  const proxyProtocol = { from: '127.0.0.1', timeoutMs: 1_500 };
  const deck = await openDeck(t, { proxyProtocol });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  const silent: net.Socket[] = [];
  for (let i = 0; i < 100; i++) silent.push(await connect(deck.port));
  const closed = silent.map(untilClosed);
  await until('they are waited for', () => deck.dispatcher.stats().looking === 100);
  for (let i = 0; i < 50; i++) t.match(await seenAfter(deck.port, LINE), { remotePort: 40_001 });
  await Promise.all(closed);
  await untilFaults(deck.dispatcher, 'timedOut', 100);
  t.equal(deck.dispatcher.stats().looking, 0);
});

test('a byte at a time, for ever', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: { from: '127.0.0.1', timeoutMs: 1_000 } });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  const began = performance.now();
  const slow = await Promise.all(Array.from({ length: 20 }, () => connect(deck.port)));
  const timers = slow.map((socket) => {
    let at = 0;
    return setInterval(() => socket.write(LINE[at++ % LINE.length] as string), 100);
  });
  t.teardown(() => timers.forEach(clearInterval));
  const closed = slow.map(untilClosed);
  for (let i = 0; i < 20; i++) t.match(await seenAfter(deck.port, LINE), { remotePort: 40_001 });
  await Promise.all(closed);
  timers.forEach(clearInterval);
  t.ok(performance.now() - began >= 900, 'each has had its time');
  await untilFaults(deck.dispatcher, 'timedOut', 20);
});

test('more than there is a place for', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: { from: '127.0.0.1', timeoutMs: 1_900 } });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  const before = openFds();
  const silent: net.Socket[] = [];
  for (let i = 0; i < 1_100; i++) silent.push(await connect(deck.port));
  // This process has the clients' ends, too.
  t.ok(openFds() - before <= 1_100 + 1_024, 'the primary has no more than it may hold');
  t.match(await seenAfter(deck.port, LINE), { remotePort: 40_001 });
  const { looking } = deck.dispatcher.stats();
  t.ok(looking <= 1_024, `${looking} are waited for`);
  await until('each is closed and counted', () => {
    const { crowded = 0, timedOut = 0 } = faultsOf(deck.dispatcher);
    return crowded + timedOut === 1_100;
  });
  t.ok((faultsOf(deck.dispatcher).crowded ?? 0) >= 76, 'for the last the first were closed');
  for (const socket of silent) socket.destroy();
});
