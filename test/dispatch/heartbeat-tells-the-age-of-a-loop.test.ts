// How long ago a worker's event loop turned last: nothing for a worker that shows nothing, young for one
// that runs, and growing while its loop is busy or its process stands still; never a former process's.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { proceed, stop, until } from '../fixtures/faults.js';
import { fixture, nativeOnly, openDeck, transports } from '../fixtures/harness.js';

const FILE = fixture('beating-worker.mjs');
const INTERVAL_MS = 5;

/** More than a machine that is busy with other things holds a loop up. */
const OLD_MS = 500;

for (const transport of transports()) {
  test(`${transport}: a worker that shows nothing`, async (t) => {
    const { dispatcher, worker: start } = await openDeck(t, { transport });
    dispatcher.openSlot();
    await start();
    t.strictSame(
      dispatcher.stats().slots.map((slot) => slot.heartbeatAgeMs),
      [null, null],
    );
  });
}

test('a loop that turns, or does not', nativeOnly, async (t) => {
  const { dispatcher, worker: start } = await openDeck(t, { transport: 'native' });
  const age = (): number | null => dispatcher.stats().slots[0]?.heartbeatAgeMs ?? null;
  const isYoung = (): boolean => (age() ?? OLD_MS) < OLD_MS;
  const isOld = (): boolean => (age() ?? 0) >= OLD_MS;
  const worker = await start([String(INTERVAL_MS)], { file: FILE });
  await until('it is young', isYoung);

  await stop(worker.pid);
  await until('while it stands still it ages', isOld);
  proceed(worker.pid);
  await until('then it is young again', isYoung);

  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'go-on');
  worker.send({ do: 'spin', file });
  await worker.event('spinning');
  await until('while its loop is busy it ages', isOld);
  writeFileSync(file, '');
  await until('then it is young again', isYoung);

  worker.send({ do: 'beat', intervalMs: 0 });
  await until('it has no age when it shows nothing any more', () => age() === null);
  worker.send({ do: 'beat', intervalMs: INTERVAL_MS });
  await until('and one when it does again', isYoung);
  t.equal(typeof age(), 'number');
});

test('the next process has an age of its own', nativeOnly, async (t) => {
  const { dispatcher, worker: start } = await openDeck(t, { transport: 'native' });
  const age = (): number | null => dispatcher.stats().slots[0]?.heartbeatAgeMs ?? null;
  const first = await start([String(INTERVAL_MS)], { file: FILE });
  t.not(age(), null);
  await first.kill();
  t.equal(age(), null, 'a dead process has none');
  const { slot } = first;
  const second = await start(['0'], { file: FILE, slot });
  t.equal(age(), null, 'nor has its successor, of what the dead one wrote');
  second.send({ do: 'beat', intervalMs: INTERVAL_MS });
  await until('but when it shows it', () => age() !== null);
  await second.kill();
  slot.close();
  await start(['0'], { file: FILE });
  t.equal(age(), null, 'nor has a new slot of the same number');
});
