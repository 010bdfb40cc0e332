// CPU time of a contestant's processes around a load, and of the whole machine.
import { cpuSeconds, machineBusySeconds, secondsOfThread } from './proc.mjs';

/** @typedef {import('./host-process.mjs').Host} Host */
/** @typedef {ReturnType<typeof readClocks>} Clocks */

/**
 * @param {Host} host
 * @param {import('./hog.mjs').Hog} [hog]
 */
export function readClocks(host, hog) {
  const eachWorkerS = secondsByWorker(host);
  const workersS = sum(eachWorkerS);
  const threadsS = sum(eachWorkerS.filter((_, index) => isThread(host, index)));
  return {
    wallS: performance.now() / 1_000,
    primaryS: cpuSeconds([host.primaryPid]) - threadsS,
    eachWorkerS,
    workersS,
    hogS: hog ? cpuSeconds([hog.pid]) : 0,
    machineS: machineBusySeconds(),
  };
}

/**
 * @param {Clocks} before
 * @param {Clocks} after
 * @param {import('./types.mjs').LoadReport[]} loads between the two
 */
export function usageOf(before, after, loads) {
  const ok = sum(loads.map((load) => load.ok));
  const clientS = sum(loads.map((load) => load.cpuS));
  const primaryS = after.primaryS - before.primaryS;
  const workersS = after.workersS - before.workersS;
  const hogS = after.hogS - before.hogS;
  const othersS = after.machineS - before.machineS - primaryS - workersS - clientS - hogS;
  return {
    cpuUs: {
      primary: (primaryS * 1e6) / ok,
      workers: (workersS * 1e6) / ok,
      client: (clientS * 1e6) / ok,
    },
    othersCores: Math.max(0, othersS / (after.wallS - before.wallS)),
  };
}

/**
 * The CPU time of the worker with the most, by the mean.
 * @param {Clocks} before
 * @param {Clocks} after with the same workers
 */
export function busiestByMean(before, after) {
  const used = after.eachWorkerS.map((seconds, index) => seconds - before.eachWorkerS[index]);
  return (Math.max(...used) * used.length) / sum(used);
}

/** @param {Host} host */
function secondsByWorker(host) {
  return host.workerPids.map((pid, index) =>
    isThread(host, index) ? secondsOfThread(pid, host.workerThreads[index]) : cpuSeconds([pid]),
  );
}

/**
 * @param {Host} host
 * @param {number} index
 */
function isThread({ workerThreads }, index) {
  return workerThreads[index] !== undefined;
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
