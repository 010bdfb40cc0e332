// A primary may exit at any moment, under load too: with the code it chose, without a crash, and its
// clients and workers learn of it at once.

import { once } from 'node:events';
import { test } from 'tap';
import { isAlive, type PrimaryProcess, startPrimary, stop, until } from '../fixtures/faults.js';
import { read, transports } from '../fixtures/harness.js';

/** Clients one after the other, four at a time, until one fails. Resolves with how many were served. */
async function load(port: number): Promise<number> {
  let served = 0;
  const clients = Array.from({ length: 4 }, async () => {
    for (;;) {
      const line = await read(port).catch(() => '');
      if (line === '') return;
      served++;
    }
  });
  await Promise.all(clients);
  return served;
}

async function exitOf(primary: PrimaryProcess): Promise<unknown[]> {
  const exit = once(primary.child, 'exit');
  const outcome = await exit;
  await until('its workers end', () => !primary.workers.some(isAlive));
  return outcome;
}

for (const transport of transports()) {
  test(`${transport}: process.exit()`, async (t) => {
    for (let code = 1; code <= 3; code++) {
      const primary = await startPrimary(t, { dispatcher: { transport }, workers: 2 });
      const served = load(primary.port);
      await read(primary.port);
      primary.send({ do: 'exit', code });
      t.strictSame(await exitOf(primary), [code, null]);
      t.ok((await served) >= 0, 'nobody hangs');
    }
  });

  test(`${transport}: an uncaught exception`, async (t) => {
    const primary = await startPrimary(t, { dispatcher: { transport }, workers: 2, isQuiet: true });
    const served = load(primary.port);
    await read(primary.port);
    primary.send({ do: 'throw' });
    t.strictSame(await exitOf(primary), [1, null]);
    t.ok((await served) >= 0, 'nobody hangs');
  });

  test(`${transport}: SIGKILL`, async (t) => {
    const primary = await startPrimary(t, { dispatcher: { transport }, workers: 2 });
    const served = load(primary.port);
    await read(primary.port);
    primary.child.kill('SIGKILL');
    t.strictSame(await exitOf(primary), [null, 'SIGKILL']);
    t.ok((await served) >= 0, 'nobody hangs');
  });

  test(`${transport}: while connections wait for a worker`, async (t) => {
    const primary = await startPrimary(t, { dispatcher: { transport, window: 2 }, workers: 1 });
    const [pid] = primary.workers as [number];
    await stop(pid);
    const clients = Promise.allSettled(Array.from({ length: 20 }, () => read(primary.port)));
    const pending = async (): Promise<number> => (await primary.stats()).slots[0]?.pending ?? 0;
    await until('the window is full', async () => (await pending()) === 2);
    primary.send({ do: 'exit', code: 9 });
    const exit = once(primary.child, 'exit');
    process.kill(pid, 'SIGCONT');
    t.strictSame(await exit, [9, null]);
    await clients;
    await until('its worker ends', () => !isAlive(pid));
  });
}
