// What keep-alive-pool and reload ask of a contestant: a worker joins those that are there, or all are replaced, and
// afterwards every worker serves.

import { test } from 'tap';
import { start } from '../fixtures/bench-program.js';
import { fixture } from '../fixtures/harness.js';
import { underLoad } from '../fixtures/loadgen.js';

const JOINED = ['rondo-native', 'rondo-off', 'rondo-ipc', 'cluster-rr', 'pm2', 'reuseport'];
const RELOADED = ['rondo-supervisor', 'cluster-rondo', 'cluster-rr', 'pm2'];

for (const [change, contestants] of [
  ['grow', JOINED],
  ['reload', RELOADED],
] as const) {
  test(`${change}: each in its own way`, underLoad, async (t) => {
    const args = [change, ...contestants];
    const { child, ended, isClean } = start(t, fixture('bench-changes.mjs'), args);
    const { stdout, stderr } = await ended;
    t.equal(child.exitCode, 0, 'they start and end', { stderr });
    t.ok(await isClean(), 'nothing is left');
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.same(
      results.map(({ name }) => name),
      contestants,
    );
    for (const { name, fault, before, after } of results) {
      t.equal(fault, null, `${name}: both serve, and every reply is right`);
      const kept = after.filter((pid: number) => before.includes(pid));
      t.same(kept, change === 'grow' ? before : [], `${name}: ${before} became ${after}`);
      t.equal(after.length, 2);
    }
  });
}
