// What @socket.io/cluster-adapter promises it does with the preload as without, with @socket.io/sticky in front and
// without: what a worker says to all clients, to rooms and to the other workers.

import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import type { ProcessRecord } from '../fixtures/recorded-run.js';
import { suiteProgram } from './lib/suite.js';
import { casesAlike, type Outcomes } from './lib/tried-cases.js';
import { ROOT } from './program.js';

/** A line for each case; and how all its processes end. */
function outcomes(records: ProcessRecord[]): Outcomes {
  const lines = records[0]?.output.split('\n') ?? [];
  const cases = lines.map((line) => line.split(' | ')).filter(({ length }) => length === 2);
  const ends = records.map(({ end }) => end).join();
  return new Map([...(cases as Array<[string, string]>), ['ends', ends]]);
}

for (const part of ['sticky', 'direct']) {
  test(part, nativeOnly, (t) =>
    casesAlike(t, {
      name: '@socket.io/cluster-adapter',
      part,
      args: [suiteProgram('cluster-adapter.cjs'), part],
      cwd: ROOT,
      outcomes,
    }),
  );
}
