// bench/compare.mjs: better, worse or no difference for each figure of two results, and an exit code that a
// CI step can go by.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { type Entry, MACHINE, writeResults } from '../fixtures/bench-results.js';

const COMPARE = fileURLToPath(new URL('../../bench/compare.mjs', import.meta.url));
const BASE: Entry[] = [
  { scenario: 'storm', contestant: 'rondo-native', rate: 26_000 },
  { scenario: 'storm', contestant: 'cluster-rr', rate: 13_000 },
  { scenario: 'blocked-primary', contestant: 'rondo-native', p99Ms: 4 },
];

function compare(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMPARE, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** The line about a contestant in a scenario, without its padding. */
function rowOf(stdout: string, scenario: string, contestant: string): string {
  const row = stdout
    .split('\n')
    .find((line) => line.startsWith(scenario) && line.includes(` ${contestant} `));
  return row?.replace(/ {2,}/g, ' | ') ?? '';
}

async function twoOf(t: Test, after: Entry[], options = {}) {
  const directory = t.testdir();
  return [
    await writeResults(path.join(directory, 'a'), BASE),
    await writeResults(path.join(directory, 'b'), after, options),
  ] as const;
}

function changed(change: (entry: Entry) => Partial<Entry>): Entry[] {
  return BASE.map((entry) => ({ ...entry, ...change(entry) }));
}

test('the same twice, and a percent of noise', async (t) => {
  const [a, b] = await twoOf(
    t,
    changed(({ rate }) => (rate ? { rate: rate * 1.01 } : {})),
  );
  for (const other of [a, b]) {
    const { status, stdout } = compare(a, other);
    t.equal(status, 0);
    t.match(rowOf(stdout, 'storm', 'rondo-native'), /\| no difference$/);
    t.match(rowOf(stdout, 'blocked-primary', 'rondo-native'), /\| no difference$/);
  }
});

test('a lower rate is worse', async (t) => {
  const [a, b] = await twoOf(
    t,
    changed(({ contestant }) => (contestant === 'cluster-rr' ? { rate: 10_400 } : {})),
  );
  const { status, stdout } = compare(a, b);
  t.equal(status, 1);
  t.match(
    rowOf(stdout, 'storm', 'cluster-rr'),
    /13000 \| 10400 \| 0\.800 \| .* \| worse, beyond 5 %$/,
  );
  t.match(rowOf(stdout, 'storm', 'rondo-native'), /\| no difference$/);
  const tolerant = compare(a, b, '--tolerance', '30');
  t.equal(tolerant.status, 0, 'unless so much is tolerated');
  t.match(rowOf(tolerant.stdout, 'storm', 'cluster-rr'), /\| worse$/);
  const back = compare(b, a);
  t.equal(back.status, 0);
  t.match(rowOf(back.stdout, 'storm', 'cluster-rr'), /\| 1\.250 \| .* \| better$/);
});

test('a longer wait is worse, a shorter one better', async (t) => {
  const [a, b] = await twoOf(
    t,
    changed(({ p99Ms }) => (p99Ms ? { p99Ms: 6 } : {})),
  );
  const { status, stdout } = compare(a, b);
  t.equal(status, 1);
  t.match(
    rowOf(stdout, 'blocked-primary', 'rondo-native'),
    /\| 1\.500 \| .* \| worse, beyond 5 %$/,
  );
  const back = compare(b, a);
  t.equal(back.status, 0);
  t.match(rowOf(back.stdout, 'blocked-primary', 'rondo-native'), /\| better$/);
});

test('worse by less than the tolerance is no failure', async (t) => {
  const [a, b] = await twoOf(
    t,
    changed(({ rate }) => (rate ? { rate: rate * 0.945 } : {})),
  );
  const { status, stdout } = compare(a, b);
  t.equal(status, 0, 'the interval of a loss of 5.5 % goes below 5 %');
  t.match(rowOf(stdout, 'storm', 'rondo-native'), /\| 0\.945 \| .* \| worse$/);
});

test('of small counts the difference says more than a ratio', async (t) => {
  const burst = (shares: number[]): Entry => ({
    scenario: 'burst',
    contestant: 'rondo-native',
    shares,
  });
  const directory = t.testdir();
  const [even, two, three] = await Promise.all(
    [
      [32, 32],
      [33, 31],
      [34, 31],
    ].map((shares, index) => writeResults(path.join(directory, `${index}`), [burst(shares)])),
  );
  const same = compare(even ?? '', two ?? '');
  t.equal(same.status, 0, 'from 0 to 2');
  t.match(
    rowOf(same.stdout, 'burst', 'rondo-native'),
    /\| max − min \| 0 \| 2 \| .* \| no difference$/,
  );
  const worse = compare(even ?? '', three ?? '');
  t.equal(worse.status, 1, 'from 0 to 3');
  t.match(rowOf(worse.stdout, 'burst', 'rondo-native'), /\| worse, beyond 5 %$/);
  t.equal(compare(three ?? '', even ?? '').status, 0);
});

test('what a reader has to know', async (t) => {
  const machine = { ...MACHINE.machine, cores: 64 };
  const [a, b] = await twoOf(
    t,
    [
      { scenario: 'storm', contestant: 'rondo-native', rate: 26_000, voids: { 2: 'it failed' } },
      { scenario: 'storm', contestant: 'send-socket' },
      { scenario: 'storm', contestant: 'rondo-native', workers: 4 },
    ],
    { where: { ...MACHINE, machine, node: 'v22.0.0' } },
  );
  const { stdout } = compare(a, b);
  t.match(stdout, 'not the same machine: 2 × A CPU, Linux 6.1, x64 and 64 × A CPU, Linux 6.1, x64');
  t.match(stdout, 'not the same Node.js: v20.19.0 and v22.0.0');
  t.match(stdout, 'only in the first: storm, 2 workers: cluster-rr');
  t.match(stdout, 'only in the second: storm, 2 workers: send-socket');
  t.match(stdout, 'only in the second: storm, 4 workers: rondo-native');
  t.match(stdout, 'void cells: 0 and 1');
});

test('nothing to compare', async (t) => {
  const [a, b] = await twoOf(t, BASE, { rounds: 4 });
  t.match(compare(a, b), { status: 2, stderr: /nothing to compare/ }, 'too few rounds');
  const other = await writeResults(path.join(t.testdirName, 'c'), [
    { scenario: 'storm', contestant: 'send-socket' },
  ]);
  t.match(compare(a, other), { status: 2, stderr: /nothing to compare/ }, 'nobody in both');
});

test('a wrong command line, or no results', async (t) => {
  const [a] = await twoOf(t, BASE);
  t.match(compare(), { status: 2, stderr: /usage:/ });
  t.match(compare(a), { status: 2, stderr: /two directories are needed/ });
  t.match(compare(a, a, '--tolerance', 'x'), { status: 2, stderr: /--tolerance must be/ });
  t.match(compare(a, a, '--nothing'), { status: 2, stderr: /--nothing/ });
  t.match(compare(a, path.join(a, 'none')), { status: 2, stderr: /ENOENT/ });
  const broken = path.join(t.testdirName, 'broken');
  mkdirSync(broken);
  writeFileSync(path.join(broken, 'results.jsonl'), '{"scenario":"storm"}\n');
  t.match(compare(a, broken), { status: 2, stderr: /results\.jsonl:1: no 'contestant'/ });
  writeFileSync(path.join(broken, 'results.jsonl'), '{"scen');
  t.match(compare(a, broken), { status: 2, stderr: /results\.jsonl:1: not JSON/ });
  t.match(compare('--help'), { status: 0, stdout: /usage:/ });
});
