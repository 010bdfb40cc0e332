// The text of /metrics: what a scraper asks for, what must be escaped, and that promtool has nothing to say.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Dispatcher, type RondoError } from 'rondo';
import { Exposition, labelsOf, metricsOf } from 'rondo/metrics';
import { type Test, test } from 'tap';
import { formatFor } from '../../src/metrics/exposition.js';
import { samplesOf } from '../fixtures/metrics.js';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const withPromtool = hasPromtool ? {} : { skip: 'needs promtool (Debian: prometheus)' };

/** A family of each type, and all that can be in a label. */
function sample(format: 'prometheus' | 'openmetrics'): string {
  const into = new Exposition(format);
  into.family({ name: 'app_hits', type: 'counter', help: 'Said "so" of \\ and\nthe next line.' });
  into.counter('', 3);
  into.counter(labelsOf({ path: 'C:\\new\n"quoted"', seat: 0 }), 0.5);
  into.family({ name: 'app_size_bytes', type: 'gauge', unit: 'bytes', help: 'A size.' });
  for (const [of, value] of Object.entries({ a: Number.NaN, b: Infinity, c: -Infinity, d: 1e21 })) {
    into.gauge(labelsOf({ of }), value);
  }
  into.family({ name: 'app_time_seconds', type: 'histogram', unit: 'seconds', help: 'A time.' });
  into.histogram('', ['0.1', '1.0'], { counts: [1, 2, 3], sum: 9.5 });
  into.histogram('{seat="1"}', ['0.1', '1.0'], { counts: [0, 0, 0], sum: 0 });
  into.family({ name: 'app_thing', type: 'unknown', help: 'Whatever.' });
  into.sample('', '', 1);
  return into.end().toString();
}

test('Prometheus text', async (t) => {
  t.equal(
    sample('prometheus'),
    [
      '# HELP app_hits_total Said "so" of \\\\ and\\nthe next line.',
      '# TYPE app_hits_total counter',
      'app_hits_total 3',
      'app_hits_total{path="C:\\\\new\\n\\"quoted\\"",seat="0"} 0.5',
      '# HELP app_size_bytes A size.',
      '# TYPE app_size_bytes gauge',
      'app_size_bytes{of="a"} NaN',
      'app_size_bytes{of="b"} +Inf',
      'app_size_bytes{of="c"} -Inf',
      'app_size_bytes{of="d"} 1e+21',
      '# HELP app_time_seconds A time.',
      '# TYPE app_time_seconds histogram',
      'app_time_seconds_bucket{le="0.1"} 1',
      'app_time_seconds_bucket{le="1.0"} 3',
      'app_time_seconds_bucket{le="+Inf"} 6',
      'app_time_seconds_sum 9.5',
      'app_time_seconds_count 6',
      'app_time_seconds_bucket{seat="1",le="0.1"} 0',
      'app_time_seconds_bucket{seat="1",le="1.0"} 0',
      'app_time_seconds_bucket{seat="1",le="+Inf"} 0',
      'app_time_seconds_sum{seat="1"} 0',
      'app_time_seconds_count{seat="1"} 0',
      '# HELP app_thing Whatever.',
      '# TYPE app_thing untyped',
      'app_thing 1',
      '',
    ].join('\n'),
  );
});

test('OpenMetrics', async (t) => {
  const text = sample('openmetrics');
  t.match(
    text,
    '# TYPE app_hits counter\n# HELP app_hits Said \\"so\\" of \\\\ and\\nthe next line.\n',
  );
  t.match(
    text,
    '# TYPE app_size_bytes gauge\n# UNIT app_size_bytes bytes\n# HELP app_size_bytes A',
  );
  t.match(text, '# TYPE app_thing unknown\n');
  t.ok(text.endsWith('app_thing 1\n# EOF\n'), 'it ends with its end');
  t.strictSame(
    [...samplesOf(text).keys()],
    [...samplesOf(sample('prometheus')).keys()],
    'samples are named alike in both',
  );
});

test('a family comes once, with a name that is one', async (t) => {
  const into = new Exposition('prometheus');
  const family = { name: 'a_seconds', type: 'gauge', help: '', unit: 'seconds' } as const;
  into.family(family);
  t.ok(into.has('a_seconds'));
  t.notOk(into.has('b'));
  for (const wrong of [{}, { name: '1' }, { name: 'a b' }, { name: '' }, { name: 'a_bytes' }]) {
    t.throws(() => into.family({ ...family, ...wrong }), { code: 'ERR_RONDO_INVALID_OPTION' });
  }
});

test('the format is what the scraper prefers', async (t) => {
  const prometheus242 =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,' +
    'text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  const all: Array<[accept: string | undefined, format: string]> = [
    [undefined, 'prometheus'],
    ['', 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'prometheus'],
    ['application/json', 'prometheus'],
    [prometheus242, 'openmetrics'],
    ['application/openmetrics-text', 'openmetrics'],
    ['APPLICATION/OpenMetrics-Text ; Version=1.0.0 ; Q=1', 'openmetrics'],
    ['application/openmetrics-text; version=2.0.0, text/plain', 'prometheus'],
    ['application/openmetrics-text;q=0.3, text/plain;q=0.7', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
    ['application/openmetrics-text;q=x', 'prometheus'],
    [';;,,;q=', 'prometheus'],
  ];
  for (const [accept, format] of all) t.equal(formatFor(accept), format, String(accept));
});

test('promtool', withPromtool, async (t) => {
  check(t, sample('prometheus').replace(/^.*app_thing.*\n/gm, ''));
  await using dispatcher = new Dispatcher();
  await dispatcher.listen({ path: `\0rondo "quoted" \\ ${process.pid}` });
  const text = metricsOf(dispatcher);
  t.match(text, `{listener="@rondo \\"quoted\\" \\\\ ${process.pid}"} 0\n`);
  check(t, text);
  readAsOpenMetrics(t, metricsOf(dispatcher, 'openmetrics'));
  readAsOpenMetrics(t, sample('openmetrics'));
  t.throws(() => metricsOf({} as never), { code: 'ERR_RONDO_INVALID_OPTION', option: 'subject' });
  t.throws(() => metricsOf(dispatcher, 'json' as never), { option: 'format' } as RondoError);
});

function check(t: Test, input: string): void {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input });
  t.equal(status, 0);
  t.equal(`${stdout}${stderr}`, '', 'is clean');
}

/** By its reader of OpenMetrics, which wants a time behind each sample. */
function readAsOpenMetrics(t: Test, text: string): void {
  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'metrics');
  writeFileSync(file, text.replace(/^[^#\n].*$/gm, '$& 1700000000'));
  const words = ['tsdb', 'create-blocks-from', 'openmetrics', file, directory];
  const { status, stdout, stderr } = spawnSync('promtool', words);
  t.equal(status, 0, `${stdout}${stderr}`);
}
