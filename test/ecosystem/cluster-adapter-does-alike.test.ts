// What @socket.io/cluster-adapter promises it does with the preload as without, with @socket.io/sticky in front and
// without: what a worker says to all clients, to rooms and to the other workers.

import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { lineOutcomes } from './lib/line-outcomes.js';
import { suiteProgram } from './lib/suite.js';
import { casesAlike } from './lib/tried-cases.js';
import { ROOT } from './program.js';

for (const part of ['sticky', 'direct']) {
  test(part, nativeOnly, (t) =>
    casesAlike(t, {
      name: '@socket.io/cluster-adapter',
      part,
      args: [suiteProgram('cluster-adapter.cjs'), part],
      cwd: ROOT,
      outcomes: lineOutcomes,
    }),
  );
}
