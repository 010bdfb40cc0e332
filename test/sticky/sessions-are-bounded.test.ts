// The primary knows no more sessions than it may, and none that nobody has used for too long; clients that are silent, or
// send a byte now and then, delay nobody and are dealt without a session when their time is over.

import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { nativeOnly, openDeck } from '../fixtures/harness.js';
import { pidsOf, STICKY_WORKER, visit } from '../fixtures/sticky.js';

test('the least recently used leaves', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: { by: 'query', name: 'sid', maxSessions: 4 } });
  for (let i = 0; i < 2; i++) await deck.worker([], { file: STICKY_WORKER });
  const four: Array<[string]> = [['/?sid=0'], ['/?sid=1'], ['/?sid=2'], ['/?sid=3']];
  const before = await pidsOf(deck.port, four);
  t.strictSame(await pidsOf(deck.port, four), before, 'as many as there may be stay');
  // One more than that: 0 is forgotten, 1 to 3 are not.
  await visit(deck.port, '/?sid=4');
  t.strictSame(await pidsOf(deck.port, four.slice(1)), before.slice(1));
});

test('one that was not used for long is dealt anew', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: { by: ['query:sid'], idleMs: 1 } });
  for (let i = 0; i < 2; i++) await deck.worker([], { file: STICKY_WORKER });
  const pids = await pidsOf(
    deck.port,
    Array.from({ length: 6 }, (): [string] => ['/?sid=a']),
  );
  t.equal(new Set(pids).size, 2);
});

test('silent clients, and slow ones', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: 'query:sid' });
  deck.listener.configure({ lookTimeoutMs: 2_000 });
  for (let i = 0; i < 2; i++) await deck.worker([], { file: STICKY_WORKER });
  const sockets = Array.from({ length: 40 }, () => net.connect(deck.port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const [silent, slow] = [sockets.slice(0, 20), sockets.slice(20)];
  const head = 'GET /?sid=a HTTP/1.1\r\nhost: a\r\n\r\n';
  for (const socket of slow) socket.write(head.slice(0, 8));
  await until('they are looked at', () => deck.dispatcher.stats().looking > 0);
  const { pid } = await visit(deck.port, '/?sid=a');
  t.strictSame(
    await pidsOf(deck.port, [['/?sid=a'], ['/?sid=b'], ['/?sid=a']]).then((p) => [p[0], p[2]]),
    [pid, pid],
  );
  await until('their time is over', () => deck.dispatcher.stats().looking === 0);
  // A worker has each of them by now, and serves it.
  const answers = slow.map((socket) => text(socket));
  for (const socket of slow) socket.write(head.slice(8));
  t.ok((await Promise.all(answers)).every((answer) => answer.includes('200 OK')));
  const later = silent.map((socket) => text(socket));
  for (const socket of silent) socket.write(head);
  t.ok((await Promise.all(later)).every((answer) => answer.includes('200 OK')));
});

test('a head that comes in pieces', nativeOnly, async (t) => {
  const deck = await openDeck(t, { sticky: 'query:none,cookie:io' });
  for (let i = 0; i < 3; i++) await deck.worker([], { file: STICKY_WORKER });
  const { pid } = await visit(deck.port, '/', { headers: { cookie: 'io=a' } });
  const head = 'GET / HTTP/1.1\r\nhost: a\r\ncookie: io=a\r\n\r\n';
  for (const at of [1, 3, 14, 20, 30, 38]) {
    const socket = net.connect({ port: deck.port, host: '127.0.0.1', noDelay: true });
    const answer = text(socket);
    socket.write(head.slice(0, at));
    await until('it is looked at', () => deck.dispatcher.stats().looking === 1);
    socket.write(head.slice(at));
    t.match(await answer, `"pid":${pid}`, `torn at ${at}`);
  }
});
