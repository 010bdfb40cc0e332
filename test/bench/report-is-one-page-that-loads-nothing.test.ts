// bench/report/main.mjs: one well-formed page made from results.jsonl alone, with nothing to load and no
// script, all its charts, and texts that follow from the figures.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Test, test } from 'tap';
import { ENTRIES, type Entry, writeResults } from '../fixtures/bench-results.js';

const REPORT = fileURLToPath(new URL('../../bench/report/main.mjs', import.meta.url));
// In this process, for each start of another takes a second; as a command it is below.
const { writeReport } = await import(pathToFileURL(REPORT).href);
const MAX_BYTES = 1_500_000;
const VOID_TAGS = new Set(['meta', 'br', 'hr', 'img']);

function report(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [REPORT, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** The page of all entries, which takes seconds, made once. */
let whole: string | undefined;

async function wholePage(t: Test): Promise<string> {
  whole ??= await pageOf(t, ENTRIES);
  return whole;
}

async function pageOf(t: Test, entries: Entry[], options = {}): Promise<string> {
  const directory = await writeResults(t.testdir(), entries, options);
  return readFileSync(await writeReport(directory), 'utf8');
}

/** Tags that are not closed, or closed without being open. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [tag, close, name = '', empty] of html.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)[^>]*?(\/?)>/g,
  )) {
    if (empty || VOID_TAGS.has(name)) continue;
    if (!close) open.push(name);
    else if (open.pop() !== name) wrong.push(tag);
  }
  return [...wrong, ...open];
}

interface Figure {
  id: string;
  kind: string;
  text: string;
  charts: string[];
}

function figuresOf(html: string): Figure[] {
  return [...html.matchAll(/<figure id="([^"]*)" data-kind="(\w+)">(.*?)<\/figure>/gs)].map(
    ([, id = '', kind = '', content = '']) => ({
      id,
      kind,
      text: (/<figcaption>(.*?)<\/figcaption>/s.exec(content)?.[1] ?? '').replace(/<[^>]+>/g, ''),
      charts: content.match(/<svg .*?<\/svg>/gs) ?? [],
    }),
  );
}

function textOf(html: string, id: string): string {
  return figuresOf(html).find((figure) => figure.id === id)?.text ?? `no figure ${id}`;
}

test('one page', async (t) => {
  const html = await wholePage(t);
  t.ok(Buffer.byteLength(html) < MAX_BYTES, `${Buffer.byteLength(html)} bytes`);
  t.match(html, /^<!doctype html>\n<html lang="en">/);
  t.same(unbalanced(html.replace(/^<!doctype html>/, '')), [], 'every tag is closed');
  t.same(html.match(/https?:\/\/(?!www\.w3\.org\/2000\/svg")[^"' )]*/g), null, 'no address');
  t.notMatch(html, /<(?:script|link|iframe|object|embed|img|image|use|foreignObject)\b/i);
  t.notMatch(html, /\s(?:src|srcset|xlink:href|on\w+)=|@import|url\(/i);
  t.match(html, '<meta name="viewport" content="width=device-width, initial-scale=1">');
  t.match(html, 'prefers-color-scheme:dark');
  const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  t.equal(new Set(ids).size, ids.length, 'every id is there once');
  for (const [, id] of html.matchAll(/(?:href="#|aria-(?:labelledby|describedby)=")([^"]+)"/g))
    t.ok(ids.includes(id), `${id} is there`);
  for (const [, color] of html.matchAll(/var\((--\w+)\)/g))
    if (!html.includes(`${color}:`)) t.fail(`${color} is not defined`);
});

test('every chart, for a desk and for a phone, with a title and a description', async (t) => {
  const figures = figuresOf(await wholePage(t));
  for (const [scenario, kinds] of Object.entries({
    storm: ['bars', 'cpu', 'latency', 'spread'],
    'blocked-primary': ['bars', 'cpu', 'latency', 'spread'],
    scaling: ['scaling', 'bars', 'spread'],
    'handoff-load-1': ['bars', 'latency'],
    'handoff-load-90': ['bars', 'latency'],
    'fd-passing': ['scaling', 'bars'],
  })) {
    const own = figures.filter(({ id }) => id.startsWith(`${scenario}-`)).map(({ kind }) => kind);
    for (const kind of kinds) t.ok(own.includes(kind), `${scenario}: ${kind}`);
  }
  for (const { id, text, charts } of figures) {
    t.equal(charts.length, 2, id);
    t.ok(text.length > 40, 'a text below');
    for (const svg of charts) {
      t.match(svg, /^<svg [^>]*viewBox="[^"]+"[^>]* role="img"/);
      t.match(svg, /<title [^>]*>[^<]{10,}<\/title><desc [^>]*>[^<]{10,}<\/desc>/);
      t.notMatch(svg, /NaN|Infinity|undefined|null/, 'no figure is missing');
      t.match(svg, /<text/);
      t.match(svg, /<path [^>]*d="/);
    }
  }
});

test('what the texts say comes from the figures', async (t) => {
  const html = await wholePage(t);
  const rate = textOf(html, 'storm-rate');
  t.match(
    rate,
    'Rate: the best median is that of cluster-none, 26,100 per second (95&nbsp;%: 25,578 to 26,622).',
  );
  t.match(rate, 'No difference to rondo-native: the intervals overlap.');
  t.match(rate, 'cluster-rr has 0.50 times as much.');
  t.match(rate, /Beside cluster-rr, cluster-none has 2\.01 times as much \(1\.9\d to 2\.0\d\)\./);
  t.match(textOf(html, 'storm-by-worker'), 'Least even: cluster-none, with 60 to 140&nbsp;%.');
  t.match(textOf(html, 'storm-cpu'), 'from 0.0 µs (cluster-none) to 25.0 µs (cluster-rr).');
  t.match(textOf(html, 'blocked-primary-latency'), 'cluster-rr has 300 times as much.');
  t.match(
    textOf(html, 'handoff-load-1-latency'),
    '99th percentile of hand-off time: the best median is that of rondo-native, 4,000 µs',
  );
  const scaling = textOf(html, 'scaling-by-workers-primary-us');
  t.match(scaling, 'with 8 workers beside that with 2 workers: cluster-rr 2.00 times.');
  t.match(scaling, 'No difference between 2 workers and 8 workers for rondo-native.');
  t.match(textOf(html, 'fd-passing-by-batch-fds-per-second'), 'rondo-fd 16 times.');

  const others = await pageOf(t, [
    { scenario: 'storm', contestant: 'rondo-native', rate: 30_000, primaryUs: 6 },
    { scenario: 'storm', contestant: 'cluster-rr', rate: 20_000, primaryUs: 6 },
  ]);
  t.match(
    textOf(others, 'storm-rate'),
    'Rate: the best median is that of rondo-native, 30,000 per second',
  );
  t.match(textOf(others, 'storm-rate'), 'cluster-rr has 0.67 times as much.');
  t.match(textOf(others, 'storm-cpu'), 'No difference: its interval overlaps that of');
  t.match(textOf(others, 'storm-by-worker'), 'No difference: all workers');
});

/** The rows of the overview, each a list of its cells; bold ones between stars. */
function overviewOf(html: string): string[][] {
  const table = /<table class="overview">.*?<\/table>/s.exec(html)?.[0] ?? '';
  return [...table.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) =>
      cell
        .replace(/<\/?b>/g, '*')
        .replace(/<br>/g, ' ')
        .replace(/<[^>]+>/g, ''),
    ),
  );
}

