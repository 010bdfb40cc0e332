// What there is once passes to the new process: the pid file, and what systemd is told. So do TLS sessions and the number
// of workers; the program, and where it is, are those of now.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { ControlClient } from 'rondo/control';
import { test } from 'tap';
import { ask, runCli, temporaryDirectory, writeServer } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture, nativeOnly, transports } from '../fixtures/harness.js';
import { APP, startUpgradable } from '../fixtures/upgrade.js';

const hasPython = spawnSync('python3', ['--version']).status === 0;
const withSystemd = hasPython ? nativeOnly : { skip: 'needs python3' };

test('pid file, number of workers, release', async (t) => {
  const directory = temporaryDirectory(t);
  for (const release of ['one', 'two']) {
    mkdirSync(path.join(directory, release));
    writeServer(path.join(directory, release, 'app.cjs'), release);
  }
  const link = path.join(directory, 'current');
  symlinkSync('one', link);
  const args = ['current/app.cjs', '--pidfile', 'pid'];
  // As a shell has it.
  const app = await startUpgradable(t, args, { PWD: directory }, { cwd: directory });
  const pidFile = path.join(directory, 'pid');
  app.run.child.kill('SIGTTIN');
  await app.run.listening(3);
  symlinkSync('two', `${link}.next`);
  renameSync(`${link}.next`, link);
  const next = await app.upgrade();
  t.equal(readFileSync(pidFile, 'utf8'), `${next}\n`);
  t.equal(await app.run.says(/worker 2 \(pid \d+\) drains \(upgrade\)/).then(() => 3), 3);
  await app.gone(app.run.child.pid as number);
  t.equal(readFileSync(pidFile, 'utf8'), `${next}\n`, 'the old one leaves it alone');
  t.equal(app.run.workers().length, 6, 'as many workers as there were, not as at the start');
  for (let i = 0; i < 4; i++) t.equal(await ask(app.port), 'two');
  await app.stop();
  t.throws(() => readFileSync(pidFile), { code: 'ENOENT' }, 'the new one removes it');
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`${version} sessions`, async (t) => {
    const file = path.join(temporaryDirectory(t), 'app.cjs');
    const [cert, key] = ['cert', 'key'].map((name) => fixture(`localhost-${name}.pem`));
    writeFileSync(
      file,
      `const { readFileSync } = require('node:fs');
      const pair = { cert: readFileSync(${JSON.stringify(cert)}), key: readFileSync(${JSON.stringify(key)}) };
      require('node:tls').createServer(pair, (socket) => socket.end(String(process.ppid))).listen(0, '127.0.0.1');`,
    );
    const [transport] = transports();
    const app = await startUpgradable(t, [file], { RONDO_TRANSPORT: transport });
    const ca = readFileSync(cert as string);
    const visit = async (session?: Buffer) => {
      const socket = tls.connect({
        ...{ host: '127.0.0.1', port: app.port, ca, minVersion: version, maxVersion: version },
        ...(session !== undefined && { session }),
      });
      let latest = session;
      let isReused = false;
      socket.on('session', (ticket: Buffer) => {
        latest = ticket;
      });
      socket.on('secureConnect', () => {
        isReused = socket.isSessionReused();
      });
      return { pid: Number(await text(socket)), isReused, session: latest };
    };
    const begun = await visit();
    t.strictSame([begun.pid, begun.isReused], [app.pid(), false]);
    const old = app.pid();
    await app.upgrade();
    await app.gone(old);
    const resumed = await visit(begun.session);
    t.strictSame([resumed.pid, resumed.isReused], [app.pid(), true]);
    await app.stop();
  });
}

test('what is changed while the new process starts', nativeOnly, async (t) => {
  const control = path.join(temporaryDirectory(t), 'control.sock');
  const app = await startUpgradable(t, [APP, '--control', control]);
  const client = new ControlClient({ path: control });
  const upgraded = client.upgrade();
  await app.run.says(/^rondo: upgrade: /m);
  await client.configureSeat(1, { weight: 3 });
  await client.configureListener(`127.0.0.1:${app.port}`, { maxConnections: 50 });
  await client.configure({ window: 7 });
  await client.pause();
  t.match(await upgraded, { pid: Number });
  await until('it is replaced', () => app.run.stderr().match(/has replaced/g)?.length === 1);
  t.match(await client.status(), {
    pid: app.pid(),
    seats: [{ weight: 1 }, { weight: 3 }],
    listeners: [{ paused: true }],
    dealing: { window: 7 },
  });
  await client.resume();
  t.not(await ask(app.port), '');
  await app.stop();
});

