// To what has started it, a process of several programs is one: systemd and a parent with a channel hear that it is
// ready when all programs are, its sockets are each program's, and as PID 1 it leaves no zombie.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { type Test, test } from 'tap';
import { ask, BIN, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { QUICK, runPrograms } from '../fixtures/programs.js';

const SOCKETS = fixture('cli-sockets.mjs');
const hasPython = spawnSync('python3', ['--version']).status === 0;

async function endOf(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Returns what gives all datagrams so far. */
async function receiveAt(t: Test, name: string): Promise<() => string[][]> {
  const child = spawn('python3', [fixture('cli-notify.py'), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => endOf(child));
  let printed = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  await until('it receives', () => printed.startsWith('bound\n'));
  return () =>
    printed
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line) as string[]);
}

test('systemd', hasPython ? nativeOnly : { skip: 'needs python3' }, async (t) => {
  const name = path.join(temporaryDirectory(t), 'notify');
  const told = await receiveAt(t, name);
  const isTold = (line: string): boolean => told().some((lines) => lines.includes(line));
  const slow = { env: { APP_READY_AFTER_MS: '300' }, readyWhen: 'message' };
  const { run } = runPrograms(t, { web: {}, slow }, [], { NOTIFY_SOCKET: name });
  await until('it is ready', () => isTold('READY=1'));
  const start = told().flat();
  const first = start.indexOf('STATUS=1 of 2 programs ready');
  t.ok(first >= 0 && first < start.indexOf('READY=1'), 'one of them is not enough');
  t.match(run.stderr(), /^rondo: slow: ready$/m);
  t.strictSame(
    told().find((lines) => lines.includes('READY=1')),
    ['READY=1', `MAINPID=${run.child.pid}`, 'STATUS=2 of 2 programs ready'],
  );
  const before = told().length;
  run.child.kill('SIGHUP');
  const since = (): string[] => told().slice(before).flat();
  await until('the reload is over', () => since().includes('READY=1'));
  t.ok(since().indexOf('RELOADING=1') < since().indexOf('READY=1'));
  for (const one of ['web', 'slow']) {
    t.match(
      run.stderr(),
      new RegExp(`^rondo: ${one}: reload: done$`, 'm'),
      'not before that of all',
    );
  }
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  await until('its end is told', () => isTold('STOPPING=1'));
  t.equal(
    told()
      .flat()
      .filter((line) => line.startsWith('MAINPID=')).length,
    1,
    'by it alone',
  );
});

test('a parent with a channel', async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.json');
  const talking = { exec: fixture('talking-app.mjs'), ...QUICK };
  writeFileSync(file, JSON.stringify({ programs: { one: talking, two: talking } }));
  const args = [BIN, 'start', '--config', file];
  const run = runCli(t, args, {}, { bin: fixture('parent.mjs'), stdin: 'pipe' });
  const messages = (): unknown[] =>
    [...run.stdout().matchAll(/^["{].*$/gm)].map(([line]) => JSON.parse(line));
  await until('it is ready', () => messages().includes('ready'));
  t.match(run.stderr(), /^rondo: (one|two): ready$[\s\S]*^rondo: (one|two): ready$/m);
  run.child.stdin?.write('"hello"\n');
  await until('both have answered', () => messages().length >= 3);
  t.match(messages(), ['ready', { heard: 'hello' }, { heard: 'hello' }]);
  run.child.stdin?.write('"shutdown"\n');
  await until('it ends', () => /^exit 0$/m.test(run.stdout()));
  t.strictSame(messages().length, 3, "'ready' was said once");
  run.child.stdin?.end();
  run.child.kill();
  await run.end;
});

test('its sockets', nativeOnly, async (t) => {
  const servers = [net.createServer(), net.createServer()];
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  const { run, port } = runPrograms(
    t,
    {
      port: { exec: SOCKETS, env: { PORT: String(ports[0]) } },
      name: { exec: SOCKETS, env: { NAMES: 'api' } },
    },
    [],
    { LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:api' },
    {
      through: ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh'],
      fds: servers.map((server) => (server as unknown as { _handle: { fd: number } })._handle.fd),
    },
  );
  for (const server of servers) server.close();
  t.equal(await port('port'), ports[0]);
  t.match(JSON.parse(await ask(ports[0] as number)), { by: 'port', left: [] });
  await run.says(/^rondo: name: worker 0 .* ready/m);
  t.match(JSON.parse(await ask(ports[1] as number)), { by: 'api', left: [] });
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const isPermitted = spawnSync(UNSHARE[0] as string, [...UNSHARE.slice(1), 'true']).status === 0;

test('PID 1', isPermitted ? nativeOnly : { skip: 'needs a PID namespace' }, async (t) => {
  const app = { exec: fixture('cli-orphans.mjs') };
  const through = { through: UNSHARE, hasOtherPids: true };
  const { run, port } = runPrograms(t, { web: app, api: app }, [], {}, through);
  const outer = run.child.pid;
  const web = await port('web');
  await port('api');
  const first = Number(readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim());
  process.kill(first, 'SIGHUP');
  await run.says(/^rondo: web: reload: done$/m);
  await run.says(/^rondo: api: reload: done$/m);
  const left: string[] = [];
  for (let i = 0; i < 3; i++) left.push(await ask(web, '/orphan'));
  type Process = { pid: number; state: string };
  await until('orphans are gone', async () => {
    const all = JSON.parse(await ask(web, '/processes')) as Process[];
    return !all.some(({ pid, state }) => left.includes(String(pid)) || state === 'Z');
  });
  process.kill(first, 'SIGTERM');
  t.equal(await run.end, 0);
  await until('it is gone', () => !isAlive(first));
});
