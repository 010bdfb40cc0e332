// pm2 in cluster mode, whose daemon has the preload, starts, reloads, scales and deletes a program as without it: what
// it lists, who serves and how the old workers end. And no request fails, as it does at times in plain Node.

import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { lineOutcomes } from './lib/line-outcomes.js';
import { suiteProgram } from './lib/suite.js';
import { casesAlike } from './lib/tried-cases.js';
import { ROOT } from './program.js';

const NONE = Object.fromEntries(
  ['reload', 'scale up', 'scale down'].map((name) => [`${name}, requests that failed`, '[]']),
);

test('pm2', nativeOnly, (t) =>
  casesAlike(t, {
    name: 'pm2',
    part: 'cluster mode',
    args: [suiteProgram('pm2.cjs')],
    cwd: ROOT,
    right: NONE,
    // How the daemon ends, which pm2 kills, says nothing.
    outcomes: ([primary]) => lineOutcomes(primary === undefined ? [] : [primary]),
  }),
);