test('what is set back while the new process starts', nativeOnly, async (t) => {
  const control = path.join(temporaryDirectory(t), 'control.sock');
  const app = await startUpgradable(t, [APP, '--control', control, '--window', '5']);
  const client = new ControlClient({ path: control });
  await client.configure({ window: 9, policy: 'least-connections' });
  const upgraded = client.upgrade();
  await app.run.says(/^rondo: upgrade: /m);
  await client.configure({ window: 5 });
  t.match(await upgraded, { pid: Number });
  await until('it is replaced', () => app.run.stderr().match(/has replaced/g)?.length === 1);
  t.match(await client.status(), {
    pid: app.pid(),
    dealing: { window: 5, policy: 'least-connections' },
  });
  await app.stop();
});

test('a number of workers that was said after that of the file', async (t) => {
  const directory = temporaryDirectory(t);
  const [config, control] = ['rondo.json', 'control.sock'].map((one) => path.join(directory, one));
  const say = (workers: number): void =>
    writeFileSync(config as string, JSON.stringify({ workers, minUptimeMs: 100 }));
  say(1);
  const args = ['start', APP, '--config', config, '--control', control] as string[];
  const run = runCli(t, args, { RONDO_TRANSPORT: transports()[0] });
  await run.listening(1);
  say(2);
  await run.listening(2);
  const client = new ControlClient({ path: control as string });
  await client.scale(3);
  const { pid } = await client.upgrade();
  t.teardown(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  await until('it is replaced', async () => (await client.status()).pid === pid);
  t.equal((await client.status()).seats.length, 3);
  process.kill(pid, 'SIGTERM');
  await until('it is gone', () => !isAlive(pid));
});

test('the control socket, and the port of the metrics', nativeOnly, async (t) => {
  const control = path.join(temporaryDirectory(t), 'control.sock');
  const app = await startUpgradable(t, [APP, '--control', control, '--metrics', '0']);
  const [, metrics] = await app.run.says(/metrics at http:\/\/127\.0\.0\.1:(\d+)/);
  const client = new ControlClient({ path: control });
  const first = app.pid();
  t.match(await client.status(), { pid: first });
  t.match(await client.upgrade(), { pid: Number }, 'the old one answers when it is done');
  await until('it is replaced', () => app.pid() !== first);
  await app.gone(first);
  t.match(await client.status(), { pid: app.pid() }, 'the new one is asked there');
  await client.configureSeat(1, { weight: 3 });
  await client.configureListener(`127.0.0.1:${app.port}`, { policy: 'random', maxConnections: 50 });
  await client.pause();
  const ready = await fetch(`http://127.0.0.1:${metrics}/ready`, {
    headers: { connection: 'close' },
  });
  t.equal(ready.status, 200);
  t.match(await client.upgrade(), { pid: Number }, 'and again');
  await until(
    'it is replaced once more',
    () => app.run.stderr().match(/has replaced/g)?.length === 2,
  );
  const status = await client.status();
  t.match(status, {
    pid: app.pid(),
    seats: [{ weight: 1 }, { weight: 3 }],
    listeners: [{ paused: true, policy: 'random' }],
  });
  await client.resume();
  t.match(
    JSON.parse(await ask(app.port)),
    { parent: app.pid() },
    'what was paused is served again',
  );
  await app.stop();
  t.equal(existsSync(control), false, 'it is removed with the last one');
});

test('systemd', withSystemd, async (t) => {
  const name = path.join(temporaryDirectory(t), 'notify');
  const receiver = spawn('python3', [fixture('cli-notify.py'), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(async () => {
    const exit = once(receiver, 'exit');
    receiver.kill('SIGKILL');
    await exit;
  });
  let printed = '';
  receiver.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  await until('it receives', () => printed.startsWith('bound\n'));
  const told = (): string[] =>
    printed
      .split('\n')
      .slice(1, -1)
      .map((line) => (JSON.parse(line) as string[])[0] as string)
      .filter((line) => !/^(?:STATUS|EXTEND_TIMEOUT_USEC)=/.test(line));
  const file = path.join(temporaryDirectory(t), 'app.cjs');
  writeFileSync(file, readFileSync(APP));
  const app = await startUpgradable(t, [file], { NOTIFY_SOCKET: name, WATCHDOG_USEC: '600000000' });
  await until('it is ready', () => told().includes('READY=1'));
  const next = await app.upgrade();
  await app.gone(app.run.child.pid as number);
  await until('it is told', () => told().length >= 4);
  t.strictSame(told(), ['READY=1', 'RELOADING=1', `MAINPID=${next}`, 'READY=1']);
  t.match(
    printed,
    `"READY=1", "MAINPID=${next}"`,
    'by the new one, which is the main process then',
  );

  writeFileSync(file, 'process.exit(7)');
  await app.fail();
  await until('it is told', () => told().length >= 6);
  t.strictSame(told().slice(4), ['RELOADING=1', 'READY=1'], 'of one that fails');
  await app.stop();
  t.strictSame(told().slice(6), ['STOPPING=1']);
});
