// A worker that sends what is no frame, or a frame out of order, gets nothing more: its slot is retired
// with ERR_RONDO_BAD_WORKER. The others go on, and the slot is as new when the process is gone.

import type { Slot } from 'rondo';
import { test } from 'tap';
import { settles, tally } from '../fixtures/faults.js';
import {
  Field,
  frame,
  hello,
  mapped,
  numbers,
  returned,
  serving,
  startRawWorker,
  Type,
  untilRetired,
} from '../fixtures/frames.js';
import { nativeOnly, openDeck, read } from '../fixtures/harness.js';

type Step = Buffer | [Buffer, Array<'file' | 'socket'>];

const refused = frame(Type.refused);

const CASES: Record<string, Step[]> = {
  'type 0': [frame(0)],
  'a type between the known': [frame(9)],
  'a type above the known': [frame(Type.mapped + 1)],
  'type 255': [frame(255)],
  'one byte': [Buffer.from([Type.hello])],
  'three bytes': [frame(Type.credit).subarray(0, 3)],
  'connections, which only the primary sends': [
    [frame(Type.connections, Buffer.alloc(4), 1), ['file']],
  ],
  'welcome, which only the primary sends': [[frame(Type.welcome, Buffer.alloc(12)), ['file']]],
  'state, which only the primary sends': [frame(Type.state, Buffer.from('{}'))],
  'ping, which only the primary sends': [frame(Type.ping)],
  'hello without a version': [frame(Type.hello)],
  'hello with half a version': [frame(Type.hello, Buffer.alloc(2))],
  'hello with more behind it': [frame(Type.hello, numbers(Uint32Array, 1, 1))],
  'hello of 64 KiB': [frame(Type.hello, Buffer.alloc(65_532))],
  'serving before hello': [serving(0)],
  'mapped before hello': [mapped],
  'mapped twice': [hello(), mapped, mapped],
  'hello after mapped': [hello(), mapped, hello()],
  'serving of an odd length': [hello(), mapped, frame(Type.serving, Buffer.alloc(3))],
  'serving a listener beyond the last': [hello(), mapped, serving(0, 256)],
  'serving more listeners than there can be': [hello(), mapped, serving(...Array(257).fill(0))],
  'serving of 64 KiB': [hello(), mapped, frame(Type.serving, Buffer.alloc(65_532))],
  'returned without refused': [[returned(), ['socket']]],
  'returned without refused, after hello': [hello(), mapped, [returned(), ['socket']]],
  'returned before anything was received': [
    hello(),
    mapped,
    serving(0),
    refused,
    [returned(), ['socket']],
  ],
  'refused, then another frame': [hello(), mapped, refused, frame(Type.credit)],
  'refused twice': [hello(), mapped, refused, refused],
  'returned without an fd': [hello(), mapped, refused, returned()],
  'returned with an fd too many': [hello(), mapped, refused, [returned(), ['file', 'file']]],
  'returned with a count too high': [hello(), mapped, refused, [returned(0, 0, [], 9), ['file']]],
  'returned with a count of 0': [hello(), mapped, refused, [returned(0, 0, [], 0), ['file']]],
  'returned for a listener beyond the last': [
    hello(),
    mapped,
    refused,
    [returned(256), ['socket']],
  ],
  'returned with a wrong flag': [hello(), mapped, refused, [returned(0, 8), ['socket']]],
  'returned with its list cut': [
    hello(),
    mapped,
    refused,
    [returned(0, 0, [1]).subarray(0, 8), ['file']],
  ],
};

