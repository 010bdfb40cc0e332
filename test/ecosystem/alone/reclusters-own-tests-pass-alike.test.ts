// recluster's own tests, of its published tarball: each of them passes with the preload, or has an outcome that it has in
// plain Node. They give a worker 100 ms to start, and so they do not always pass there, and nothing runs beside them.

import path from 'node:path';
import { test } from 'tap';
import { nativeOnly } from '../../fixtures/harness.js';
import type { ProcessRecord } from '../../fixtures/recorded-run.js';
import { copied } from '../lib/published.js';
import { suiteProgram } from '../lib/suite.js';
import { casesAlike, type Outcomes } from '../lib/tried-cases.js';

// Those that its own `npm test` runs.
const FILES = ['index.js', 'termination.js'];
const PORTS = [8000, 9000, 9001];

/** What each test says, by its name. */
function outcomes([primary]: ProcessRecord[]): Outcomes {
  const all: Outcomes = new Map([['ends', primary?.end ?? '']]);
  for (const line of primary?.output.split('\n') ?? []) {
    const [how = '', name, message] = line.split(' | ');
    if (name === undefined || !/^(not )?ok$|^end$/.test(how)) continue;
    all.set(name, `${all.get(name) ?? ''}${how}: ${message ?? ''}\n`);
  }
  return all;
}

function passes(outcome: string): boolean {
  return outcome === '0' || (outcome.endsWith('end: teardown\n') && !outcome.includes('not ok'));
}

for (const file of FILES) {
  test(file, nativeOnly, async (t) => {
    const directory = await copied(t, 'recluster', PORTS, suiteProgram('tap-0.4.cjs'));
    await casesAlike(t, {
      name: 'recluster',
      part: file,
      args: [path.join(directory, 'test', file)],
      cwd: directory,
      outcomes,
      passes,
      called: (outcome) => (passes(outcome) ? 'passes' : 'fails'),
    });
  });
}
