// What the workers of an old primary give back, and the two ends of its way to the new one: each connection has one
// owner, and is counted where it ends, also when the new one goes away in between.

import { closeSync } from 'node:fs';
import net from 'node:net';
import { constants } from 'node:os';
import { sendFds, socketpair } from 'rondo/fd';
import { type Test, test } from 'tap';
import type { Passing } from '../../src/dispatcher/transport.js';
import { Arriving } from '../../src/supervisor/upgrade/arriving.js';
import { PassingOn } from '../../src/supervisor/upgrade/passing-on.js';
import { settles, until } from '../fixtures/faults.js';
import { type Deck, fixture, nativeOnly, openDeck } from '../fixtures/harness.js';

/** More than may be on their way at a time. */
const CLIENTS = 150;
const file = fixture('moving-worker.mjs');

interface Client {
  socket: net.Socket;
  text: string;
  isEnded: boolean;
}

async function connect(port: number): Promise<Client> {
  const socket = net.connect(port, '127.0.0.1');
  const client: Client = { socket, text: '', isEnded: false };
  socket.setEncoding('utf8').on('data', (text) => {
    client.text += text;
  });
  socket.on('error', () => {});
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      client.isEnded = true;
    });
  }
  socket.write('release\n');
  return client;
}

const passingOf = ({ dispatcher }: Deck): Passing =>
  (dispatcher as unknown as { passing: Passing }).passing;

/** An old primary with a worker that has given all back, and leaves its listener; a new one with a worker. */
async function open(t: Test, { place = 3, isConfirmed = true } = {}) {
  const next = await openDeck(t);
  const { pid } = await next.worker(['raw'], { file });
  const old = await openDeck(t);
  const worker = await old.worker(['raw'], { file });
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(old.port)));
  await settles(t, () => old.dispatcher.stats(), { idle: { held: CLIENTS } });
  await until('each has read its answer', () => clients.every(({ text }) => text.endsWith('\n')));
  const [ours, theirs] = socketpair();
  const arriving = new Arriving(theirs, {
    passing: passingOf(next),
    listenerAt: (index) => (index === 3 ? next.listener.id : null),
    onGot: (count) => passingOn.onGot(count),
    onClosed: () => {},
  });
  const way = { reads: true };
  const passingOn: PassingOn = new PassingOn(
    passingOf(old),
    {
      sendIdle: (fd, message) => {
        try {
          const sent = sendFds(ours, [fd], Buffer.from(JSON.stringify(message)));
          return sent === 0 ? -constants.errno.EAGAIN : sent;
        } catch (error) {
          return (error as NodeJS.ErrnoException).errno as number;
        }
      },
      isConfirmed,
      sayIdle: () => {
        if (way.reads) setImmediate(() => arriving.read());
      },
    },
    new Map([[old.listener.id, place]]),
  );
  return {
    ...{ old, next, pid, clients, worker, passingOn, arriving, way },
    async leave() {
      passingOn.begin();
      await (old.listener as unknown as { leave(): Promise<void> }).leave();
      (worker.slot as unknown as { drain(): void }).drain();
    },
    async end() {
      for (const { socket } of clients) socket.destroy();
      await settles(t, () => next.dispatcher.stats(), { idle: { held: 0 }, slots: [{ open: 0 }] });
    },
    async close() {
      await passingOn.finish();
      closeSync(ours);
      arriving.end();
    },
  };
}

for (const isConfirmed of [true, false]) {
  test(isConfirmed ? 'all go' : 'all go, and nobody says that they came', nativeOnly, async (t) => {
    const { old, next, pid, clients, leave, close, end } = await open(t, { isConfirmed });
    await leave();
    await close();
    t.match(old.dispatcher.stats().idle, { held: 0, passedOn: CLIENTS, closed: 0, moved: 0 });
    await settles(t, () => next.dispatcher.stats(), {
      idle: { held: CLIENTS, takenOver: CLIENTS },
    });
    t.match(next.dispatcher.stats(), { accepted: 0 });
    for (const client of clients) {
      client.text = '';
      client.socket.write('pid\n');
    }
    await until('each is served', () => clients.every(({ text }) => text === `${pid}\n`));
    t.notOk(clients.some(({ isEnded }) => isEnded));
    await end();
  });
}

test('the new one ceases to read, and goes', nativeOnly, async (t) => {
  const { old, next, clients, leave, passingOn, arriving, way, close, end } = await open(t);
  way.reads = false;
  await leave();
  await settles(t, () => old.dispatcher.stats(), { idle: { passedOn: 64 } });
  t.notOk(
    clients.some(({ isEnded }) => isEnded),
    'none is closed while it may yet read',
  );
  passingOn.onGone();
  const rest = { held: 0, passedOn: 64, closed: CLIENTS - 64 };
  await settles(t, () => old.dispatcher.stats(), { idle: rest });
  await until('they are closed', () => clients.filter(({ isEnded }) => isEnded).length === 86);
  // What it had by then is its own.
  arriving.read();
  await settles(t, () => next.dispatcher.stats(), { idle: { takenOver: 64 } });
  await close();
  await end();
});

test('a listener that the new one does not have', nativeOnly, async (t) => {
  const { old, next, leave, close, end } = await open(t, { place: 4 });
  await leave();
  await close();
  t.match(old.dispatcher.stats().idle, { held: 0, passedOn: CLIENTS });
  await settles(t, () => next.dispatcher.stats(), { idle: { closed: CLIENTS, takenOver: 0 } });
  await end();
});
