// One counter of all workers: rondo/shared beside clusterhub.
import { runProgram } from '../lib/own-program.mjs';

const PROGRAM = new URL('../talk/counters.mjs', import.meta.url);
const MS = 1_000;

/** @type {Record<string, string>} */
const WAYS = { 'rondo-shared': 'shared', clusterhub: 'clusterhub' };

/** @type {import('../lib/types.mjs').OwnScenario} */
export const counters = {
  name: 'counters',
  about: 'one counter that all workers add to',
  ownContestants: {
    'rondo-shared': 'counter.add() of rondo/shared',
    clusterhub: "incr() of the package clusterhub, by the primary's memory",
  },
  columns: ['operationsPerSecond', 'operationUs'],
  main: ['operationsPerSecond'],
  variants: () => [1, 4].map((workers) => ({ workers })),
  async measure({ contestant, workers }) {
    const way = WAYS[contestant];
    const execArgv = way === 'shared' ? ['--import', 'rondo/register'] : [];
    return figuresOf(await runProgram(PROGRAM, [way, String(MS), String(workers)], execArgv));
  },
};

/**
 * @typedef {{ operations: number, elapsedS: number, cpuS: number, fault?: string }} Result
 * @param {Result} result
 */
export function figuresOf({ operations, elapsedS, cpuS, fault }) {
  return {
    ...(fault && { reason: fault }),
    observed: {
      operationsPerSecond: operations / elapsedS,
      operationUs: (cpuS * 1e6) / operations,
    },
  };
}
