// A limit per client that all workers keep together: rondo/shared beside two published packages.
import { runProgram } from '../lib/own-program.mjs';
import { figuresOf } from './counters.mjs';

const PROGRAM = new URL('../talk/limiter.mjs', import.meta.url);
const MS = 1_000;

/** @type {Record<string, string>} */
const WAYS = {
  'rondo-limiter': 'shared',
  'rate-limiter-flexible': 'flexible',
  clusterhub: 'clusterhub',
};

/** @type {import('../lib/types.mjs').OwnScenario} */
export const limiter = {
  name: 'limiter',
  about: 'a limit per client that two workers keep together: decisions',
  ownContestants: {
    'rondo-limiter': 'limiter.take() of rondo/shared',
    'rate-limiter-flexible': "RateLimiterCluster of that package, by the primary's memory",
    clusterhub: "incr() of that package, by the primary's memory",
  },
  columns: ['operationsPerSecond', 'operationUs'],
  main: ['operationsPerSecond'],
  variants: () => [{ workers: 2 }],
  async measure({ contestant, workers }) {
    const way = WAYS[contestant];
    const execArgv = way === 'shared' ? ['--import', 'rondo/register'] : [];
    return figuresOf(await runProgram(PROGRAM, [way, String(MS), String(workers)], execArgv));
  },
};
