// One cell: a contestant in a scenario, once, in processes of its own. Warm-up, whose replies are
// checked before anything is timed; then the counted load, checked as well.
import { setTimeout as delay } from 'node:timers/promises';
import { startHost } from './host-process.mjs';
import { findFault, runLoad } from './load.mjs';
import { cpuSeconds, machineBusySeconds } from './proc.mjs';

/** What a load leaves behind (closing sockets, garbage) is over by then. */
const SETTLE_MS = 60;

/**
 * Never throws: what goes wrong makes the cell void and is its reason.
 * @param {object} what
 * @param {import('./types.mjs').Scenario} what.scenario
 * @param {string} what.contestant
 * @param {number} what.round
 * @param {number} what.workers
 * @param {number | undefined} what.connections
 * @param {string} what.loadgen
 * @returns {Promise<import('./types.mjs').Cell>}
 */
export async function runCell({ scenario, contestant, round, workers, connections, loadgen }) {
  const asked = scenario.load(connections);
  /** @type {import('./types.mjs').Cell} */
  const cell = { scenario: scenario.name, contestant, round, workers, asked };
  let host;
  try {
    host = await startHost(contestant, scenario.handler, workers);
    const { port } = host;

    const warmUp = await runLoad(loadgen, port, scenario.warmUp);
    const fault = findFault(warmUp, workers);
    if (fault) return { ...cell, reason: `warm-up: ${fault}` };
    await delay(SETTLE_MS);

    const before = readClocks(host);
    const [load, blockedMs] = await Promise.all([
      runLoad(loadgen, port, asked),
      block(host, scenario),
    ]);
    await delay(SETTLE_MS);
    const after = readClocks(host);

    const primaryS = after.primaryS - before.primaryS;
    const workersS = after.workersS - before.workersS;
    const othersS = after.machineS - before.machineS - primaryS - workersS - load.cpuS;
    const cpuUs = {
      primary: (primaryS * 1e6) / load.ok,
      workers: (workersS * 1e6) / load.ok,
      client: (load.cpuS * 1e6) / load.ok,
    };
    const othersCores = Math.max(0, othersS / (after.wallS - before.wallS));
    const reason = findFault(load, workers) ?? findBlockFault(scenario, load, blockedMs);
    return {
      ...cell,
      ...(reason && { reason }),
      load,
      cpuUs,
      othersCores,
      ...(blockedMs && { blockedMs }),
    };
  } catch (error) {
    // If the contestant died, everything else that went wrong follows from it.
    const cause = host?.failure() ?? error;
    return { ...cell, reason: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    await host?.stop();
  }
}

/** @param {Awaited<ReturnType<typeof startHost>>} host */
function readClocks({ primaryPid, workerPids }) {
  return {
    wallS: performance.now() / 1_000,
    primaryS: cpuSeconds([primaryPid]),
    workersS: cpuSeconds(workerPids),
    machineS: machineBusySeconds(),
  };
}

/**
 * @param {Awaited<ReturnType<typeof startHost>>} host
 * @param {import('./types.mjs').Scenario} scenario
 */
async function block(host, { block }) {
  if (!block) return undefined;
  await delay(block.afterMs);
  return host.block(block.ms);
}

/**
 * A block that was not one, or that outlasted the load, would make any contestant look good.
 * @param {import('./types.mjs').Scenario} scenario
 * @param {import('./types.mjs').LoadReport} load
 * @param {number | undefined} blockedMs
 */
function findBlockFault({ block }, load, blockedMs = 0) {
  if (!block) return undefined;
  if (blockedMs < block.ms) return `the primary was blocked for ${blockedMs} ms only`;
  if (load.elapsedS * 1_000 < block.afterMs + block.ms)
    return 'the load ended before the block did';
  return undefined;
}
