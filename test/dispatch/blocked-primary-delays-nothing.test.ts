// The primary's own loop may be blocked: connections are accepted, handed off and served all the same,
// and a worker that is killed meanwhile loses none that it had not received.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { isAlive, startPrimary, stop, tally, until } from '../fixtures/faults.js';
import { nativeOnly, read } from '../fixtures/harness.js';
import { startLoad } from '../fixtures/load.js';

const CLIENTS = 300;
const WINDOW = 4;

test('native', nativeOnly, async (t) => {
  const file = path.join(t.testdir({}), 'go');
  const primary = await startPrimary(t, {
    dispatcher: { transport: 'native', window: WINDOW, takeBackMs: 0 },
    workers: 3,
  });
  const [doomed, ...others] = primary.workers as [number, number, number];
  primary.send({ do: 'block', file });
  await primary.event('blocked');

  const { served, failures } = await startLoad(primary.port, 8, CLIENTS).stop();
  t.strictSame(failures, []);
  t.equal(Object.keys(served).length, 3, 'by all workers');

  await stop(doomed);
  let done = 0;
  const clients = Array.from({ length: CLIENTS }, async () => {
    const line = await read(primary.port);
    done++;
    return line;
  });
  // Those it cannot serve fill its window, and the others serve the rest.
  await until('the others have served theirs', () => done === CLIENTS - WINDOW);
  process.kill(doomed, 'SIGKILL');
  const lines = tally(await Promise.all(clients));
  t.equal(lines[`${doomed}\n`], undefined);
  t.equal(
    others.reduce((sum, pid) => sum + (lines[`${pid}\n`] ?? 0), 0),
    CLIENTS,
  );

  t.equal(primary.count('unblocked'), 0, 'all this time it was blocked');
  writeFileSync(file, '');
  await primary.event('unblocked');
  t.match(await primary.event('gone'), { slot: 0, reclaimed: WINDOW }, 'and learns of it now');
  t.notOk(isAlive(doomed));
  t.match(await primary.stats(), {
    accepted: 2 * CLIENTS,
    listeners: [{ redealt: WINDOW, closed: 0 }],
  });
});
