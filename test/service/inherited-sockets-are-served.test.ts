// Sockets that the service manager has opened (sd_listen_fds(3)) are served, also what came before the
// workers were there: by a program that listens at their address, or at their fd, or attaches a server
// by their name.

import { once } from 'node:events';
import { closeSync, openSync, renameSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type Test, test } from 'tap';
import { type Run, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { fixture, nativeOnly, transports } from '../fixtures/harness.js';

const APP = fixture('cli-sockets.mjs');
/** As the service manager gives them to a program; LISTEN_PID is its pid. */
const VARIABLES = ['LISTEN_FDNAMES', 'LISTEN_FDS', 'LISTEN_PID'];

type Listening = net.Server & { _handle: { fd: number } };

interface Answer {
  pid: number;
  by: string;
  left: string[];
}

async function ask(where: { port?: number; socketPath?: string }, path = '/'): Promise<Answer> {
  const request = http.get({ host: '127.0.0.1', path, agent: false, ...where });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return JSON.parse(await text(response)) as Answer;
}

/** As a service manager starts it, who then keeps nothing of the sockets. */
function activate(
  t: Test,
  servers: net.Server[],
  env: NodeJS.ProcessEnv,
  args: string[] = [],
  pid = '$$',
): Run {
  const run = runCli(
    t,
    ['start', APP, '-w', '2', '--max-restarts', '0', ...args],
    { LISTEN_FDS: String(servers.length), ...env },
    {
      through: ['sh', '-c', `LISTEN_PID=${pid} exec "$@"`, 'sh'],
      fds: servers.map((server) => (server as Listening)._handle.fd),
    },
  );
  for (const server of servers) server.close();
  return run;
}

async function opened(where: string | number): Promise<net.Server> {
  const server = net.createServer();
  if (typeof where === 'string') server.listen(where);
  else server.listen(where, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}

async function pids(port: number): Promise<Set<number>> {
  const answers = [];
  for (let i = 0; i < 10; i++) answers.push(await ask({ port }));
  return new Set(answers.map(({ pid }) => pid));
}

for (const transport of transports()) {
  const env = { RONDO_TRANSPORT: transport };

  test(`${transport}: at its address`, async (t) => {
    const server = await opened(0);
    const port = portOf(server);
    const run = activate(t, [server], { ...env, PORT: String(port) });
    const early = ask({ port });
    await run.listening(2);
    t.match(
      await early,
      { by: 'port', left: VARIABLES },
      'those of the service are not the workers’',
    );
    t.equal((await pids(port)).size, 2);
    run.child.kill('SIGHUP');
    await run.says(/^rondo: reload: done$/m);
    t.equal((await pids(port)).size, 2, 'after a reload');
    run.child.kill('SIGTERM');
    t.equal(await run.end, 0);
    await t.rejects(ask({ port }), { code: 'ECONNREFUSED' });
  });

  test(`${transport}: at its fd`, async (t) => {
    const server = await opened(0);
    const port = portOf(server);
    const run = activate(t, [server], { ...env, FD: '3' });
    t.match(await ask({ port }), { by: 'fd' });
    await run.listening(2);
    t.equal((await pids(port)).size, 2);
  });

  test(`${transport}: by a program that looks for it`, async (t) => {
    const server = await opened(0);
    const port = portOf(server);
    const run = activate(t, [server], { ...env, IS_ACTIVATED: '1' });
    await run.listening(2);
    t.match(await ask({ port }), { by: 'activation', left: VARIABLES });
    if (transport !== 'native') return;
    run.child.kill('SIGUSR2');
    const [, next = ''] = await run.says(/process (\d+) has replaced process/);
    t.teardown(() => process.kill(Number(next), 'SIGKILL'));
    t.match(await ask({ port }), { by: 'activation' }, 'after an upgrade');
    t.equal((await pids(port)).size, 2);
  });

  test(`${transport}: by its name`, async (t) => {
    const servers = [await opened(0), await opened(0), await opened(0)];
    const ports = servers.map(portOf);
    const names = 'web web:5 fd4';
    const run = activate(t, servers, { ...env, LISTEN_FDNAMES: 'web::web', NAMES: names });
    const answers = await Promise.all(ports.map((port) => ask({ port })));
    t.strictSame(
      answers.map(({ by }) => by),
      ['web', 'fd4', 'web:5'],
      'one without a name, and one that has the name of another',
    );
    await run.listening(2);
  });

  test(`${transport}: when the last worker is gone`, async (t) => {
    const server = await opened(0);
    const port = portOf(server);
    const args = ['-w', '1', '--max-restarts', '9'];
    const run = activate(t, [server], { ...env, PORT: String(port) }, args);
    const { pid } = await ask({ port });
    await t.rejects(ask({ port }, '/exit'));
    t.not((await ask({ port })).pid, pid);
    await t.rejects(ask({ port }, '/exit'));
    await ask({ port });
    t.equal(run.stderr().match(/ended with code 7/g)?.length, 2);
  });

  test(`${transport}: not if they are somebody else's`, async (t) => {
    const server = await opened(0);
    const run = activate(t, [server], { ...env, PORT: String(portOf(server)) }, [], '1');
    t.equal(await run.end, 3);
    t.match(run.stderr(), /EADDRINUSE/);
  });
}

test('what does not listen', async (t) => {
  const none = runCli(
    t,
    ['start', APP],
    {},
    {
      through: ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh'],
    },
  );
  t.equal(await none.end, 1);
  t.equal(none.stderr(), 'rondo: The inherited fd 3 does not listen\n');
  const file = openSync(APP, 'r');
  t.teardown(() => closeSync(file));
  const server = await opened(0);
  const run = runCli(
    t,
    ['start', APP],
    {},
    {
      through: ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$@"', 'sh'],
      fds: [(server as Listening)._handle.fd, file],
    },
  );
  server.close();
  t.equal(await run.end, 1);
  t.equal(run.stderr(), 'rondo: The inherited fd 4 does not listen\n');
});

test('a Unix socket', nativeOnly, async (t) => {
  const place = path.join(temporaryDirectory(t), 'web.sock');
  const server = await opened(place);
  // Under another name, or close() would remove it.
  renameSync(place, `${place}.moved`);
  const run = activate(t, [server], { UNIX_PATH: place });
  renameSync(`${place}.moved`, place);
  t.match(await ask({ socketPath: place }), { by: 'path' });
  await run.listening(2);
});
