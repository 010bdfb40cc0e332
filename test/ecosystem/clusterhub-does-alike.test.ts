// What clusterhub promises it does with the preload as without: events, values and functions between the primary and its
// workers.

import { CLUSTERHUB_CASES } from './lib/clusterhub-cases.js';
import { suite, suiteProgram } from './lib/suite.js';

suite(
  'clusterhub',
  suiteProgram('clusterhub.cjs'),
  CLUSTERHUB_CASES.map((name) => ({ name })),
);
