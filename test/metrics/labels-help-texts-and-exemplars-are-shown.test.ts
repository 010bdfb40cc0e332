// Counters, gauges and histograms of rondo/shared have labels and help texts in /metrics, and those of prom-client their
// exemplars, as promtool accepts them. CPU time is there without the addon, too.

import { spawnSync } from 'node:child_process';
import type { RondoError } from 'rondo';
import { counter, histogram } from 'rondo/shared';
import { test } from 'tap';
import { parseSeriesName, seriesName } from '../../src/shared/series-name.js';
import { ask, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { metricsOrigin, scrape } from '../fixtures/metrics.js';

const APP = fixture('labelled-app.mjs');
const OPEN = { headers: { accept: 'application/openmetrics-text' } };
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

test('in /metrics', nativeOnly, async (t) => {
  const run = runCli(t, ['start', APP, '-w', '2', '--metrics', '0']);
  const origin = await metricsOrigin(run);
  const port = await run.listening(2);
  for (let i = 0; i < 4; i++) await ask(port, `/${i}`);
  await until(
    'all is told',
    async () => (await scrape(origin)).get('app_hits_total{code="200"}') === 4,
  );
  const text = await (await fetch(`${origin}/metrics`)).text();
  const samples = await scrape(origin);
  t.equal(samples.get('http_requests_total{code="200",method="GET"}'), 4, 'labels, in order');
  t.equal(samples.get('http_requests_total{code="500",method="a \\"b\\" \\\\ \\n"}'), 8);
  t.match(
    text,
    '# HELP http_requests_total Requests \\\\ by "code".\\nAll.\n# TYPE http_requests_total counter\n',
  );
  t.equal(text.match(/^# TYPE http_requests_total /gm)?.length, 1, 'one family');
  t.match(text, '# HELP work_depth What waits.\n# TYPE work_depth gauge\n');
  t.equal(samples.get('work_depth{queue="mail",seat="0"}'), 3);
  t.equal(samples.get('work_depth{queue="sms",seat="1"}'), 4);
  t.equal(samples.get('work_seconds_bucket{queue="mail",le="2"}'), 4);
  t.equal(samples.get('work_seconds_sum{queue="mail"}'), 4);
  t.notMatch(text, /^wrong/m);
  t.equal(samples.get('rondo_program_metrics_left_out{reason="name"}'), 3, 'not written so');
  t.equal(samples.get('rondo_program_metrics_left_out{reason="label"}'), 1, "rondo's own");
  t.notMatch(text, /trace/, 'exemplars are not of this format');
  if (hasPromtool) {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text });
    t.strictSame([status, `${stdout}${stderr}`], [0, '']);
  }
  const open = await (await fetch(`${origin}/metrics`, OPEN)).text();
  const trace = '# \\{trace="of \\\\"/3\\\\""\\}';
  t.match(open, new RegExp(`^app_hits_total\\{code="200"\\} 4 ${trace} 1 \\d+(\\.\\d+)?$`, 'm'));
  t.match(
    open,
    new RegExp(`^app_seconds_bucket\\{le="1"\\} 4 ${trace} 0\\.5 \\d+`, 'm'),
    'the newest',
  );
  t.match(open, /^app_seconds_bucket\{le="0\.1"\} 0$/m);
  t.match(open, /^app_seconds_count 4$/m);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('CPU time without the addon', { skip: process.platform !== 'linux' }, async (t) => {
  const run = runCli(t, ['start', APP, '-w', '1', '--metrics', '0'], { RONDO_NATIVE: '0' });
  const origin = await metricsOrigin(run);
  const port = await run.listening(1);
  const cpu = async () =>
    (await scrape(origin)).get('rondo_worker_cpu_seconds_total{seat="0"}') as number;
  const before = await cpu();
  t.ok(before > 0, `${before}`);
  await ask(port, '/busy');
  const after = await cpu();
  t.ok(after - before >= 0.15 && after - before < 5, `${before}, then ${after}`);
  process.kill(run.workers()[0]?.pid as number, 'SIGKILL');
  await run.listening(2);
  t.ok((await cpu()) > after, 'that of the next one is added');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('names with labels', async (t) => {
  const names: Array<[name: string, parsed: unknown]> = [
    ['a', { family: 'a', labels: {} }],
    ['a:b_1{c="d"}', { family: 'a:b_1', labels: { c: 'd' } }],
    ['a{b="}",c="\\n\\"\\\\"}', { family: 'a', labels: { b: '}', c: '\n"\\' } }],
    ...['', '1', 'a b', 'a{', 'a}', 'a{}', 'a{b}', 'a{b=c}', 'a{b="c"} ', 'a{b="c",}'].map(
      (name): [string, null] => [name, null],
    ),
    ...['a{,b="c"}', 'a{b="c" ,d="e"}', 'a{b="c"d="e"}', 'a{b="c",b="d"}', 'a{b="\n"}'].map(
      (name): [string, null] => [name, null],
    ),
    ...['a{b="\\x"}', 'a{b="c}', 'a{__b="c"}', 'a{1="c"}', 'a{b="c"}}'].map(
      (name): [string, null] => [name, null],
    ),
  ];
  for (const [name, parsed] of names) t.strictSame(parseSeriesName(name), parsed, name);
  const labels = { z: 'x"\\\n', a: 1 };
  const name = seriesName('m', labels);
  t.equal(name, 'm{a="1",z="x\\"\\\\\\n"}');
  t.strictSame(parseSeriesName(name), { family: 'm', labels: { a: '1', z: 'x"\\\n' } });
  for (const wrong of [
    { labels: 1 },
    { labels: { '1': 'x' } },
    { labels: { __a: 'x' } },
    { help: 1 },
  ]) {
    t.throws(() => counter('wrong', wrong as never), { code: 'ERR_RONDO_INVALID_OPTION' });
  }
  t.throws(() => counter('a b', { labels: { a: 1 } }), { code: 'ERR_RONDO_INVALID_OPTION' });
  t.throws(() => counter('a', { help: 'x'.repeat(501) }), { option: 'help' } as RondoError);
  t.throws(() => counter('a', { labels: { a: 'x'.repeat(200) } }), {
    option: 'name',
  } as RondoError);
  t.throws(() => counter('a', { unit: 's' } as never), { code: 'ERR_RONDO_UNKNOWN_OPTION' });
  const wrong = { name: 'h', buckets: [1], labels: { a: {} } } as never;
  t.throws(() => histogram(wrong), { option: 'labels.a' } as RondoError);
});
