// Two hundred slots get frames of random bytes, some of them near to right ones, while another worker
// serves clients: the primary neither crashes nor hangs, each slot is retired at the latest by a frame
// that is surely wrong, and every client is served.

import type { RondoError, Slot } from 'rondo';
import { test } from 'tap';
import { settles, until } from '../fixtures/faults.js';
import { frame, hello, serving, startRawWorker, Type } from '../fixtures/frames.js';
import { nativeOnly, openDeck, read } from '../fixtures/harness.js';
import { random } from '../fixtures/random.mjs';

const SEED = 20_260_101;
const PROCESSES = 4;
const SLOTS_PER_PROCESS = 50;
const FRAMES_PER_SLOT = 3;

const next = random(SEED);
const TYPES = Object.values(Type);

function randomKind(): 'file' | 'socket' {
  return next(2) > 0 ? 'file' : 'socket';
}

function randomFrame(): Buffer {
  const length = next(8) === 0 ? 1 + next(65_536) : 1 + next(64);
  const bytes = Buffer.from(Array.from({ length }, () => next(256)));
  // Most begin as a frame does, so that more than the first check is tried.
  if (next(4) > 0) bytes[0] = TYPES[next(TYPES.length)] as number;
  if (next(2) > 0 && length > 1) bytes[1] = next(4);
  return bytes;
}

test(`seed ${SEED}`, nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native', takeBackMs: 50 });
  const { dispatcher, port } = deck;
  const good = await deck.worker();
  const errors = new Map<Slot, RondoError>();
  dispatcher.on('slot:retired', (slot, error) => errors.set(slot, error as RondoError));

  let isOver = false;
  let served = 0;
  const clients = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const line = await read(port);
      if (line !== `${good.pid}\n`) throw new Error(`served by someone else: ${line}`);
      served++;
    }
  });

  for (let i = 0; i < PROCESSES; i++) {
    const raw = await startRawWorker(t, deck, SLOTS_PER_PROCESS);
    for (const channel of raw.slots.keys()) {
      // A third of them seem right at first, and some are even dealt connections.
      if (next(3) > 0) await raw.send(channel, hello()).catch(ignoreClosed);
      if (next(2) > 0) await raw.send(channel, serving(0)).catch(ignoreClosed);
      for (let j = 0; j < FRAMES_PER_SLOT; j++) {
        const fds = Array.from({ length: next(4) }, randomKind);
        await raw.send(channel, randomFrame(), fds).catch(ignoreClosed);
      }
      await raw.send(channel, frame(0)).catch(ignoreClosed);
    }
    // Not by the end of their process, which may be seen before the last frame is.
    await until('all are retired', () => errors.size === (i + 1) * SLOTS_PER_PROCESS);
    await raw.end();
  }
  isOver = true;
  await Promise.all(clients);

  t.equal(errors.size, PROCESSES * SLOTS_PER_PROCESS);
  const codes = new Set([...errors.values()].map(({ code }) => code));
  codes.delete('ERR_RONDO_PROTOCOL_VERSION');
  t.strictSame(codes, new Set(['ERR_RONDO_BAD_WORKER']));
  t.ok(served > 100, `${served} clients were served meanwhile`);
  t.equal(good.slot.state, 'ready');
  t.equal(await read(port), `${good.pid}\n`);
  await settles(t, () => dispatcher.stats(), { waiting: 0, listeners: [{ closed: 0 }] });
});

/** The slot is retired, and its channel closed, since an earlier frame. */
function ignoreClosed(error: Error): void {
  if (!/EPIPE|ECONNRESET/.test(error.message)) throw error;
}
