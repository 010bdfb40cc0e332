// A socket that a worker gives to a child of its own, by `child.send(message, socket)`, is that child's: it is not
// counted as open; a drain waits for it, since the child may not live longer than its parent, and not longer
// than for others.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { preloaded, settledStats, startProgram, total } from '../fixtures/cluster.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture, hold, nativeOnly, transports } from '../fixtures/harness.js';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const PROGRAM = fixture('gives-sockets.mjs');

for (const transport of transports()) {
  test(`counted, ${transport}`, nativeOnly, async (t) => {
    const program = await startProgram(t, preloaded, {
      workers: 1,
      processEnv: { RONDO_TRANSPORT: transport },
    });
    const given = await program.worker(
      1,
      async ({ childProcess, net, once }, file) => {
        const child = childProcess.fork(file, ['child']);
        await once(child, 'message');
        const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
        server.on('connection', (socket) => child.send('socket', socket));
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        return { port: (server.address() as { port: number }).port, pid: child.pid };
      },
      PROGRAM,
    );
    const { port, pid } = given as { port: number; pid: number };
    const held = [await hold(port), await hold(port)];
    t.strictSame(
      held.map(({ line }) => Number(line)),
      [pid, pid],
    );
    await until('none is open', async () => total(await program.stats(), 'open') === 0);
    t.equal(total(await settledStats(program), 'received'), 2);
    for (const { socket } of held) {
      socket.end('more');
      const [chunk] = await once(socket, 'data');
      t.equal(`${chunk}`, 'more');
      await once(socket, 'close');
    }
    t.equal(total(await program.stats(), 'open'), 0);
  });
}

interface Log {
  has(event: string): boolean;
  /** The first with that name. */
  find(event: string): Record<string, unknown> | undefined;
}

/** `rondo start` with one worker. */
async function start(
  t: Test,
  options: string[],
): Promise<{ child: ChildProcess; port: number; log: Log }> {
  const args = [CLI, 'start', '--workers', '1', ...options, '--json', PROGRAM];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(async () => {
    if (child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
  });
  const ports = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const lines: Array<Record<string, unknown>> = [];
  // What else is on stderr is the workers', or Node's.
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('{"time":')) lines.push(JSON.parse(line));
  });
  const port = Number((await ports.next()).value.split(' ')[1]);
  const find = (wanted: string) => lines.find(({ event }) => event === wanted);
  return { child, port, log: { find, has: (wanted) => find(wanted) !== undefined } };
}

test('reload', nativeOnly, async (t) => {
  const { child, port, log } = await start(t, ['--min-uptime', '100']);
  const old = await hold(port);
  child.kill('SIGHUP');
  await until('the old worker drains', () => log.has('worker:draining'));
  old.socket.write('more');
  const [chunk] = await once(old.socket, 'data');
  t.equal(`${chunk}`, 'more', 'the connection goes on');
  t.notOk(log.has('worker:exited'), 'it is waited for');
  old.socket.end();
  await until('the old worker ends', () => log.has('worker:exited'));
  t.match(log.find('worker:exited'), { code: 0, signal: null }, 'and no longer');
});

test('one that stays open', nativeOnly, async (t) => {
  const { child, port, log } = await start(t, [
    '--drain-timeout',
    '300',
    '--kill-timeout',
    '60000',
  ]);
  const { socket, line } = await hold(port);
  child.kill();
  t.strictSame(await once(child, 'exit'), [0, null]);
  t.match(log.find('worker:exited'), { code: 0, signal: null }, 'its worker is not killed');
  socket.write('more');
  const [chunk] = await once(socket, 'data');
  t.equal(`${chunk}`, 'more', "the connection is the child's");
  socket.end();
  await once(socket, 'close');
  await until('the child ends', () => !isAlive(Number(line)));
});
