// A new process that is killed at any point of its start, that ends, whose program fails, or that hangs, changes
// nothing: the old one serves on, has its pid file, and may be upgraded again. One upgrade goes on at a time.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ControlClient } from 'rondo/control';
import { type Test, test } from 'tap';
import { askForPids, temporaryDirectory, writeServer } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { APP, startUpgradable, type Upgradable } from '../fixtures/upgrade.js';

const POINTS = ['load', 'after hello', 'fork', 'listening', 'after ready', 'before taken'];

const killer = { NODE_OPTIONS: `--import=${fixture('upgrade-killer.mjs')}` };

async function servesOn(t: Test, app: Upgradable, workers: Set<number>): Promise<void> {
  const pids = await askForPids(app.port);
  t.ok(
    [...pids].every((pid) => workers.has(pid)),
    'the old workers serve',
  );
  t.equal(app.pid(), app.run.child.pid);
}

function workersOf({ run }: Upgradable): Set<number> {
  return new Set(run.workers().map(({ pid }) => pid));
}

test('killed at six points of its start', nativeOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const [KILL_AT, pidFile] = ['at', 'pid'].map((name) => path.join(directory, name)) as [
    string,
    string,
  ];
  const socket = path.join(directory, 'socket');
  const env = { ...killer, KILL_AT, UNIX_PATH: socket };
  const control = path.join(directory, 'control.sock');
  const args = [APP, '--pidfile', pidFile, '--control', control];
  const app = await startUpgradable(t, args, env);
  const client = new ControlClient({ path: control });
  const workers = workersOf(app);
  const fds = app.fds();
  for (const point of POINTS) {
    writeFileSync(KILL_AT, point);
    t.match(await app.fail(), /serves on: The new process \d+: it was ended by SIGKILL$/, point);
    t.equal(readFileSync(pidFile, 'utf8'), `${app.pid()}\n`, 'the pid file is its own');
    await until('no worker of it is left', () =>
      [...workersOf(app)].every((pid) => workers.has(pid) || !isAlive(pid)),
    );
    await servesOn(t, app, workers);
    t.match(await client.status(), { pid: app.pid() }, 'and so does its control socket');
  }
  await until('no fd is left', () => app.fds() === fds);
  writeFileSync(KILL_AT, 'never');
  t.not(await app.upgrade(), app.run.child.pid, 'and the next one succeeds');
  await app.stop();
});

test('it hangs', nativeOnly, async (t) => {
  const KILL_AT = path.join(temporaryDirectory(t), 'at');
  writeFileSync(KILL_AT, 'hang');
  const args = [APP, '--upgrade-timeout', '1500'];
  const app = await startUpgradable(t, args, { ...killer, KILL_AT });
  const workers = workersOf(app);
  t.match(await app.fail(), /it was not ready within 1500 ms/);
  await servesOn(t, app, workers);
  await app.stop();
});

test('its program', async (t) => {
  const file = path.join(temporaryDirectory(t), 'app.cjs');
  writeServer(file, 'one');
  const app = await startUpgradable(t, [file], { RONDO_TRANSPORT: 'ipc' });
  for (const [program, said] of [
    [
      "throw new Error('half a program');",
      /worker \d .*ended with code 1[\s\S]*Error: half a program/,
    ],
    [
      "require('node:http').createServer().listen(0, '127.0.0.1', () => setTimeout(process.exit, 50, 4))",
      /worker \d .*ended with code 4 after it had been ready/,
    ],
  ] as const) {
    writeFileSync(file, program);
    t.match(await app.fail(), said);
    t.equal(app.pid(), app.run.child.pid);
    t.equal(
      await (
        await fetch(`http://127.0.0.1:${app.port}`, { headers: { connection: 'close' } })
      ).text(),
      'one',
    );
  }
  await app.stop();
});

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
const withLimits = hasPrlimit ? nativeOnly : { skip: 'needs prlimit' };

test('out of file descriptors, at every point where one is wanted', withLimits, async (t) => {
  const app = await startUpgradable(t, [APP]);
  const old = app.pid();
  const workers = workersOf(app);
  const before = app.fds();
  const limit = (nofile: string | number): void => {
    const { status, stderr } = spawnSync('prlimit', ['--pid', String(old), `--nofile=${nofile}:`]);
    t.equal(status, 0, String(stderr));
  };
  const said = (): number =>
    app.run.stderr().match(/^rondo: .*(?:EMFILE|ENFILE|upgrade: failed|has replaced)/gm)?.length ??
    0;
  const [, enough = ''] =
    /^Max open files +(\d+)/m.exec(readFileSync(`/proc/${old}/limits`, 'utf8')) ?? [];
  let failed = 0;
  for (let free = 0; app.pid() === old && free < 40; free++) {
    const count = said();
    limit(before + free);
    process.kill(old, 'SIGUSR2');
    await until(`with ${free} free it is told; ${app.run.stderr()}`, () => said() > count);
    limit(enough);
    if (app.pid() !== old) break;
    failed++;
    await until(`with ${free} free no fd is left`, () => app.fds() === before);
    await servesOn(t, app, workers);
  }
  t.ok(failed > 2, `${failed} have failed`);
  t.not(app.pid(), old, 'and with enough of them it succeeds');
  await app.stop();
});

test('two at once', async (t) => {
  const app = await startUpgradable(t, [APP], { RONDO_TRANSPORT: 'ipc' });
  process.kill(app.pid(), 'SIGUSR2');
  await app.run.says(/upgrade: process \d+ starts/);
  process.kill(app.pid(), 'SIGUSR2');
  await app.run.says(/^rondo: An upgrade goes on already$/m);
  await until('it is replaced', () => app.pid() !== app.run.child.pid);
  t.equal(app.run.stderr().match(/upgrade: process \d+ starts/g)?.length, 1);
  await app.stop();
});

test('a stop ends both', async (t) => {
  const app = await startUpgradable(t, [APP, '--min-uptime', '5000']);
  process.kill(app.pid(), 'SIGUSR2');
  const [, next] = await app.run.says(/upgrade: process (\d+) starts/);
  await app.run.listening(4);
  process.kill(app.pid(), 'SIGTERM');
  await app.gone(Number(next));
  t.equal(await app.run.end, 0);
  t.notOk([...workersOf(app)].some(isAlive), 'with all workers');
  t.notMatch(app.run.stderr(), /upgrade: failed/);
});

test('a stop that is announced ends the new one at once', async (t) => {
  const app = await startUpgradable(t, [APP, '--min-uptime', '5000', '--stop-delay', '60000']);
  const workers = workersOf(app);
  process.kill(app.pid(), 'SIGUSR2');
  const [, next] = await app.run.says(/upgrade: process (\d+) starts/);
  await app.run.listening(4);
  process.kill(app.pid(), 'SIGTERM');
  await app.run.says(/leaving: all is served/);
  await app.gone(Number(next));
  await servesOn(t, app, workers);
  process.kill(app.pid(), 'SIGUSR2');
  await app.run.says(/^rondo: A stop has begun$/m);
  const again = setInterval(() => process.kill(app.pid(), 'SIGTERM'), 400);
  t.teardown(() => clearInterval(again));
  await app.run.says(/^rondo: stopping$/m);
  clearInterval(again);
  t.equal(await app.run.end, 0);
});
