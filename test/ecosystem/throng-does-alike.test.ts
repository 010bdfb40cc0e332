// What throng promises it does with the preload as without: who is started, when again, and how all end by a signal.

import type { ProcessRecord, RunOptions } from '../fixtures/recorded-run.js';
import { type Case, suite, suiteProgram } from './lib/suite.js';

/** Once the workers say that they are there. */
function signalled(signal: NodeJS.Signals, workers = 3): NonNullable<RunOptions['during']> {
  return async ({ child, writes }) => {
    await writes(/^worker \d+$/m, workers);
    child.kill(signal);
  };
}

/** How often a worker is started again depends on the time that a start takes. */
function revived([primary, ...workers]: ProcessRecord[]): unknown {
  return { end: primary?.end, isRevived: workers.length > 3, first: workers.slice(0, 3) };
}

/** As Ctrl+C does it. */
const interrupted: NonNullable<RunOptions['during']> = async ({ child, writes }) => {
  await writes(/^worker \d+$/m, 3);
  process.kill(-(child.pid as number), 'SIGINT');
};

const CASES: Case[] = [
  { name: 'no function', end: '1' },
  { name: 'as many as there are CPUs' },
  { name: 'old names of the options' },
  { name: 'no lifetime' },
  { name: 'a lifetime', outcome: revived },
  { name: 'for ever', during: signalled('SIGTERM', 5), outcome: revived },
  { name: 'master first' },
  { name: 'SIGTERM', during: signalled('SIGTERM') },
  { name: 'SIGINT to the group', args: ['SIGINT'], during: interrupted },
  { name: 'SIGUSR2', during: signalled('SIGUSR2') },
  { name: 'grace is over', during: signalled('SIGTERM') },
  { name: 'served again' },
];

suite('throng', suiteProgram('throng.cjs'), CASES);
