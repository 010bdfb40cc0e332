// Node's own tests of node:cluster end with the preload as they end without it, and it is rondo that
// their workers get listeners and connections from: what Node's round robin gave them before, it does
// not give them any more. NODE_TEST_SOURCE is a source tree of Node, by default Node 20's tests from
// Debian; NODE_UNDER_TEST is the Node to run them, by default this one.

import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { type Counts, openSuite } from './run-file.js';

const suite = openSuite();
const all: Array<{ plain: Counts; rondo: Counts }> = [];

for (const file of suite.files) {
  test(file, nativeOnly, async (t) => {
    const plain = await suite.run(file, false);
    const rondo = await suite.run(file, true);
    const { version } = suite;
    // The tests of another version need not pass.
    if (suite.isOfThisNode) t.equal(plain.end, '0', `plain Node ${version}`, plain);
    t.equal(rondo.end, plain.end, `with the preload as with plain Node ${version}`, rondo);
    t.equal(rondo.counts.nodeListeners, 0, "no listener is of Node's round robin");
    t.equal(rondo.counts.nodeConnections, 0, 'nor a connection');
    t.equal(plain.counts.rondoListeners, 0, 'and rondo has none without the preload');
    if (plain.end !== '0') return;
    t.equal(
      rondo.counts.rondoListeners,
      plain.counts.nodeListeners,
      'rondo has them instead',
      rondo,
    );
    // How many there are may depend on who is faster.
    if (plain.counts.nodeConnections > 0)
      t.ok(rondo.counts.rondoConnections > 0, 'and those', rondo);
    all.push({ plain: plain.counts, rondo: rondo.counts });
  });
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
