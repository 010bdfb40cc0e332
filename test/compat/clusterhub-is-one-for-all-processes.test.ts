// What clusterhub's documentation says of events and values in several processes, by programs of rondo/compat/clusterhub.

import { test } from 'tap';
import { fixture } from '../fixtures/harness.js';
import { recordedRun } from '../fixtures/recorded-run.js';

/** What each writes, in whatever order of lines. */
const WRITES: Record<string, string[]> = {
  'only to who listens': ['1: 10 wanted, 11 more received', '2: 0 wanted, 1 more received'],
  'local and remote': [
    'all 1',
    'remote 1',
    'all primary',
    'local primary',
    '1 all 1 at once,local 1 at once,all primary,remote primary',
    '2 all 1,remote 1,all primary,remote primary',
  ],
  'values outlive workers': ['before 6', 'after 6 6'],
  'what is set before an event is there for who hears it': ['there'],
  'values are cloned': ['true 0 3 true /five/'],
  'each message once, in order': ['true true'],
  'one that joins late gets nothing old': ['1 old', '1 new', '2 new'],
  'an error is the caller’s': [
    'RondoError ERR_RONDO_INVALID_OPTION',
    'RondoError ERR_RONDO_HUB_VALUE',
    'RondoError ERR_RONDO_HUB_VALUE',
  ],
  'a destroyed hub': ['local'],
  'threads take part': ['2 2'],
};

for (const [name, lines] of Object.entries(WRITES)) {
  test(name, async (t) => {
    const [primary] = await recordedRun({
      args: [fixture('compat-clusterhub.cjs'), name],
      cwd: fixture('.'),
      limitMs: 20_000,
    });
    t.strictSame(primary?.output.trim().split('\n').sort(), [...lines].sort());
    t.equal(primary?.end, '0', 'and it ends when its workers have');
  });
}
