// systemd is told by NOTIFY_SOCKET (sd_notify(3)): when all is up, when a reload begins and is over, that
// it stops, how many workers are ready, and, if it asks for that, that the process is alive.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { ask, type Run, runCli, temporaryDirectory, writeServer } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');

const hasPython = spawnSync('python3', ['--version']).status === 0;
const options = hasPython ? nativeOnly : { skip: 'needs python3' };

interface Receiver {
  name: string;
  /** All so far, each with its lines. */
  messages: string[][];
  /** Resolves with those that have come since the last call, when one of them has that line. */
  until(line: string | RegExp): Promise<string[][]>;
}

async function receive(
  t: Test,
  name = path.join(temporaryDirectory(t), 'notify'),
): Promise<Receiver> {
  const child = spawn('python3', [fixture('cli-notify.py'), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(async () => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  const messages = (): string[][] =>
    printed
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line) as string[]);
  await until('it receives', () => printed.startsWith('bound\n'));
  let taken = 0;
  return {
    name,
    get messages() {
      return messages();
    },
    async until(wanted) {
      const isIt = (line: string): boolean =>
        typeof wanted === 'string' ? line === wanted : wanted.test(line);
      const news = (): string[][] => messages().slice(taken);
      await until(`it is told ${wanted}`, () => news().some((lines) => lines.some(isIt)));
      const since = news();
      taken += since.length;
      return since;
    },
  };
}

function start(t: Test, { name }: Receiver, args: string[] = [], env: NodeJS.ProcessEnv = {}): Run {
  return runCli(t, ['start', APP, '-w', '2', ...args], { NOTIFY_SOCKET: name, ...env });
}

const microseconds = (): number => Number(process.hrtime.bigint() / 1000n);

test('from the start to the end', options, async (t) => {
  const systemd = await receive(t);
  const run = start(t, systemd);
  const all = await systemd.until('READY=1');
  t.match(run.stderr(), /(?:.* ready after [\s\S]*){2}/, 'not before both are');
  t.strictSame(all.at(-1), ['READY=1', `MAINPID=${run.child.pid}`, 'STATUS=2 of 2 workers ready']);

  const before = microseconds();
  run.child.kill('SIGHUP');
  const reloading = await systemd.until('READY=1');
  const [, time] = reloading[0] as string[];
  t.equal(reloading[0]?.[0], 'RELOADING=1');
  const at = Number(/^MONOTONIC_USEC=(\d+)$/.exec(String(time))?.[1]);
  t.ok(at >= before && at <= microseconds(), 'by CLOCK_MONOTONIC');
  t.strictSame(reloading.at(-1), ['READY=1', 'STATUS=2 of 2 workers ready']);

  run.child.kill('SIGTTIN');
  await systemd.until('STATUS=3 of 3 workers ready');
  run.child.kill('SIGTERM');
  const stopping = await systemd.until('STOPPING=1');
  t.strictSame(
    stopping.find(([first]) => first === 'STOPPING=1'),
    ['STOPPING=1', 'STATUS=stopping'],
  );
  t.equal(await run.end, 0);
  t.equal(systemd.messages.filter(([first]) => first === 'READY=1').length, 2, 'no more often');
  t.notOk(systemd.messages.flat().includes('WATCHDOG=1'), 'nobody asked for that');
});

test('it is asked for more time, while something takes its time', options, async (t) => {
  const systemd = await receive(t);
  const more = 'EXTEND_TIMEOUT_USEC=15000000';
  const run = start(t, systemd, ['--stop-delay', '60000', '--min-uptime', '1']);
  const firstLines = async (until: string): Promise<unknown[]> =>
    (await systemd.until(until)).map(([first]) => first);
  t.strictSame((await firstLines('READY=1'))[0], more, 'for the start, at once');
  run.child.kill('SIGHUP');
  t.strictSame((await firstLines('READY=1')).slice(0, 2), ['RELOADING=1', more]);
  run.child.kill('SIGTERM');
  t.strictSame((await firstLines(more)).slice(-2), ['STOPPING=1', more]);
  t.equal(systemd.messages.at(-2)?.[1], 'STATUS=leaving');
  // The next signal counts after a second.
  const again = setInterval(() => run.child.kill('SIGTERM'), 400);
  t.teardown(() => clearInterval(again));
  t.strictSame((await systemd.until(more)).at(-2), ['STATUS=stopping'], 'told to stop once');
  clearInterval(again);
  t.equal(await run.end, 0);
});

test('a reload that fails, and one that does not begin', options, async (t) => {
  const systemd = await receive(t);
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'app.cjs');
  const config = path.join(directory, 'config.json');
  writeServer(file, 'one');
  writeFileSync(config, '{}');
  const args = ['start', file, '-w', '1', '--config', config];
  const run = runCli(t, args, { NOTIFY_SOCKET: systemd.name });
  await systemd.until('READY=1');
  const firstLines = async (): Promise<unknown[]> =>
    (await systemd.until('READY=1'))
      .map(([first]) => first)
      .filter((line) => /^RE/.test(String(line)));
  writeFileSync(file, 'process.exit(4)');
  run.child.kill('SIGHUP');
  t.strictSame(await firstLines(), ['RELOADING=1', 'READY=1'], 'with the old worker');
  t.match(run.stderr(), /reload: failed/);
  writeFileSync(config, '{');
  run.child.kill('SIGHUP');
  t.strictSame(await firstLines(), ['RELOADING=1', 'READY=1'], 'or the caller would wait for ever');
  t.equal(run.stderr().match(/reload: begins/g)?.length, 1);
});