test('all at a glance: the best and what cannot be told from it in bold', async (t) => {
  const entries: Entry[] = [
    { scenario: 'storm', contestant: 'noop', rate: 40_000 },
    { scenario: 'keep-alive', contestant: 'cluster-rr', rate: 90_000 },
    {
      scenario: 'long-lived',
      contestant: 'cluster-rr',
      parameters: { held: 400, opening: '400 at once' },
    },
  ];
  const html = await pageOf(t, [...ENTRIES, ...entries]);
  t.strictSame(overviewOf(html), [
    [
      'contestant',
      'storm per second ↑ 2 workers',
      'keep-alive per second ↑ 2 workers',
      'long-lived spread % ↓ held 400, opening 400 at once, 2 workers',
      'handoff p50 µs ↓ load 90 %, 2 workers',
      'blocked-primary max ms ↓ 2 workers',
      'scaling server µs ↓ 8 workers',
    ],
    ['rondo-native', '*26,000*', '–', '–', '*2,515*', '*6.0*', '*35.0*'],
    ['cluster-rr', '13,000', '*90,000*', '*0.0*', '6,556', '1,800', '90.0'],
    ['cluster-none', '*26,100*', '–', '–', '–', '–', '–'],
    ['noop', '40,000', '–', '–', '–', '–', '–'],
  ]);
  t.match(html, 'No difference is expected', 'where none is expected it is said');
});

