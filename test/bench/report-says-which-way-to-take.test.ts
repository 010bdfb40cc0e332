// The report of a run says, situation by situation, which way of sharing a port its figures speak for: as docs/benchmark.md does
// for the runs that are committed, whoever is better.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { type Entry, writeResults } from '../fixtures/bench-results.js';

const REPORT = fileURLToPath(new URL('../../bench/report/main.mjs', import.meta.url));
const { writeReport } = await import(REPORT);

/** The table, by the first words of each row and then by way; undefined if there is none. */
async function adviceOf(t: Test, entries: Entry[]) {
  const directory = await writeResults(t.testdir(), entries);
  await writeReport(directory);
  const html = readFileSync(path.join(directory, 'report.html'), 'utf8');
  const [, table] = /<table class="advice">(.*?)<\/table>/s.exec(html) ?? [];
  if (table === undefined) return undefined;
  const [head, ...rows] = [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) => cell),
  );
  return new Map(
    rows.map(([name = '', ...cells]) => [
      name.replace(/<br>.*/, ''),
      Object.fromEntries(cells.map((cell, index) => [head?.[index + 1], cell])),
    ]),
  );
}

const STORM: Entry[] = [
  { scenario: 'storm', contestant: 'rondo-native', rate: 20_000, primaryUs: 5 },
  { scenario: 'storm', contestant: 'cluster-rr', rate: 9_000, primaryUs: 40 },
  { scenario: 'storm', contestant: 'cluster-none', rate: 24_000, primaryUs: 0 },
  { scenario: 'storm', contestant: 'reuseport', rate: 23_000, primaryUs: 0 },
];
const SHORT = 'many short connections, and little to do for each';
const BLOCKED = 'the primary does work of its own';

test('the best is bold, and what is nearly as good; a way that was not asked has a dash', async (t) => {
  const advice = await adviceOf(t, [
    ...STORM,
    { scenario: 'blocked-primary', contestant: 'rondo-native', p99Ms: 3 },
    { scenario: 'blocked-primary', contestant: 'cluster-rr', p99Ms: 500 },
  ]);
  t.same(advice?.get(SHORT), {
    rondo: '20,000',
    'node:cluster, as it is': '9,000',
    'node:cluster with SCHED_NONE': '<b>24,000</b>',
    SO_REUSEPORT: '<b>23,000</b>',
  });
  t.same(advice?.get(BLOCKED), {
    rondo: '<b>6</b>',
    'node:cluster, as it is': '1,000',
    'node:cluster with SCHED_NONE': '–',
    SO_REUSEPORT: '–',
  });
});

test('a worse rondo is not bold', async (t) => {
  const worse = STORM.map((entry) =>
    entry.contestant === 'rondo-native' ? { ...entry, rate: 8_000 } : entry,
  );
  t.equal((await adviceOf(t, worse))?.get(SHORT)?.rondo, '8,000');
});

test('of connections that stay it is the largest number that counts', async (t) => {
  const held = (contestant: string, count: number, shares: number[]) => ({
    scenario: 'long-lived',
    contestant,
    workers: 4,
    parameters: { held: count, opening: '400 at once' },
    observed: { primaryKb: 40, primaryFds: 0, workersKb: 400 },
    shares,
  });
  const advice = await adviceOf(t, [
    held('rondo-native', 400, [250, 50, 50, 50]),
    held('rondo-native', 9_900, [2_475, 2_475, 2_475, 2_475]),
    held('cluster-rr', 400, [100, 100, 100, 100]),
    held('cluster-rr', 9_900, [9_000, 300, 300, 300]),
  ]);
  const [row] = [...(advice ?? [])].flatMap(([name, ways]) => (/at once/.test(name) ? [ways] : []));
  t.equal(row?.rondo, '<b>0</b>');
  t.notMatch(row?.['node:cluster, as it is'], '<b>');
});

test('one way alone is beside nothing', async (t) => {
  t.equal(await adviceOf(t, STORM.slice(0, 1)), undefined);
});
