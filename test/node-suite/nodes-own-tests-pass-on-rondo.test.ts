// Node's own tests of node:cluster end with the preload as they end without it: the primary and each worker, by what
// they write and how they end, for an assertion that fails in a worker may leave its primary's exit code 0. And it is
// rondo that the workers get listeners and connections from: what Node's round robin gave them before, it does
// not give them any more. NODE_TEST_SOURCE is a source tree of Node, by default Node 20's tests from
// Debian; NODE_UNDER_TEST is the Node to run them, by default this one.

import { type Test, test } from 'tap';
import { recorded } from '../ecosystem/lib/results.js';
import type { Counts } from '../fixtures/cluster-counts.js';
import { nativeOnly } from '../fixtures/harness.js';
import type { ProcessRecord } from '../fixtures/recorded-run.js';
import { type Tried, triedAlike } from '../fixtures/tried-alike.js';
import { openSuite } from './run-file.js';

// What these two do to Node's private hand-off does not reach a connection that rondo hands off: the worker serves it,
// and they say that it must not. accept-fail replaces a method of the round robin to make accepting fail;
// worker-handle-close closes the server when the internal message with the connection comes.
const REACH_INTO_THE_ROUND_ROBIN = [
  'test/parallel/test-cluster-accept-fail.js',
  'test/parallel/test-cluster-worker-handle-close.js',
];

const suite = openSuite();
const all: Array<{ plain: Counts; rondo: Counts }> = [];

for (const file of suite.files) {
  const compared = recorded(`Node ${suite.version}`, file, async (t) => {
    const tried = await runs(t, file);
    if (!REACH_INTO_THE_ROUND_ROBIN.includes(file)) {
      if (!tried.isAlike) t.same(tried.rondo, tried.plain, `plain Node, ${tried.tries} times`);
      return String(tried.plain.length);
    }
    t.equal(tried.isAlike, false);
    t.match(tried.rondo[1], { end: '1', output: 'function should not have been called' });
    return 'reaches into the round robin';
  });
  test(file, nativeOnly, compared);
}

/** How each of its processes ended; and what was counted in the first try of each way. */
async function runs(t: Test, file: string): Promise<Tried<ProcessRecord[]>> {
  const counts = new Map<boolean, Counts>();
  const tried = await triedAlike(async (isRondo) => {
    const outcome = await suite.run(file, isRondo);
    if (!counts.has(isRondo)) counts.set(isRondo, outcome.counts);
    return outcome.processes;
  });
  const end = tried.plain[0]?.end ?? '';
  countsAlike(t, end, counts.get(false) as Counts, counts.get(true) as Counts);
  return tried;
}

function countsAlike(t: Test, end: string, plain: Counts, rondo: Counts): void {
  // The tests of another version need not pass.
  if (suite.isOfThisNode) t.equal(end, '0', `plain Node ${suite.version}`);
  t.equal(rondo.nodeListeners, 0, "no listener is of Node's round robin");
  t.equal(rondo.nodeConnections, 0, 'nor a connection');
  t.equal(plain.rondoListeners, 0, 'and rondo has none without the preload');
  if (end !== '0') return;
  t.equal(rondo.rondoListeners, plain.nodeListeners, 'rondo has them instead');
  // How many there are may depend on who is faster.
  if (plain.nodeConnections > 0) t.ok(rondo.rondoConnections > 0, 'and those');
  all.push({ plain, rondo });
}

// Of Node 20's 85 files 68 fork a worker under SCHED_RR and in 32 one listens on TCP or a path. 7 pass
// only if a worker's server is connected to: disconnect, http-pipe, message, net-server-drop-connection,
// send-handle-twice, worker-handle-close and worker-wait-server-close. Where there are more connections,
// it depends on who is faster.
test('so many that it means something', nativeOnly, (t) => {
  const files = (counted: (counts: { plain: Counts; rondo: Counts }) => number): number =>
    all.filter((counts) => counted(counts) > 0).length;
  const found = {
    'listeners of Node': files(({ plain }) => plain.nodeListeners),
    'connections by Node': files(({ plain }) => plain.nodeConnections),
    'listeners of rondo': files(({ rondo }) => rondo.rondoListeners),
    'connections by rondo': files(({ rondo }) => rondo.rondoConnections),
    'forks on rondo': files(({ rondo }) => rondo.dispatchers),
  };
  t.comment(`files with them, of ${all.length}:`, found);
  t.ok(found['listeners of Node'] >= 30, 'the counter sees listeners of Node');
  t.ok(found['connections by Node'] >= 7, 'and its connections');
  t.ok(found['listeners of rondo'] >= 30, 'and listeners of rondo');
  t.ok(found['connections by rondo'] >= 7, 'and its connections');
  t.ok(found['forks on rondo'] >= 60, 'and workers that were forked on it');
  t.end();
});
