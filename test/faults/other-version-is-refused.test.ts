// Primary and worker of different versions of the protocol do not deal with each other: the slot is
// retired with ERR_RONDO_PROTOCOL_VERSION and the worker told, and a worker that is told another version
// throws the same.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import type { Slot } from 'rondo';
import { close, recvFds, sendFds, socketpair } from 'rondo/fd';
import { test } from 'tap';
import { tally, until } from '../fixtures/faults.js';
import {
  frame,
  hello,
  numbers,
  serving,
  startRawWorker,
  Type,
  untilRetired,
  VERSION,
} from '../fixtures/frames.js';
import { fixture, nativeOnly, openDeck, read, transports } from '../fixtures/harness.js';

const OTHERS = [0, VERSION - 1, VERSION + 1, 0xffff_ffff];

test('native: the primary', nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native' });
  const good = await deck.worker();
  const raw = await startRawWorker(t, deck, OTHERS.length);
  for (const [channel, version] of OTHERS.entries()) {
    const slot = raw.slots[channel] as Slot;
    const retired = untilRetired(deck.dispatcher, slot);
    await raw.send(channel, hello(version));
    t.equal((await retired).code, 'ERR_RONDO_PROTOCOL_VERSION');
    t.equal(slot.state, 'retired');
    // It must learn why it gets nothing: its primary's version is in the answer.
    const { type, body } = await raw.receive(channel);
    t.equal(type, Type.welcome);
    t.equal(body.readUInt32LE(0), VERSION);
    await raw.send(channel, serving(0)).catch(() => {});
  }
  const lines = await Promise.all(Array.from({ length: 10 }, () => read(deck.port)));
  t.strictSame(tally(lines), { [`${good.pid}\n`]: 10 }, 'the others go on');
});

test('native: the worker', nativeOnly, async (t) => {
  // This test is the primary.
  const [mine, theirs] = socketpair();
  t.teardown(() => close(mine));
  const child = spawn(process.execPath, [fixture('reports-uncaught.mjs')], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', theirs],
    env: { ...process.env, RONDO_CHANNEL: '4' },
  });
  close(theirs);
  const message = once(child, 'message');
  let frameOf: Buffer | undefined;
  await until('it says hello', () => {
    frameOf = recvFds(mine)?.payload;
    return frameOf !== undefined;
  });
  t.strictSame(frameOf, hello());
  const file = openSync('/dev/null', 'r');
  // One fd, as the first version had it: whatever comes with it, the version is read.
  sendFds(mine, [file], frame(Type.welcome, numbers(Uint32Array, VERSION - 1, 0, 2)));
  close(file);
  t.match(await message, [{ code: 'ERR_RONDO_PROTOCOL_VERSION' }]);
  await once(child, 'exit');
});

if (transports().includes('ipc')) {
  test('ipc: the worker', async (t) => {
    const child = spawn(process.execPath, [fixture('reports-uncaught.mjs')], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, RONDO_CHANNEL: 'ipc' },
    });
    const message = once(child, 'message');
    const said = await new Promise((resolve) => child.once('internalMessage', resolve));
    t.match(said, { cmd: 'NODE_RONDO_HELLO', version: VERSION });
    const version = VERSION + 1;
    const state = JSON.stringify({ version, ticketKeys: '', listeners: [] });
    child.send({ cmd: 'NODE_RONDO_STATE', version, state });
    t.match(await message, [{ code: 'ERR_RONDO_PROTOCOL_VERSION' }]);
    await once(child, 'exit');
  });

  test('ipc: the primary', async (t) => {
    const deck = await openDeck(t, { transport: 'ipc' });
    const good = await deck.worker();
    const slot = deck.dispatcher.openSlot();
    const retired = untilRetired(deck.dispatcher, slot);
    const program = `
      process.send({ cmd: 'NODE_RONDO_HELLO', version: ${VERSION + 1} });
      process.send({ cmd: 'NODE_RONDO_SERVING', listeners: [0] });
      process.on('message', () => {});`;
    const child = spawn(process.execPath, ['-e', program], {
      stdio: slot.stdio,
      env: { ...process.env, ...slot.env },
    });
    slot.assign(child);
    t.equal((await retired).code, 'ERR_RONDO_PROTOCOL_VERSION');
    const lines = await Promise.all(Array.from({ length: 10 }, () => read(deck.port)));
    t.strictSame(tally(lines), { [`${good.pid}\n`]: 10 }, 'the others go on');
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  });
}