test('frames', nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native' });
  const { dispatcher, port } = deck;
  const good = await deck.worker();
  const names = Object.keys(CASES);
  const raw = await startRawWorker(t, deck, names.length);
  for (const [channel, name] of names.entries()) {
    const slot = raw.slots[channel] as Slot;
    const retired = untilRetired(dispatcher, slot);
    for (const step of CASES[name] as Step[]) {
      const [payload, fds] = Buffer.isBuffer(step) ? [step, []] : step;
      // The last one may find the channel closed, when an earlier one was enough.
      await raw.send(channel, payload, fds);
    }
    const error = await retired;
    t.equal(error.code, 'ERR_RONDO_BAD_WORKER', name);
    t.equal(slot.state, 'retired', name);
    t.throws(() => slot.stdio, { code: 'ERR_RONDO_SLOT_ASSIGNED' }, 'its process is alive');
  }
  const lines = await Promise.all(Array.from({ length: 20 }, () => read(port)));
  t.strictSame(tally(lines), { [`${good.pid}\n`]: 20 }, 'the others go on');
  t.equal(good.slot.state, 'ready');

  await raw.end();
  const [slot] = raw.slots as [Slot];
  t.equal(slot.state, 'open');
  const next = await deck.worker(['line'], { slot });
  const both = [await read(port), await read(port)];
  t.strictSame(new Set(both), new Set([`${good.pid}\n`, `${next.pid}\n`]));
  await settles(t, () => dispatcher.stats(), { waiting: 0, listeners: [{ closed: 0 }] });
});

/** What a worker that may send one connection back sends in its place. */
const RETURNS: Record<string, [Buffer, Array<'file' | 'socket'>]> = {
  'a file': [returned(), ['file']],
  'no fd': [returned(), []],
  'an fd too many': [returned(), ['file', 'file']],
  'a count too high': [returned(0, 0, [], 9), ['file']],
  'a listener beyond the last': [returned(256), ['socket']],
  'a wrong flag': [returned(0, 8), ['socket']],
  'a list cut short': [returned(0, 0, [1]).subarray(0, 8), ['socket']],
  'more behind it': [Buffer.concat([returned(), Buffer.alloc(2)]), ['socket']],
};

test('in place of a connection', nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native' });
  const names = Object.keys(RETURNS);
  const raw = await startRawWorker(t, deck, names.length);
  const clients: Array<Promise<string>> = [];
  for (const [channel, name] of names.entries()) {
    const slot = raw.slots[channel] as Slot;
    // The slots before it are retired, so this one gets the next client.
    const { own } = await raw.introduce(channel);
    clients.push(read(deck.port));
    t.equal((await raw.receiveNext(channel)).fds.length, 1);
    // From here on it may send one back.
    await raw.ask({ do: 'write', fd: own, at: Field.received, value: 1 });
    const retired = untilRetired(deck.dispatcher, slot);
    await raw.send(channel, refused);
    await raw.send(channel, ...(RETURNS[name] as [Buffer, []]));
    t.equal((await retired).code, 'ERR_RONDO_BAD_WORKER', name);
  }
  const good = await deck.worker();
  t.equal(await read(deck.port), `${good.pid}\n`);
  await settles(t, () => deck.dispatcher.stats(), {
    waiting: 0,
    listeners: [{ redealt: 0, closed: 0 }],
  });
  await raw.end();
  t.strictSame(tally(await Promise.all(clients)), { '': names.length }, 'they died with it');
});

test('a connection that is sent back properly is served by another', nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native' });
  const raw = await startRawWorker(t, deck);
  const [slot] = raw.slots as [Slot];
  const { own } = await raw.introduce(0);
  const client = read(deck.port);
  const { fds } = await raw.receiveNext(0);
  await raw.ask({ do: 'write', fd: own, at: Field.received, value: 1 });
  const good = await deck.worker();
  await raw.send(0, refused);
  const payload = returned().toString('base64');
  await raw.ask({ do: 'send-fd', channel: 0, payload, fd: fds[0] });
  await raw.ask({ do: 'close', fd: fds[0] });
  t.equal(await client, `${good.pid}\n`, 'so the frames of this test are right');
  t.equal(slot.state, 'ready');
  await settles(t, () => deck.dispatcher.stats(), {
    listeners: [{ redealt: 1 }],
    slots: [{ refused: 1 }],
  });

  // It got one, so it has none left to send back.
  const retired = untilRetired(deck.dispatcher, slot);
  await raw.send(0, refused);
  await raw.send(0, returned(), ['socket']);
  t.equal((await retired).code, 'ERR_RONDO_BAD_WORKER');
});
