// The runner of Node's own tests sees what a worker does: an assertion that fails there, though the primary ends with 0;
// a worker that a signal ends; one that ends after its primary; what each of them writes.

import { test } from 'tap';
import { fixture } from '../fixtures/harness.js';
import { type ProcessRecord, recordedRun } from '../fixtures/recorded-run.js';
import { triedAlike } from '../fixtures/tried-alike.js';

const run = (what: string, ...nodeOptions: string[]): Promise<ProcessRecord[]> =>
  recordedRun({
    args: [fixture('worker-that-fails.cjs'), what],
    cwd: fixture('.'),
    limitMs: 20_000,
    nodeOptions,
  });

test('an assertion that fails in a worker', async (t) => {
  const [primary, worker] = await run('assertion');
  t.match(primary, { name: 'primary', end: '0', output: '' });
  t.match(worker, { name: 'primary/1', end: '1', output: 'AssertionError' });
});

test('a signal, and a worker that the primary does not wait for', async (t) => {
  t.same(await run('signal'), [
    { name: 'primary', end: '0', output: '' },
    { name: 'primary/1', end: 'SIGKILL', output: 'I am <pid of primary/1>\n' },
  ]);
  t.same(await run('outlives'), [
    { name: 'primary', end: '0', output: '' },
    { name: 'primary/1', end: '7', output: 'bye\n' },
  ]);
});

test('and what differs only in that is a difference', async (t) => {
  const alike = await triedAlike(() => run('outlives'));
  t.match(alike, { isAlike: true, tries: 1 });
  const differs = await triedAlike((isRondo) => run(isRondo ? 'assertion' : 'none'));
  t.equal(differs.isAlike, false);
  t.equal(differs.tries, 5, 'both were tried again');
  t.equal(differs.plain[0]?.end, differs.rondo[0]?.end, "though the primary's end is the same");
});

test('what plain Node does only at times is none, nor what rondo does once', async (t) => {
  const outcomes = (all: number[]) => {
    const left = [...all];
    return () => Promise.resolve(left.shift() ?? 0);
  };
  const tried = (plain: number[], rondo: number[]) => {
    const [ofPlain, ofRondo] = [outcomes(plain), outcomes(rondo)];
    return triedAlike((isRondo) => (isRondo ? ofRondo() : ofPlain()));
  };
  t.match(await tried([0, 0, 1], [1, 1, 1]), { isAlike: true, tries: 3 });
  t.match(await tried([0, 1, 2], [3, 3, 1]), { isAlike: true, tries: 3 });
  t.match(await tried([], [1]), { isAlike: true, tries: 3 });
  t.match(await tried([], [1, 0, 1, 1]), { isAlike: false, plain: 0, rondo: 1, tries: 5 });
});
