// Listening sockets are given to systemd's file descriptor store when they are opened, and taken from it when they
// are closed. When rondo has been killed and is started again, it has the same sockets, with all that waits in them.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type Test, test } from 'tap';
import { BIN, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { freePort } from '../fixtures/free-port.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { APP } from '../fixtures/upgrade.js';

const hasPython = spawnSync('python3', ['--version']).status === 0;
const options = hasPython ? nativeOnly : { skip: 'needs python3' };

interface News {
  started?: number;
  names?: string[];
  told?: string[];
  store?: string[];
}

interface Service {
  news(): News[];
  /** The present main process. */
  pid(): number;
  port: number;
}

/** Under a service manager that has nothing but a store. */
async function serve(t: Test, args: string[], env: NodeJS.ProcessEnv): Promise<Service> {
  const name = path.join(temporaryDirectory(t), 'notify');
  const words = [fixture('fd-store.py'), name, process.execPath, BIN, 'start', '-w', '2', ...args];
  const child = spawn('python3', words, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const out = linesOf(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  // The program writes there, too.
  const news = (): News[] =>
    out().flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as News] : []));
  const mains = (): number[] =>
    news().flatMap(({ started, told = [] }) => {
      const passed = told.flatMap((line) => /^MAINPID=(\d+)$/.exec(line)?.[1] ?? []);
      return [started ?? [], passed.map(Number)].flat();
    });
  t.teardown(async () => {
    const exit = once(child, 'close');
    child.stdin.end();
    child.kill('SIGKILL');
    for (const pid of mains()) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await exit;
  });
  await until('it is ready', () => news().some(({ told }) => told?.includes('READY=1') === true));
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(log)?.[1]);
  return { news, pid: () => mains().at(-1) as number, port };
}

function linesOf(child: ChildProcess): () => string[] {
  let printed = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  return () => printed.split('\n').slice(0, -1);
}

async function parentAt(where: { port: number } | { socketPath: string }): Promise<number> {
  const request = http.get({ host: '127.0.0.1', agent: false, ...where });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return (JSON.parse(await text(response)) as { parent: number }).parent;
}

const told = (service: Service, line: string): number =>
  service.news().filter((news) => news.told?.[0] === line).length;

test('killed, upgraded, and killed again', options, async (t) => {
  const UNIX_PATH = path.join(temporaryDirectory(t), 'socket');
  const env = { UNIX_PATH, FDSTORE: '16' };
  const service = await serve(t, [APP, '--min-uptime', '100'], env);
  await until('both are stored', () => service.news().at(-1)?.store?.length === 2);
  const { ino } = lstatSync(UNIX_PATH);

  const crash = async (): Promise<void> => {
    const old = service.pid();
    const starts = told(service, 'READY=1');
    process.kill(old, 'SIGKILL');
    await until('it has ended', () => !isAlive(old));
    // At a time when no process of it is there, or is not yet ready.
    const [byPort, byPath] = await Promise.all([
      parentAt({ port: service.port }),
      parentAt({ socketPath: UNIX_PATH }),
    ]);
    t.not(byPort, old);
    t.equal(byPort, service.pid(), 'what came to the port meanwhile is served by the next one');
    t.equal(byPath, service.pid(), 'and what came to the path');
    t.equal(lstatSync(UNIX_PATH).ino, ino, 'which is the same file');
    await until('the start is over', () => told(service, 'READY=1') > starts);
  };
  await crash();
  t.equal(told(service, 'FDSTORE=1'), 2, 'what it has is not stored again');

  const old = service.pid();
  process.kill(old, 'SIGUSR2');
  await until('it is replaced', () => service.pid() !== old);
  await until('the old one has ended', () => !isAlive(old));
  t.equal(told(service, 'STOPPING=1'), 0, 'the service does not stop');
  await crash();
  t.equal(told(service, 'FDSTORE=1'), 2);
  t.equal(told(service, 'FDSTOREREMOVE=1'), 0);
  const last = service.pid();
  process.kill(last, 'SIGTERM');
  await until('it stops', () => !isAlive(last));
  t.equal(told(service, 'FDSTOREREMOVE=1'), 0, 'a restart finds them');
});

test('what is closed is taken away', options, async (t) => {
  const port = await freePort();
  // Listens elsewhere when it is asked to.
  const app = path.join(temporaryDirectory(t), 'app.cjs');
  const server = (at: number): string =>
    `require('node:http').createServer((_, response) => response.end()).listen(${at}, '127.0.0.1');`;
  writeFileSync(app, server(0));
  const words = [app, '--min-uptime', '50', '--start-timeout', '2000', '--fd-store'];
  const service = await serve(t, words, {});
  await until('it is stored', () => service.news().at(-1)?.store?.length === 1);
  const [before] = service.news().at(-1)?.store ?? [];
  writeFileSync(app, server(port));
  process.kill(service.pid(), 'SIGHUP');
  await until('it is taken away', () => told(service, 'FDSTOREREMOVE=1') === 1);
  const [after, ...others] = service.news().at(-1)?.store ?? [];
  t.strictSame(others, []);
  t.ok(after !== undefined && after !== before, 'the other address is stored');

  writeFileSync(app, server(0));
  process.kill(service.pid(), 'SIGKILL');
  await until(
    'what no worker wants after a crash is taken away',
    () => told(service, 'FDSTOREREMOVE=1') === 2,
  );
});

test('an address that is late', options, async (t) => {
  const STEPS_PATH = path.join(temporaryDirectory(t), 'socket');
  const service = await serve(t, [fixture('listens-in-steps.mjs'), '--fd-store'], { STEPS_PATH });
  await until('both are stored', () => service.news().at(-1)?.store?.length === 2);
  const starts = told(service, 'READY=1');
  process.kill(service.pid(), 'SIGKILL');
  // 700 ms after the other one, when the start is over.
  await until('it has started again', () => told(service, 'READY=1') > starts);
  const request = http.get({ socketPath: STEPS_PATH, agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  t.equal(response.statusCode, 200, 'is not closed before a worker listens there');
  t.equal(told(service, 'FDSTOREREMOVE=1'), 0);
});