test('of a burst, every worker in every round', async (t) => {
  const parameters = { held: 64, cores: 'idle' };
  const html = await pageOf(t, [
    { scenario: 'burst', contestant: 'rondo-native', parameters, shares: [32, 32] },
    { scenario: 'burst', contestant: 'cluster-rr', parameters, shares: [40, 24] },
    { scenario: 'burst', contestant: 'cluster-none', parameters, shares: [64] },
    ...[3, 8].map((workers) => ({
      scenario: 'burst',
      contestant: 'rondo-native',
      parameters: { held: 400, cores: 'idle' },
      workers,
      shares: Array.from({ length: workers }, (_, index) => 50 + index),
    })),
  ]);
  t.same(unbalanced(html.replace(/^<!doctype html>/, '')), []);
  t.notMatch(html, /NaN|Infinity|undefined/);
  const dots = figuresOf(html).filter(({ kind }) => kind === 'rounds');
  t.same(
    dots.map(({ id }) => id),
    [
      'burst-held-64-cores-idle-of-2-workers',
      'burst-held-400-cores-idle-of-3-workers',
      'burst-held-400-cores-idle-of-8-workers',
    ],
    'at each number of workers',
  );
  t.match(
    dots[0]?.text,
    'In the worst round of rondo-native one worker had no more than another; in that of cluster-none 64 more',
  );
  t.match(dots[2]?.text, 'In the worst round of rondo-native one worker had 7 more than another.');
  t.notOk(figuresOf(html).some(({ kind }) => kind === 'spread'));
  t.match(
    textOf(html, 'burst-held-64-cores-idle-gap'),
    'The others: cluster-rr 16 connections, cluster-none 64 connections.',
  );
});

test('too few rounds: no interval and no verdict', async (t) => {
  const html = await pageOf(t, ENTRIES.slice(0, 5), { rounds: 3 });
  const text = textOf(html, 'storm-rate');
  t.match(text, 'With fewer than 5 valid rounds there is no interval');
  t.notMatch(text, /No difference to|times as much/);
  t.notMatch(html, /NaN|Infinity|undefined/);
});

test('machine, void cells, other programs', async (t) => {
  const clean = await wholePage(t);
  for (const text of [
    '2 × A CPU, 4.0 GB',
    'Linux 6.1, x64',
    'v20.19.0',
    '0123456789ab',
    '0.5 to 0.5',
  ])
    t.match(clean, text);
  t.notMatch(clean, /class="warning"/);

  const reason = 'exited: <b>Error</b>\n    at main (file:///a/b.mjs:1:1)\n\nNode.js';
  const voids = { 1: reason, 2: reason, 3: reason };
  const html = await pageOf(t, [
    { scenario: 'storm', contestant: 'rondo-native', othersCores: 1.5 },
    { scenario: 'storm', contestant: 'cluster-rr', voids },
    {
      scenario: 'storm',
      contestant: 'send-socket',
      voids: { ...voids, 4: '', 5: '', 6: '', 7: '' },
    },
  ]);
  t.match(html, 'disturbed: in 7 of 21 cells');
  t.match(html, 'Void cells: 10 of 21.');
  t.match(
    html,
    'void (storm 1, storm 2, storm 3) cluster-rr: exited: &#60;b&#62;Error&#60;/b&#62; Node.js',
  );
  t.notMatch(html, 'file:///');
  t.match(textOf(html, 'storm-rate'), 'No valid cell of send-socket.');
  t.match(textOf(html, 'storm-rate'), 'Too few valid rounds to judge cluster-rr.');
  t.match(html, '4 of 7');

  const directory = path.join(t.testdirName, 'two');
  const [entry] = ENTRIES;
  if (entry) await writeResults(directory, [entry]);
  const file = path.join(directory, 'results.jsonl');
  const own = readFileSync(file, 'utf8');
  writeFileSync(file, own + own.replaceAll('"cores":2', '"cores":64'));
  t.match(
    readFileSync(await writeReport(directory), 'utf8'),
    'These results come from more than one machine',
  );
});

test('charts as files of their own', async (t) => {
  const directory = await writeResults(t.testdir(), ENTRIES.slice(0, 3));
  const charts = path.join(directory, 'charts');
  const { status, stdout } = report(directory, '--charts', charts);
  t.equal(status, 0);
  t.equal(stdout, `${path.join(directory, 'report.html')}\n`, 'it says what it has written');
  const files = readdirSync(charts);
  t.ok(
    files.includes('storm-rate-wide.svg') && files.includes('storm-rate-narrow.svg'),
    files.join(),
  );
  for (const name of files) {
    const svg = readFileSync(path.join(charts, name), 'utf8');
    t.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    t.same(unbalanced(svg), []);
    t.match(svg, '@media (prefers-color-scheme:dark)', 'with its colors');
  }
});

test('a directory without results, a wrong command line', (t) => {
  const directory = t.testdir({ empty: { 'results.jsonl': '\n' } });
  t.match(report(directory), { status: 2, stderr: /ENOENT/ });
  t.match(report(path.join(directory, 'empty')), { status: 2, stderr: /is empty/ });
  t.match(report(), { status: 2, stderr: /usage:/ });
  t.match(report(directory, '--nothing'), { status: 2, stderr: /usage:/ });
  t.end();
});
