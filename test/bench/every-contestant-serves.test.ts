// Each contestant of the benchmark serves, those that cannot are not asked, and none leaves a process or a
// file behind, whether it ends by itself or by Ctrl-C.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { start } from '../fixtures/bench-program.js';
import { fixture } from '../fixtures/harness.js';
import { underLoad } from '../fixtures/loadgen.js';

const RUN = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));
const { missingOfWatt } = await bench('lib/watt.mjs');
const { bunFile } = await bench('lib/bun.mjs');
const { hasReusePort } = await bench('lib/listening.mjs');
const { CONTESTANTS: ALL, NOWHERE } = await bench('contestants/index.mjs');
/** Those that need another Node or a package that is not installed with the benchmark. */
const MISSING = new Set([
  ...(missingOfWatt() === undefined ? [] : ['watt']),
  ...(bunFile() === undefined ? ['bun'] : []),
  ...(hasReusePort() ? [] : ['cluster-exclusive']),
]);
const CONTESTANTS = readdirSync(new URL('../../bench/contestants/', import.meta.url))
  .map((file) => path.basename(file, '.mjs'))
  .filter((name) => name !== 'index')
  .filter((name) => !MISSING.has(name));
// The first two have no workers, those of the last one are threads.
const ONE_PROCESS = ['single', 'noop', 'watt'];
// One of each kind: workers of somebody else's, programs without Node, a program that becomes a worker.
const INTERRUPTED = ['pm2', 'bare-dispatcher', 'reuseport'];

function bench(file: string) {
  return import(new URL(`../../bench/${file}`, import.meta.url).href);
}

test('each has a file, or a reason why nobody can run it', (t) => {
  t.same([...CONTESTANTS, ...MISSING, ...Object.keys(NOWHERE)].sort(), Object.keys(ALL).sort());
  t.end();
});

test('all of them', underLoad, async (t) => {
  const { child, ended, isClean } = start(t, fixture('bench-contestants.mjs'), CONTESTANTS);
  const { stdout, stderr } = await ended;
  t.equal(child.exitCode, 0, 'they start and end', { stderr });
  const results = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.strictSame(
    results.map(({ name }) => name),
    CONTESTANTS,
  );
  for (const { name, fault, primaryPid, workerPids } of results) {
    t.equal(fault, null, `${name}: every reply is right and every worker has served`);
    const count = ONE_PROCESS.includes(name) ? 1 : 3;
    t.equal(new Set([primaryPid, ...workerPids]).size, count, `of ${count} processes`);
  }
  t.ok(await isClean(), 'nothing is left');
});

test('one that nobody can run', underLoad, async (t) => {
  const args = ['--scenario=busy', '--contestant=uws-child-apps'];
  const { child, ended } = start(t, RUN, args);
  const { stdout, stderr } = await ended;
  t.equal(child.exitCode, 0, 'is not void', { stderr });
  t.match(stdout, `not applicable: uws-child-apps, ${NOWHERE['uws-child-apps']}`);
});

test('a scenario that is no question for one', underLoad, async (t) => {
  const { child, ended } = start(t, RUN, ['--scenario=busy', '--contestant=noop']);
  const { stdout, stderr } = await ended;
  t.equal(child.exitCode, 0, 'is not void', { stderr });
  t.match(stdout, /^not applicable: noop, \w/m, 'the reason is given');
  t.notMatch(stdout, /^noop/m, 'and no figures');
});

for (const name of INTERRUPTED) {
  test(`Ctrl-C: ${name}`, underLoad, async (t) => {
    const args = ['--scenario=storm', `--contestant=${name}`];
    const { child, ended, isClean, running } = start(t, RUN, args);
    // The runner, the primary and somebody it has started.
    while (running().length < 3) await delay(10);
    child.kill('SIGINT');
    await ended;
    t.equal(child.exitCode, 130, 'it ends the run');
    t.ok(await isClean(), 'nothing is left');
  });
}
