// rondo/compat/clusterhub on rondo does what clusterhub does in plain Node, in the same programs, whose import is the only
// difference.

import { test } from 'tap';
import { REGISTER } from '../fixtures/cluster.js';
import { type ProcessRecord, recordedRun } from '../fixtures/recorded-run.js';
import { triedAlike } from '../fixtures/tried-alike.js';
import { CLUSTERHUB_CASES } from './lib/clusterhub-cases.js';
import { suiteProgram } from './lib/suite.js';
import { ROOT } from './program.js';

const MODULE = `${ROOT}dist/compat/clusterhub/index.js`;

/** clusterhub leaves out the listener behind one that is removed while the event is emitted. */
const RIGHT: Readonly<Record<string, [string, string]>> = {
  'order of listeners': ['0,2,3,1,2,3', '0,1,2,3,1,2,3'],
};

for (const name of CLUSTERHUB_CASES) {
  test(name, async (t) => {
    const [theirs = '', right = ''] = RIGHT[name] ?? [];
    const { isAlike, plain, rondo, tries } = await triedAlike(async (isRondo) => {
      const records = await run(name, isRondo);
      if (!isRondo) t.equal(records[0]?.end, '0', 'it ends well', { records });
      return records.map((one) => ({ ...one, output: one.output.replace(theirs, right) }));
    });
    if (isAlike) t.pass(`alike, tried ${tries} times`);
    else t.same(rondo, plain, `unlike ${tries} tries of clusterhub`);
  });
}

function run(name: string, isRondo: boolean): Promise<ProcessRecord[]> {
  return recordedRun({
    args: [suiteProgram('clusterhub.cjs'), name],
    cwd: ROOT,
    limitMs: 30_000,
    nodeOptions: isRondo ? ['--import', REGISTER] : [],
    env: isRondo ? { CLUSTERHUB: MODULE } : {},
  });
}
