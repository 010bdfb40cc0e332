// Cells: a contestant in a scenario, once, in processes of its own. Warm-up, whose replies are
// checked before anything is timed; then the counted load, checked as well. A scenario with `passes`
// has all its contestants there at once and loads them in turn, so many times: each load is a cell.
import { setTimeout as delay } from 'node:timers/promises';
import { startHost } from './host-process.mjs';
import { findFault, runLoad } from './load.mjs';
import { cpuSeconds, machineBusySeconds } from './proc.mjs';

/** What a load leaves behind (closing sockets, garbage) is over by then. */
const SETTLE_MS = 60;

/**
 * What is the same for all cells of a scenario in a round.
 * @typedef {object} Plan
 * @property {import('./types.mjs').Scenario} scenario
 * @property {number} round
 * @property {number} workers
 * @property {number | undefined} size
 * @property {string} loadgen
 */

/** @typedef {{ contestant: string, host?: Awaited<ReturnType<typeof startHost>>, reason?: string }} Stand */

/**
 * Never throws: what goes wrong makes a cell void and is its reason.
 * @param {Plan} plan
 * @param {string[]} contestants in the order they have their turn
 */
export async function* runCells(plan, contestants) {
  const { passes = 1 } = plan.scenario;
  const groups = plan.scenario.passes ? [contestants] : contestants.map((name) => [name]);
  for (const group of groups) {
    /** @type {Stand[]} */
    const stands = [];
    try {
      for (const contestant of group) stands.push(await prepare(plan, contestant));
      for (let pass = 1; pass <= passes; pass++) {
        for (const stand of stands) yield await measure(plan, stand, pass);
        // There and back, so that none is always the one before the other.
        stands.reverse();
      }
    } finally {
      for (const { host } of stands) await host?.stop();
    }
  }
}

/**
 * @param {Plan} plan
 * @param {string} contestant
 * @returns {Promise<Stand>}
 */
async function prepare({ scenario, workers, loadgen }, contestant) {
  let host;
  try {
    host = await startHost(contestant, scenario.handler, workers);
    const warmUp = await runLoad(loadgen, host.port, scenario.warmUp);
    const fault = findFault(warmUp, workers);
    if (fault) return { contestant, host, reason: `warm-up: ${fault}` };
    await delay(SETTLE_MS);
    return { contestant, host };
  } catch (error) {
    return { contestant, ...(host && { host }), reason: reasonOf(error, host) };
  }
}

/**
 * @param {Plan} plan
 * @param {Stand} stand
 * @param {number} pass
 * @returns {Promise<import('./types.mjs').Cell>}
 */
async function measure({ scenario, round, workers, size, loadgen }, stand, pass) {
  const { contestant, host } = stand;
  const asked = scenario.load(size);
  /** @type {import('./types.mjs').Cell} */
  const cell = { scenario: scenario.name, contestant, round, pass, workers, asked };
  if (!host || stand.reason) return { ...cell, reason: stand.reason ?? 'no host' };
  try {
    const before = readClocks(host);
    const [load, blockedMs] = await Promise.all([
      runLoad(loadgen, host.port, asked),
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
    return { ...cell, reason: reasonOf(error, host) };
  }
}

/**
 * If the contestant died, everything else that went wrong follows from it.
 * @param {unknown} error
 * @param {Stand['host']} host
 */
function reasonOf(error, host) {
  const cause = host?.failure() ?? error;
  return cause instanceof Error ? cause.message : String(cause);
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
