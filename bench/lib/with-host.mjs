// For scenarios that load a contestant more than once, or do more to it than load it.
import { setTimeout as delay } from 'node:timers/promises';
import { readClocks, usageOf } from './clocks.mjs';
import { startHost } from './host-process.mjs';
import { runLoad } from './load.mjs';

/** What a load leaves behind (closing sockets, garbage) is over by then. */
const SETTLE_MS = 60;

/** @typedef {import('./host-process.mjs').Host} Host */

/**
 * If the contestant dies, that is the error, and not what follows from it.
 * @template T
 * @param {string} contestant
 * @param {string} handler
 * @param {number} workers
 * @param {NonNullable<Parameters<typeof startHost>[3]>} settings
 * @param {(host: Host) => Promise<T>} use
 */
export async function withHost(contestant, handler, workers, settings, use) {
  const host = await startHost(contestant, handler, workers, settings);
  try {
    return await use(host);
  } catch (error) {
    throw host.failure() ?? error;
  } finally {
    await host.stop();
  }
}

/**
 * A load with the CPU time it took, of processes that are there before and after.
 * @param {Host} host
 * @param {string} loadgen
 * @param {import('./types.mjs').Load} asked
 * @param {() => unknown} [whileHeld]
 */
export async function measuredLoad(host, loadgen, asked, whileHeld) {
  let before = readClocks(host);
  const load = await runLoad(loadgen, host.port, asked, whileHeld && begin);
  await delay(SETTLE_MS);
  const after = readClocks(host);
  return { load, before, after, ...usageOf(before, after, [load]) };

  async function begin() {
    await whileHeld?.();
    // Of those that have joined, too.
    before = readClocks(host);
  }
}
