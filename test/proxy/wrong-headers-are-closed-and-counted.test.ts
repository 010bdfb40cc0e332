// A connection whose PROXY header is wrong, too long, missing or late, or that comes from elsewhere, is closed, counted
// by what was wrong, and told; no worker sees it. Others are served meanwhile.

import net from 'node:net';
import type { ProxyFault } from 'rondo';
import { test } from 'tap';
import { type Deck, nativeOnly, openDeck } from '../fixtures/harness.js';
import {
  binary,
  faultsOf,
  LINE,
  PROXIED_WORKER,
  say,
  seenAfter,
  untilFaults,
} from '../fixtures/proxies.js';

const WRONG: Array<[fault: ProxyFault, ...parts: Array<string | Buffer>]> = [
  ['missing', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['missing', Buffer.from([0x16, 0x03, 0x01])],
  ['malformed', 'PROXY TCP4 203.0.113.7\r\n'],
  ['malformed', binary(0x41, 0x11, Buffer.alloc(12))],
  ['malformed', binary(0x21, 0x11, Buffer.alloc(11))],
  ['tooLong', `PROXY UNKNOWN ${'x'.repeat(200)}`],
  ['tooLong', binary(0x21, 0x11, Buffer.alloc(8000))],
  ['timedOut', LINE.slice(0, 20)],
  ['timedOut'],
];

for (const [fault, ...parts] of WRONG) {
  const shown = JSON.stringify(String(parts[0] ?? '').slice(0, 24));
  test(`${fault}: ${shown}`, nativeOnly, async (t) => {
    const deck = await openDeck(t, { proxyProtocol: { from: '127.0.0.1', timeoutMs: 300 } });
    const told = new Promise<[Error, unknown]>((resolve) =>
      deck.dispatcher.once('proxy:error', (error, listener) => resolve([error, listener])),
    );
    await deck.worker(['net'], { file: PROXIED_WORKER });
    t.equal(await say(deck.port, ...parts), '', 'it is closed');
    await untilFaults(deck.dispatcher, fault, 1);
    const [error, listener] = await told;
    t.match(error, { code: 'ERR_RONDO_PROXY_HEADER', message: /PROXY header/ });
    t.equal(listener, deck.listener);
    t.match(
      await seenAfter(deck.port, LINE),
      { remoteAddress: '203.0.113.7' },
      'another is served',
    );
    t.equal(handedTo(deck), 1, 'which is the only one that the worker has seen');
    t.strictSame(faultsOf(deck.dispatcher), { [fault]: 1 }, 'and nothing else is counted');
  });
}

test('ended: a client that only connects', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  const socket = net.connect({ port: deck.port, host: '127.0.0.1' });
  socket.on('connect', () => socket.destroy());
  await untilFaults(deck.dispatcher, 'ended', 1);
  t.strictSame(faultsOf(deck.dispatcher), { ended: 1 });
});

test('untrusted: one that comes from elsewhere', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: ['10.0.0.0/8', '::1', 'unix'] });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  t.equal(await say(deck.port, LINE), '', 'with a header');
  t.equal(await say(deck.port, 'GET / HTTP/1.1\r\n\r\n'), '', 'and without one');
  await untilFaults(deck.dispatcher, 'untrusted', 2);
  t.equal(handedTo(deck), 0);
  deck.listener.configure({ proxyProtocol: '127.0.0.1/32' });
  t.match(await seenAfter(deck.port, LINE), { remoteAddress: '203.0.113.7' }, 'once it is trusted');
  deck.listener.configure({ proxyProtocol: null });
  t.match(await seenAfter(deck.port, LINE), { remoteAddress: '127.0.0.1', header: null });
  deck.dispatcher.configure({ proxyProtocol: '127.0.0.1' });
  t.match(await seenAfter(deck.port, LINE), { header: null }, 'the listener’s own goes before');
});

test('IPv4 clients of an IPv6 socket are known by their IPv4 address', nativeOnly, async (t) => {
  const deck = await openDeck(t);
  const listener = await deck.dispatcher.listen({
    name: 'any',
    port: 0,
    proxyProtocol: '127.0.0.1',
  });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  const { port } = listener.address() as net.AddressInfo;
  t.match(await seenAfter(port, LINE), { remoteAddress: '203.0.113.7' });
});

function handedTo({ dispatcher }: Deck): number | undefined {
  return dispatcher.stats().slots[0]?.handed;
}
