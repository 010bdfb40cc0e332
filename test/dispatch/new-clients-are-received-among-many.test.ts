// A worker whose clients all ask again at once has long turns of its event loop. New clients are received several in a
// turn then: one a turn would let those that are there keep them out.

import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { fixture, nativeOnly, openDeck } from '../fixtures/harness.js';

const CLIENTS = 64;
const NEW_CLIENTS = 40;
const FILE = { file: fixture('busy-turns.mjs') };

// Resolves with what it is told first: how many came before it in the same turn.
async function connect(port: number): Promise<{ socket: net.Socket; before: number }> {
  const socket = net.connect(port, '127.0.0.1');
  const [line] = (await once(socket, 'data')) as [Buffer];
  return { socket, before: Number(line.toString()) };
}

test('clients in a closed loop, and new ones', nativeOnly, async (t) => {
  const deck = await openDeck(t);
  await deck.worker([], FILE);
  const sockets: net.Socket[] = [];
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let i = 0; i < CLIENTS; i++) sockets.push((await connect(deck.port)).socket);
  const answers = sockets.map((socket) => once(socket, 'data'));
  for (const socket of sockets) {
    socket.on('data', () => socket.write('again\n'));
    socket.write('again\n');
  }
  await Promise.all(answers);
  const clients = await Promise.all(Array.from({ length: NEW_CLIENTS }, () => connect(deck.port)));
  sockets.push(...clients.map(({ socket }) => socket));
  const turns = clients.filter(({ before }) => before === 0).length;
  t.ok(turns <= NEW_CLIENTS / 2, `in ${turns} turns for ${NEW_CLIENTS}, at most half as many`);
  t.equal(deck.dispatcher.stats().accepted, CLIENTS + NEW_CLIENTS);
});
