// What cfork promises it does with the preload as without: who is forked, and again after which end, with which
// environment and how often.

import { suite, suiteProgram } from './lib/suite.js';

// How many slaves it ends is a race in plain Node, too.
const AGAIN = 'a request that ends the only slave, and again at once';

const CASES = [
  'workers and slaves serve',
  'environment and numbers',
  'a worker that throws is replaced',
  'a worker that throws later answers nobody, and is replaced',
  'a worker that exits is replaced',
  'a slave that exits is replaced by a slave',
  AGAIN,
  'a worker that is killed is replaced, and that is unexpected',
  'no refork',
  'the limit of reforks',
  'all workers down',
  'killed without refork',
  'an uncaught error in the primary',
];

suite(
  'cfork',
  suiteProgram('cfork.mjs'),
  CASES.map((name) => (name === AGAIN ? { name, outcome: ([primary]) => primary } : { name })),
);
