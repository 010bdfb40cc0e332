// With round robin the workers are served in the order of their slots, and a replacement takes the turn
// of the worker before it.

import { test } from 'tap';
import { openDeck, read, transports, type Worker } from '../fixtures/harness.js';

const WORKERS = 4;
const ROUNDS = 3;

for (const transport of transports()) {
  test(transport, async (t) => {
    // What waits for a worker that is slow to begin is not given to another.
    const { port, worker: start } = await openDeck(t, { transport, takeBackMs: 0 });
    const workers: Worker[] = [];
    for (let i = 0; i < WORKERS; i++) workers.push(await start());
    const rounds = async (): Promise<number[]> => {
      const served: number[] = [];
      for (let i = 0; i < ROUNDS * workers.length; i++) served.push(Number(await read(port)));
      return served;
    };
    const wanted = (): number[] =>
      Array(ROUNDS)
        .fill(workers.map(({ pid }) => pid))
        .flat();

    t.strictSame(await rounds(), wanted());
    const gone = workers[1] as Worker;
    await gone.kill();
    workers.splice(1, 1);
    t.strictSame(await rounds(), wanted(), 'without the one that is gone');
    const heir = await start(['line'], { slot: gone.slot });
    workers.splice(1, 0, heir);
    t.strictSame(await rounds(), wanted(), 'with its replacement');
  });
}
