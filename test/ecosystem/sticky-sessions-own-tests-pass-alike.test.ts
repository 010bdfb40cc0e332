// sticky-session's own tests, of its published tarball: the primary and its workers end with the preload as in plain
// Node. Its primary accepts by itself and sends the sockets to its workers.

import path from 'node:path';
import { test } from 'tap';
import { REGISTER } from '../fixtures/cluster.js';
import { nativeOnly } from '../fixtures/harness.js';
import { recordedRun } from '../fixtures/recorded-run.js';
import { triedAlike } from '../fixtures/tried-alike.js';
import { copied } from './lib/published.js';
import { recorded } from './lib/results.js';

const FILES = ['100-connections-test.js', 'fork-options-test.js', 'graceful-close-test.js'];
const PORTS = [13845];
const LIMIT_MS = 20_000;

for (const file of FILES) {
  const compared = recorded('sticky-session', file, async (t) => {
    const directory = await copied(t, 'sticky-session', PORTS);
    const { isAlike, plain, rondo } = await triedAlike((isRondo) =>
      recordedRun({
        args: [path.join(directory, 'test', file)],
        cwd: directory,
        limitMs: LIMIT_MS,
        nodeOptions: isRondo ? ['--import', REGISTER] : [],
      }),
    );
    if (!isAlike) t.same(rondo, plain);
    return plain[0]?.end === '0' ? 'passes' : 'fails';
  });
  test(file, nativeOnly, compared);
}