test('a worker is missing', options, async (t) => {
  const systemd = await receive(t);
  const run = start(t, systemd, ['--max-restarts', '0']);
  const port = await run.listening(2);
  await systemd.until('READY=1');
  await t.rejects(ask(port, '/crash'));
  await systemd.until('STATUS=1 of 2 workers ready');
});

test('ready with what could be started', options, async (t) => {
  const systemd = await receive(t);
  const args = ['--max-restarts', '0', '--start-timeout', '2000'];
  const file = path.join(temporaryDirectory(t), 'app.cjs');
  writeFileSync(
    file,
    `if (process.env.RONDO_SLOT === '1') setTimeout(() => process.exit(5), 800);
    else require('node:http').createServer().listen(0, '127.0.0.1');`,
  );
  const run = runCli(t, ['start', file, '-w', '2', ...args], { NOTIFY_SOCKET: systemd.name });
  const all = await systemd.until('READY=1');
  t.equal(all.at(-1)?.at(-1), 'STATUS=1 of 2 workers ready');
  t.match(run.stderr(), /worker 1 failed too often/);
});

test('an abstract name', options, async (t) => {
  const systemd = await receive(t, `@rondo-test-${process.pid}`);
  start(t, systemd);
  await systemd.until('READY=1');
});

test('the watchdog', options, async (t) => {
  const systemd = await receive(t);
  const env = { WATCHDOG_USEC: '100000' };
  start(t, systemd, [], env);
  await systemd.until('READY=1');
  const count = (): number => systemd.messages.filter(([line]) => line === 'WATCHDOG=1').length;
  await until('at least two came', () => count() >= 2);

  const other = await receive(t);
  const run = start(t, other, [], { ...env, WATCHDOG_PID: '1' });
  await other.until('READY=1');
  const before = count();
  await until('two more came', () => count() >= before + 2);
  t.notOk(other.messages.flat().includes('WATCHDOG=1'), "it is another process's");
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('workers know nothing of it', options, async (t) => {
  const systemd = await receive(t);
  const args = ['start', fixture('cli-sockets.mjs'), '-w', '1'];
  const env = { NOTIFY_SOCKET: systemd.name, WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1' };
  const run = runCli(t, args, { ...env, PORT: '0' });
  const port = await run.listening(1);
  t.strictSame(JSON.parse(await ask(port)).left, []);
});

test('nobody receives', nativeOnly, async (t) => {
  const name = path.join(temporaryDirectory(t), 'nobody');
  const run = runCli(t, ['start', APP, '-w', '1'], { NOTIFY_SOCKET: name });
  await run.says(/^rondo: systemd cannot be notified: ENOENT$/m);
  t.ok(await ask(await run.listening(1)));
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});
