// recluster's own tests, of its published tarball: each of them has with the preload an outcome that it has in plain
// Node. They measure time, and so they do not always pass there.

import path from 'node:path';
import { type Test, test } from 'tap';
import { REGISTER } from '../fixtures/cluster.js';
import { nativeOnly } from '../fixtures/harness.js';
import { type ProcessRecord, recordedRun } from '../fixtures/recorded-run.js';
import { copied } from './lib/published.js';
import { recorded } from './lib/results.js';
import { suiteProgram } from './lib/suite.js';

// Those that its own `npm test` runs.
const FILES = ['index.js', 'termination.js'];
const PORTS = [8000, 9000, 9001];
const TRIES = 4;
const LIMIT_MS = 60_000;

/** What each test says, by its name. */
type Outcomes = Map<string, string>;

function outcomesOf([primary]: ProcessRecord[]): Outcomes {
  const outcomes: Outcomes = new Map([['ends', primary?.end ?? '']]);
  for (const line of primary?.output.split('\n') ?? []) {
    const [how, name, message] = line.split(' | ');
    if (name === undefined || !/^(not )?ok$|^end$/.test(how ?? '')) continue;
    outcomes.set(name, `${outcomes.get(name) ?? ''}${how}: ${message ?? ''}\n`);
  }
  return outcomes;
}

class Tries {
  readonly all = { plain: [] as Outcomes[], rondo: [] as Outcomes[] };

  /** Whether the test has the same outcome in one of the tries of each. */
  isAlike(name: string): boolean {
    const { plain, rondo } = this.all;
    return rondo.some((one) => plain.some((other) => one.get(name) === other.get(name)));
  }

  get names(): string[] {
    return [...(this.all.plain[0]?.keys() ?? [])];
  }
}

async function tried(t: Test, file: string): Promise<Tries> {
  const tries = new Tries();
  const directory = await copied(t, 'recluster', PORTS, suiteProgram('tap-0.4.cjs'));
  for (let n = 0; n < TRIES; n++) {
    for (const way of ['plain', 'rondo'] as const) {
      const records = await recordedRun({
        args: [path.join(directory, 'test', file)],
        cwd: directory,
        limitMs: LIMIT_MS,
        nodeOptions: way === 'rondo' ? ['--import', REGISTER] : [],
      });
      tries.all[way].push(outcomesOf(records));
    }
    if (tries.names.every((name) => tries.isAlike(name))) break;
  }
  return tries;
}

for (const file of FILES) {
  test(file, nativeOnly, async (t) => {
    const tries = await tried(t, file);
    const [plain, rondo] = [tries.all.plain[0], tries.all.rondo[0]];
    t.ok(tries.names.length > 1, 'it has tests');
    for (const name of tries.names) {
      const compared = recorded('recluster', `${file}: ${name}`, async (t) => {
        if (!tries.isAlike(name)) t.same(rondo?.get(name), plain?.get(name), name);
        return plain?.get(name)?.includes('not ok') === true ? 'fails' : 'passes';
      });
      await t.test(name, compared);
    }
  });
}
