// --metrics of several programs: one port has the metrics of all, told apart by the label `program`, and /live and
// /ready over all. A program whose process does not answer costs the others nothing. With `metrics` in the
// configuration a program has a port of its own.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { test } from 'tap';
import { ask, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { metricsOrigin, type Samples, scrape } from '../fixtures/metrics.js';
import { type ProgramsRun, runPrograms } from '../fixtures/programs.js';

const MEASURED = { exec: fixture('measured-program.mjs') };
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const OPEN = { headers: { accept: 'application/openmetrics-text' } };
const REQUESTS = (program: string): string =>
  `app_requests_total{program="${program}",exported_program="a \\"quoted\\", program=\\"x\\"",path="/,program="}`;

async function untilScraped(
  origin: string,
  what: string,
  is: (samples: Samples) => boolean,
): Promise<Samples> {
  let samples: Samples = new Map();
  await until(what, async () => {
    samples = await scrape(origin);
    return is(samples);
  });
  return samples;
}

async function probe(origin: string, path: string): Promise<[number, string]> {
  const response = await fetch(`${origin}${path}`);
  return [response.status, await response.text()];
}

/** Until it is as it has to be; a stuck process is asked for a moment each time. */
async function untilProbed(origin: string, path: string, wanted: number): Promise<string> {
  let text = '';
  await until(`${path} is ${wanted}`, async () => {
    const [status, body] = await probe(origin, path);
    text = body;
    return status === wanted;
  });
  return text;
}

async function both({ port, run }: ProgramsRun): Promise<[number, number]> {
  const ports: [number, number] = [await port('web'), await port('api')];
  await run.says(/^rondo: web: ready$/m);
  await run.says(/^rondo: api: ready$/m);
  return ports;
}

test('all of them', nativeOnly, async (t) => {
  const programs = runPrograms(
    t,
    { web: { ...MEASURED, env: { APP_TYPE: 'counter' }, workers: 2 }, api: MEASURED },
    ['--metrics', '0', '--hang-timeout', '10000'],
  );
  const { run, pid } = programs;
  const origin = await metricsOrigin(run);
  const [web, api] = await both(programs);
  for (let i = 0; i < 6; i++) await ask(web);
  for (let i = 0; i < 3; i++) await ask(api);
  const samples = await untilScraped(
    origin,
    'both have told',
    (all) => all.get(REQUESTS('web')) === 6 && all.get(REQUESTS('api')) === 3,
  );
  t.equal(samples.get('rondo_program_up{program="web"}'), 1);
  t.equal(samples.get('rondo_connections_received_total{program="api",seat="0"}'), 3);
  const received = [0, 1].map((seat) =>
    samples.get(`rondo_connections_received_total{program="web",seat="${seat}"}`),
  );
  t.equal(
    received.reduce((sum = 0, count = 0) => sum + count, 0),
    6,
    `by seat: ${received}`,
  );
  for (const name of samples.keys()) t.match(name, /program="(web|api)"/, name);
  // An untyped counter in one, a gauge in the other.
  t.equal(samples.get('app_odd{program="web"}'), 2, 'the first one counts, of both workers');
  t.notOk(samples.has('app_odd{program="api"}'));
  t.equal(
    samples.get('rondo_program_metrics_left_out{program="api",reason="programs_differ"}'),
    1,
    'and the other is counted',
  );
  t.strictSame(await probe(origin, '/live'), [200, 'web: running\napi: running\n']);
  t.strictSame(await probe(origin, '/ready'), [
    200,
    'web: running, 2 of 2 workers ready\napi: running, 1 of 1 workers ready\n',
  ]);
  t.match(await probe(origin, '/ready?program=api'), [200, /^api: running, 1 of 1 [^\n]*\n$/]);
  t.match(await probe(origin, '/ready?program=no'), [404, /"no"/]);
  t.match(await probe(origin, '/'), [404, /'metrics' in the configuration/]);
  const text = await (await fetch(`${origin}/metrics`, OPEN)).text();
  t.match(text, /^# TYPE app_requests counter$/m);
  t.equal(text.match(/^# TYPE rondo_workers gauge$/gm)?.length, 1, 'each family once');
  t.ok(text.endsWith('# EOF\n'));

  process.kill(pid('api'), 'SIGSTOP');
  const begun = performance.now();
  const others = await scrape(origin);
  t.ok(performance.now() - begun < 5_000, 'nobody waits long for a process that is stopped');
  t.equal(others.get('rondo_program_up{program="api"}'), 0);
  t.equal(others.get('rondo_program_up{program="web"}'), 1);
  t.equal(others.get(REQUESTS('web')), 6);
  t.notOk(others.has(REQUESTS('api')), 'nothing old is told');
  t.match(await probe(origin, '/live'), [503, /^api: ready, does not answer$/m]);
  t.match(await probe(origin, '/ready?program=web'), [200, /^web: /]);
  for (let i = 0; i < 30; i++) await scrape(origin);
  process.kill(pid('api'), 'SIGCONT');
  await untilScraped(origin, 'it answers again', (all) => all.get(REQUESTS('api')) === 3);
  t.equal((await probe(origin, '/live'))[0], 200);

  const before = pid('api');
  process.kill(before, 'SIGKILL');
  t.match(await untilProbed(origin, '/ready', 503), /^api: (waiting|starting)/m);
  const [live, said] = await probe(origin, '/live');
  t.equal(live, 200, `it starts again by itself: ${said}`);
  await untilProbed(origin, '/ready', 200);
  t.not(pid('api'), before);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('promtool', hasPromtool ? {} : { skip: 'needs promtool (Debian: prometheus)' }, async (t) => {
  const programs = runPrograms(t, { web: {}, api: MEASURED }, ['--metrics', '0']);
  const origin = await metricsOrigin(programs.run);
  const [, api] = await both(programs);
  await ask(api);
  await untilScraped(origin, 'it has told', (all) => all.get(REQUESTS('api')) === 1);
  const input = await (await fetch(`${origin}/metrics`)).text();
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input });
  t.strictSame([status, `${stdout}${stderr}`], [0, '']);
});

test('a program that has failed for good', async (t) => {
  const programs = runPrograms(t, { web: {}, api: { env: { APP_FAILS: 'silently' } } }, [
    ...['--metrics', '0'],
    ...['--max-restarts', '0'],
  ]);
  const origin = await metricsOrigin(programs.run);
  await programs.run.says(/^rondo: api: has failed for good/m);
  await programs.run.says(/^rondo: web: ready$/m);
  t.match(await probe(origin, '/ready'), [503, /^api: failed$/m], 'is not ready');
  t.equal((await probe(origin, '/live'))[0], 200, 'and a restart would cost the others');
  t.equal((await scrape(origin)).get('rondo_program_up{program="api"}'), 0);
});

test('a port of its own', async (t) => {
  const programs = runPrograms(t, { web: { metrics: 0 }, api: {} }, ['--metrics', '0']);
  const { run, change } = programs;
  await both(programs);
  const origins = [...run.stderr().matchAll(/^rondo: (web: )?metrics at (\S+)\/metrics$/gm)];
  const own = origins.find(([, name]) => name !== undefined)?.[2] as string;
  const all = origins.find(([, name]) => name === undefined)?.[2] as string;
  t.equal((await scrape(own)).get('rondo_running'), 1, 'without the label');
  t.match(await probe(own, '/'), [200, /<title>rondo/], 'with the page');
  t.equal((await scrape(all)).get('rondo_running{program="web"}'), 1, 'and with the others');
  change({ web: { metrics: 9100 }, api: { metrics: '127.0.0.1:9100' } });
  run.child.kill('SIGHUP');
  await run.says(/'programs\.api\.metrics' is 127\.0\.0\.1:9100, as 'programs\.web\.metrics' is$/m);
  change({ web: { metrics: 'x' }, api: {} });
  run.child.kill('SIGHUP');
  await run.says(/'programs\.web\.metrics' must be \[HOST:\]PORT.* Received 'x'$/m);
});

test('a port in use', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  const { run } = runPrograms(t, { web: {}, api: {} }, ['--metrics', String(port)]);
  t.equal(await run.end, 1);
  t.match(run.stderr(), /EADDRINUSE/);
  t.match(run.stderr(), new RegExp(`is held by process ${process.pid}`));
  t.notMatch(run.stderr(), /: starts/, 'before any program starts');
});

test('one program: by the configuration, and the flag goes before it', async (t) => {
  const { file, run } = runPrograms(t, { web: {} });
  run.child.kill('SIGTERM');
  await run.end;
  writeFileSync(file, JSON.stringify({ exec: MEASURED.exec, workers: 1, metrics: '0' }));
  const one = runCli(t, ['start', '--config', file]);
  t.equal((await scrape(await metricsOrigin(one))).get('rondo_workers_wanted'), 1);
  one.child.kill('SIGTERM');
  await one.end;
  writeFileSync(file, JSON.stringify({ exec: MEASURED.exec, workers: 1, metrics: '192.0.2.1:1' }));
  const other = runCli(t, ['start', '--config', file, '--metrics', '0']);
  t.equal((await scrape(await metricsOrigin(other))).get('rondo_workers_wanted'), 1);
  other.child.kill('SIGTERM');
  await other.end;
});
