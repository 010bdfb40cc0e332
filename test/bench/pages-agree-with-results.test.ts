// The pages that are made of committed figures say what these are: as written by `npm run bench:pages`, and by a count of its own. A
// way that is better than rondo is named, and what was published is set beside what was measured.

import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BENCH = path.join(ROOT, 'bench');
const { renderBenchmark } = await import(path.join(BENCH, 'pages/benchmark.mjs'));
const { renderTrend } = await import(path.join(BENCH, 'pages/trend.mjs'));
const { trendLines } = await import(path.join(BENCH, 'pages/trend-lines.mjs'));
const { EARLIER, REQUESTS, RUN, TALK } = await import(path.join(BENCH, 'pages/runs.mjs'));
const { publishedLines } = await import(path.join(BENCH, 'lib/published.mjs'));
const { SCENARIOS } = await import(path.join(BENCH, 'scenarios/index.mjs'));

interface Cell {
  scenario: string;
  contestant: string;
  parameters?: Record<string, string | number>;
  valid: boolean;
  figures: Record<string, number>;
  load: { latencyMs: Record<string, number> };
  commit: string;
}

interface Published {
  name: string;
  published?: { urls: string[] };
}

const jsonLines = (file: string) =>
  readFileSync(path.join(BENCH, file), 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
const resultsOf = (run: string): Cell[] => jsonLines(`results/${run}/results.jsonl`);
const RUNS = Object.fromEntries([RUN, EARLIER, TALK, REQUESTS].map((run) => [run, resultsOf(run)]));
const page = readFileSync(path.join(ROOT, 'docs/benchmark.md'), 'utf8');

/** The middle of an odd number of values. */
function middle(cells: Cell[], scenario: string, contestant: string, figure: string): number {
  const values = cells
    .filter((cell) => cell.valid && cell.scenario === scenario && cell.contestant === contestant)
    .map(({ figures }) => figures[figure] as number)
    .sort((a, b) => a - b);
  return values[(values.length - 1) / 2] as number;
}

/** The cells of the first line of a table that begins so. */
function rowOf(text: string, start: string): string[] {
  const line = text.split('\n').find((one) => one.startsWith(`| ${start}`)) ?? '';
  return line.split('|').map((cell) => cell.trim());
}

test('the files are what the figures give', (t) => {
  const main = path.join(BENCH, 'pages/main.mjs');
  const { status, stderr } = spawnSync(process.execPath, [main, '--check'], { encoding: 'utf8' });
  t.equal(status, 0, stderr);
  t.end();
});

test('by a count of its own', (t) => {
  const cells = RUNS[RUN] as Cell[];
  const ways = ['rondo-native', 'cluster-rondo', 'cluster-rr', 'cluster-none', 'reuseport'];
  const rates = ways.map((way) => middle(cells, 'storm', way, 'rate'));
  const row = rowOf(page, 'many short connections');
  for (const [index, rate] of rates.entries()) {
    const shown = Math.round(rate).toLocaleString('en-US');
    const isGood = rate * 1.1 >= Math.max(...rates);
    t.equal(row[3 + index], isGood ? `**${shown}**` : shown, `${ways[index]}`);
  }
  const tail = middle(cells, 'mixed', 'rondo-native', 'p99Ms').toFixed(1);
  t.equal(rowOf(page, 'a few slow requests')[3], tail);

  const requests = (RUNS[REQUESTS] as Cell[]).filter(
    ({ parameters }) => parameters?.load !== 'new connections',
  );
  const names = { 'rondo-native': 'rondo |', 'cluster-rr': '`node:cluster` |', watt: 'Watt |' };
  const table = page.slice(page.indexOf('| | keep-alive-busy'));
  for (const [way, name] of Object.entries(names)) {
    const busy = ['p99Ms', 'p50Ms'].map((key) => middle(requests, 'keep-alive-busy', way, key));
    t.equal(rowOf(table, name)[2], busy.map((ms) => ms.toFixed(1)).join(' / '), way);
  }
  const closed = middle(requests, 'reload', 'cluster-rr', 'closedByServer');
  const failed = middle(requests, 'reload', 'cluster-rr', 'failedRequests');
  t.equal(rowOf(table, '`node:cluster` |').at(-2), `${closed} / ${failed}`);
  t.end();
});

test('what moves are worth', (t) => {
  const cells = resultsOf('2-cores-moves');
  const text = readFileSync(path.join(ROOT, 'docs/requests.md'), 'utf8');
  const table = text.slice(text.indexOf('| | 2 workers, 50 connections'));
  const names = {
    'rondo-native': 'rondo |',
    'rondo-off': 'rondo, ',
    'cluster-rr': '`node:cluster`',
    pm2: 'pm2',
    watt: 'Watt',
    reuseport: '`SO_REUSEPORT`',
  };
  for (const [way, name] of Object.entries(names)) {
    for (const [index, scenario] of ['keep-alive-busy', 'keep-alive-blocked'].entries()) {
      const times = ['p99Ms', 'p50Ms'].map((key) => middle(cells, scenario, way, key));
      t.equal(rowOf(table, name)[2 + index], times.map((ms) => ms.toFixed(1)).join(' / '), way);
    }
  }
  const cost = (way: string) =>
    (middle(cells, 'keep-alive-busy', way, 'serverUs') / 1_000).toFixed(2);
  t.match(text, `took ${cost('rondo-native')} ms of CPU time in place of ${cost('rondo-off')}`);
  t.end();
});

test('what it says in short is what the figures say', (t) => {
  // Of connections that stay, those that come all at once.
  const cells = (RUNS[RUN] as Cell[]).filter(
    ({ parameters }) => parameters?.opening !== 'one at a time',
  );
  const of = (way: string, scenario: string, figure: string) =>
    middle(cells, scenario, way, figure);
  const others = ['cluster-rr', 'reuseport', 'send-socket'];
  t.match(page, /short connections per second counts: [^\n]*`SCHED_NONE`, or `SO_REUSEPORT`\.\n/);
  for (const way of ['cluster-none', 'reuseport'])
    t.ok(of(way, 'storm', 'rate') > of('rondo-native', 'storm', 'rate'));
  t.match(page, /longer than others: [^\n]*`SCHED_NONE`, and rondo next to it\.\n/);
  t.ok(of('cluster-none', 'mixed', 'p99Ms') < of('rondo-native', 'mixed', 'p99Ms'));
  for (const way of others)
    t.ok(of('rondo-native', 'mixed', 'p99Ms') < of(way, 'mixed', 'p99Ms'), `${way}, mixed`);
  t.match(page, /primary does work of its own, or workers may crash: rondo\.\n/);
  for (const way of ['cluster-rr', 'cluster-none', ...others]) {
    const [spread, wait, hung, failed] = [
      ...[of(way, 'long-lived', 'spread'), of(way, 'blocked-primary', 'maxMs')],
      ...[of(way, 'killed-workers', 'hung'), of(way, 'killed-workers', 'failed')],
    ] as [number, number, number, number];
    t.ok(spread > 1 || wait > 100 || hung + failed > 0, `${way} is worse in one of these`);
  }
  t.ok(of('rondo-native', 'long-lived', 'spread') < 1);
  t.ok(of('rondo-native', 'blocked-primary', 'maxMs') < 100);
  t.equal(of('rondo-native', 'killed-workers', 'hung'), 0);
  t.end();
});

test('who is better than rondo is named, whoever it is', (t) => {
  const [, weak = ''] = /## Where another way is better than rondo\n([^#]*)/.exec(page) ?? [];
  t.match(weak, /Many short connections.*`SO_REUSEPORT` \(/);
  t.match(weak, /A few slow requests.*`SCHED_NONE` \(/);
  const worse = (RUNS[RUN] as Cell[]).map((cell) =>
    cell.scenario === 'busy' && cell.contestant.includes('rondo')
      ? { ...cell, load: { ...cell.load, latencyMs: { ...cell.load.latencyMs, stddev: 50 } } }
      : cell,
  );
  const changed = renderBenchmark({ ...RUNS, [RUN]: worse });
  const [, list = ''] = /## Where another way is better than rondo\n([^#]*)/.exec(changed) ?? [];
  t.match(list, /requests that are all CPU-bound: .*rondo 50 /, 'also what was not before');
  t.notMatch(weak, /requests that are all CPU-bound/);
  t.end();
});

test('published figures stand beside those of a run', (t) => {
  const scenario = SCENARIOS['nginx-queues'];
  const cell = (contestant: string, stddev: number, round: number) => ({
    scenario: 'nginx-queues',
    contestant,
    round,
    workers: 2,
    load: { latencyMs: { stddev, mean: 30 } },
  });
  const cells = [1, 2, 3].flatMap((round) => [
    cell('reuseport', 20 + round, round),
    cell('cluster-none', 2, round),
  ]);
  const [first, second] = publishedLines(scenario, cells);
  t.match(first, /15\.99 \(25\.27 \/ 1\.58\); reuseport by cluster-none here 11\.00$/);
  t.match(second, /1\.03 .* here 1\.00$/);
  t.match(publishedLines(scenario, [])[0], /not measured here$/);
  for (const { name, published } of Object.values<Published>(SCENARIOS)) {
    for (const url of published?.urls ?? []) t.match(page, url, `${name} cites its source`);
  }
  t.end();
});

test('the trend', async (t) => {
  const lines = jsonLines('trend.jsonl');
  const quick = resultsOf('2-cores-quick');
  const expected = lines.filter(({ commit }) => commit === quick[0]?.commit);
  t.same(trendLines(quick), expected, 'its lines are those of the run');
  const { ratio, figure } = expected.find(
    ({ scenario, contestant }) => scenario === 'storm' && contestant === 'rondo-native',
  );
  const [own, base] = ['rondo-native', 'cluster-rr'].map((name) =>
    middle(quick, 'storm', name, 'rate'),
  );
  t.equal(figure, Number((own as number).toPrecision(5)));
  t.ok(Math.abs(ratio - (own as number) / (base as number)) < 1e-4);

  const loss = { ...lines.at(-1), commit: 'f00dfeed0000', date: '2030-01-01T00:00Z', ratio: 0.5 };
  const { page: longer, charts } = await renderTrend([
    ...lines,
    {
      ...loss,
      scenario: 'storm',
      variant: '2 workers',
      contestant: 'rondo-native',
      metric: 'rate',
    },
  ]);
  t.match(rowOf(longer, 'f00dfee')[2], '0.50', 'a run more is a row more');
  t.match(charts.get('trend-storm-rate'), 'f00dfee', 'and a point more');
});

test('adding a run', (t) => {
  const copy = path.join(t.testdir(), 'bench');
  cpSync(BENCH, copy, {
    recursive: true,
    filter: (file) => !/\/(results|prebuilds|loadgen|bare)$/.test(file),
  });
  const before = readFileSync(path.join(copy, 'trend.jsonl'), 'utf8');
  const trend = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(copy, 'trend.mjs'), ...args], { encoding: 'utf8' });
  const run = path.join(BENCH, 'results/2-cores-quick');
  const printed = trend(run, '--print');
  t.equal(printed.status, 0, printed.stderr);
  t.equal(readFileSync(path.join(copy, 'trend.jsonl'), 'utf8'), before, '--print changes no file');
  t.equal(trend(run).status, 0);
  t.equal(readFileSync(path.join(copy, 'trend.jsonl'), 'utf8'), before + printed.stdout);
  t.match(trend(), { status: 2, stderr: 'one directory is needed' });
  t.match(trend(copy), { status: 2, stderr: 'results.jsonl' });
  t.end();
});
