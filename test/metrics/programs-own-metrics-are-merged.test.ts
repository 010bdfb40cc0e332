// The program's own metrics in /metrics: what clients have counted, over kills and reloads never less; of a worker that
// stands what it told last, with its age; and those of rondo/shared, as they are at that moment.

import { once } from 'node:events';
import { test } from 'tap';
import { ask, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { fallen, metricsOrigin, type Samples, scrape } from '../fixtures/metrics.js';

const APP = fixture('measured-app.mjs');
const REQUESTS = 'app_requests_total{path="/"}';

async function askTimes(port: number, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await ask(port);
}

/** Without gauges that prom-client calls as counters are called. */
function fallenCounters(before: Samples, after: Samples): string[] {
  return fallen(before, after).filter((text) => !/^nodejs_active_\w+_total:/.test(text));
}

async function untilScraped(
  origin: string,
  what: string,
  is: (samples: Samples) => boolean,
): Promise<Samples> {
  let samples = await scrape(origin);
  await until(what, async () => {
    samples = await scrape(origin);
    return is(samples);
  });
  return samples;
}

test('over a kill, a reload and a worker that stands', nativeOnly, async (t) => {
  const run = runCli(t, ['start', APP, '-w', '2', '--min-uptime', '50', '--metrics', '0']);
  const origin = await metricsOrigin(run);
  const port = await run.listening(2);
  await askTimes(port, 20);
  const first = await untilScraped(
    origin,
    'all is told',
    (samples) => samples.get(REQUESTS) === 20 && samples.get('app_named_total') === 40,
  );
  t.equal(first.get('app_plain'), 20, 'a counter of any name');
  t.equal(first.get('app_seconds_bucket{le="0.1"}'), 0, 'a histogram');
  t.equal(first.get('app_seconds_bucket{le="1"}'), 20);
  t.equal(first.get('app_seconds_bucket{le="+Inf"}'), 20);
  t.equal(first.get('app_seconds_sum'), 10);
  t.equal(first.get('app_seconds_count'), 20);
  t.equal(first.get('app_sizes_count'), 20, 'a summary, without quantiles');
  t.equal(first.get('app_sizes_sum'), 2_000);
  const left = (reason: string) => first.get(`rondo_program_metrics_left_out{reason="${reason}"}`);
  t.ok((left('quantile') as number) > 0, 'which are counted');
  t.equal(left('reserved'), 1, "as is a name of rondo's");
  t.notOk(first.has('rondo_mine'));
  // Each seat has set its number and 1.
  const expected = { sum: 3, min: 1, max: 2, average: 1.5 };
  for (const [aggregator, value] of Object.entries(expected)) {
    t.equal(
      first.get(`app_${aggregator}_gauge`),
      value,
      `gauges by their aggregator: ${aggregator}`,
    );
  }
  t.ok([1, 2].includes(first.get('app_first_gauge') as number), 'first');
  t.notOk(first.has('app_omit_gauge'), 'omit');

  t.equal(first.get('shared_total'), 20, "rondo/shared's counter");
  t.equal(first.get('shared_seconds_bucket{le="1"}'), 0, 'histogram');
  t.equal(first.get('shared_seconds_bucket{le="2"}'), 20);
  t.equal(first.get('shared_seconds_sum'), 30);
  t.equal(first.get('shared_seat{seat="0"}'), 10, 'and gauge, by the seat');
  t.equal(first.get('shared_seat{seat="1"}'), 11);
  t.ok((left('name') as number) > 0, 'what is no name of a metric is left out');

  // A reload ends workers in order: nothing of what they counted is missing.
  await askTimes(port, 7);
  run.child.kill('SIGHUP');
  await run.listening(4);
  const second = await untilScraped(origin, 'the reload is over', (samples) => {
    return (
      samples.get('rondo_workers{seat="1",state="draining"}') === 0 &&
      samples.get('rondo_reloads_total{outcome="done"}') === 1 &&
      samples.get(REQUESTS) === 27
    );
  });
  t.strictSame(fallenCounters(first, second), []);

  const [killed, stopped] = run
    .workers()
    .slice(-2)
    .map(({ pid }) => pid) as [number, number];
  process.kill(killed, 'SIGKILL');
  await run.listening(5);
  const third = await scrape(origin);
  t.strictSame(fallenCounters(second, third), [], 'what a killed worker told stays');
  t.equal(third.get(REQUESTS), 27);

  process.kill(stopped, 'SIGSTOP');
  const { seat } = run.workers().find(({ pid }) => pid === stopped) as { seat: number };
  const age = `rondo_program_metrics_age_seconds{seat="${seat}"}`;
  const last = await untilScraped(origin, 'it grows old', (samples) => (samples.get(age) ?? 0) > 2);
  t.strictSame(fallenCounters(third, last), [], 'and of one that stands is what it told last');
  process.kill(stopped, 'SIGCONT');
  await untilScraped(origin, 'it tells again', (samples) => (samples.get(age) ?? 9) < 2);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('the gauge of a process that is gone is gone', nativeOnly, async (t) => {
  const run = runCli(t, ['start', APP, '-w', '2', '--metrics', '0']);
  const origin = await metricsOrigin(run);
  await run.listening(2);
  await untilScraped(origin, 'both', (samples) => samples.get('app_sum_gauge') === 3);
  run.child.kill('SIGTTOU');
  const samples = await untilScraped(origin, 'one', (all) => all.get('app_sum_gauge') === 1);
  t.notOk(samples.has('shared_seat{seat="1"}'));
  t.equal(samples.get('shared_seat{seat="0"}'), 10);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('without the addon the primary has the counters', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '2', '--metrics', '0'], { RONDO_NATIVE: '0' });
  const origin = await metricsOrigin(run);
  await askTimes(await run.listening(2), 10);
  const samples = await untilScraped(origin, 'all', (all) => all.get(REQUESTS) === 10);
  t.equal(samples.get('shared_total'), 10);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('a program of its own primary, by RONDO_METRICS', nativeOnly, async (t) => {
  const { spawn } = await import('node:child_process');
  const { createServer } = await import('node:net');
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as { port: number };
  const start = (where: string) => {
    const child = spawn(
      process.execPath,
      ['--import', 'rondo/register', fixture('measured-cluster.mjs')],
      { env: { ...process.env, RONDO_METRICS: where }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    }
    t.teardown(() => child.kill('SIGKILL'));
    return { child, text: () => text };
  };
  for (const [where, pattern] of [
    [String(port), /RONDO_METRICS_UNAVAILABLE.*EADDRINUSE/],
    ['70000', /RONDO_METRICS_ADDRESS.*Received '70000'/],
  ] as const) {
    const { child, text } = start(where);
    await until('it serves all the same', () => /listening \d+ \d+/.test(text()));
    t.match(text(), pattern, 'what is wrong is a warning');
    const end = once(child, 'exit');
    child.kill('SIGTERM');
    await end;
  }
  free.close();
  await once(free, 'close');
  const { child, text } = start(String(port));
  await until('it serves', () => /listening \d+ \d+/.test(text()));
  const served = Number(/listening (\d+)/.exec(text())?.[1]);
  const origin = `http://127.0.0.1:${port}`;
  await askTimes(served, 6);
  const samples = await untilScraped(origin, 'all', (all) => all.get(REQUESTS) === 6);
  t.equal(samples.get('shared_total'), 6);
  t.equal(samples.get('rondo_connections_received_total{seat="0"}'), 3, "a slot's number");
  t.equal(samples.get('rondo_connections_received_total{seat="7"}'), 3, 'or NODE_APP_INSTANCE');
  t.equal(samples.get('shared_seat{seat="7"}'), 17);
  t.equal((await fetch(`${origin}/live`)).status, 200);
  t.equal((await fetch(`${origin}/ready`)).status, 200);
  const end = once(child, 'exit');
  child.kill('SIGTERM');
  await end;
});
