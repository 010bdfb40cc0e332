// release() of rondo/worker: a program of its own protocol gives a connection back between two requests. And what it
// says to mistakes.

import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { release } from 'rondo/worker';
import { test } from 'tap';
import { settles } from '../fixtures/faults.js';
import { fixture, nativeOnly, openDeck } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

const file = fixture('moving-worker.mjs');

test('a raw TCP program', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'off' });
  const workers = [await deck.worker(['raw'], { file }), await deck.worker(['raw'], { file })];
  const { socket, line } = await openLine(deck.port);
  let pid = Number(line);
  for (let i = 0; i < 30; i++) {
    t.equal(Number(await ask(socket, 'pid')), pid, 'it stays until it is released');
    t.equal(Number(await ask(socket, 'release')), pid);
    t.match(await workers.find((one) => one.pid === pid)?.event('released'), { is: true });
    const next = Number(await ask(socket, 'pid'));
    t.not(next, pid, 'in turn');
    pid = next;
  }
  await settles(t, () => deck.dispatcher.stats(), { accepted: 1, idle: { moved: 30, held: 0 } });
  socket.destroy();
});

test('what has been read is not left behind', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'off' });
  const worker = await deck.worker(['raw'], { file });
  await deck.worker(['raw'], { file });
  const { socket } = await openLine(deck.port);
  // The second line is read with the first, and answered by the same worker; the third is not read.
  const answers = [await ask(socket, 'pid\nrelease'), await nextLine(socket)];
  t.equal(answers[0], answers[1]);
  t.ok(worker.pid > 0);
  t.match(await ask(socket, 'pid'), /^\d+$/);
  socket.destroy();
});

test('an idle connection of an HTTP server, and one in work', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'off' });
  const worker = await deck.worker(['http'], { file });
  const client = await KeepAliveClient.open(deck.port);
  t.teardown(() => client.destroy());
  const waits = client.get('/wait');
  await worker.event('waits');
  const says = async (what: string): Promise<Record<string, unknown>> => {
    worker.send({ do: 'release', what });
    return worker.event('release');
  };
  t.match(await says('last'), { is: false }, 'while a request is not answered');
  worker.send({ do: 'answer' });
  await waits;
  t.match(await says('last'), { is: true });
  await client.get();
  t.match(await says('option'), { code: 'ERR_RONDO_INVALID_OPTION', text: /'idleTimeoutMs'.*-1/ });
  t.match(await says('unknown'), { code: 'ERR_RONDO_UNKNOWN_OPTION', text: /'idle'/ });
  t.match(await says('nothing'), { code: 'ERR_RONDO_INVALID_OPTION', text: /'socket'.*undefined/ });
  t.match(await says('connected'), { code: 'ERR_RONDO_NOT_DEALT' });
  t.match(await says('destroyed'), { is: false });
});

test('the ipc transport', async (t) => {
  const deck = await openDeck(t, { transport: 'ipc' });
  const worker = await deck.worker(['raw'], { file });
  const { socket } = await openLine(deck.port);
  worker.send({ do: 'release', what: 'last' });
  t.match(await worker.event('release'), { code: 'ERR_RONDO_NATIVE_MISSING' });
  socket.destroy();
});

test('no worker', async (t) => {
  t.throws(() => release(new net.Socket()), { code: 'ERR_RONDO_NOT_A_WORKER' });
});

async function openLine(port: number): Promise<{ socket: Socket; line: string }> {
  const socket = net.connect(port, '127.0.0.1');
  return { socket, line: await ask(socket, 'pid') };
}

function ask(socket: Socket, what: string): Promise<string> {
  socket.write(`${what}\n`);
  return nextLine(socket);
}

const rests = new WeakMap<object, string>();

async function nextLine(socket: Socket): Promise<string> {
  let text = rests.get(socket) ?? '';
  while (!text.includes('\n')) text += String((await once(socket, 'data'))[0]);
  const [line = '', ...rest] = text.split('\n');
  rests.set(socket, rest.join('\n'));
  return line;
}
