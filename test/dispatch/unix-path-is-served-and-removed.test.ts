// A Unix socket: its mode is in force, the file of a dead process is replaced, that of a living one is
// not, and at the end, by close() or by exit, the file is gone.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type Test, test } from 'tap';
import { startPrimary } from '../fixtures/faults.js';
import { nativeOnly, openDeck, transports } from '../fixtures/harness.js';

/** Short enough for a socket, wherever the tests are. */
function pathIn(t: Test): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return path.join(directory, 'test.sock');
}

const readPath = (place: string) => text(net.connect(place));

for (const transport of transports()) {
  test(`${transport}: served, with its mode, and removed`, async (t) => {
    const { dispatcher, worker: start } = await openDeck(t, { transport });
    const place = pathIn(t);
    for (const mode of [0o600, 0o666, 0o000]) {
      const listener = await dispatcher.listen({ path: place, name: 'unix', mode });
      t.equal(listener.address(), place);
      const { mode: got } = statSync(place);
      t.equal(got & 0o777, mode);
      const worker = await start(['line', '--listener=unix']);
      t.equal((await worker.event('listening')).address, place);
      // Whoever owns it can connect only if it is writable; root always can.
      if (mode !== 0 || process.getuid?.() === 0) {
        t.equal(await readPath(place), `${worker.pid}\n`);
      }
      await worker.kill();
      await listener.close();
      t.notOk(existsSync(place), 'removed at close');
    }
  });

  test(`${transport}: without a mode, the umask decides`, async (t) => {
    const { dispatcher } = await openDeck(t, { transport });
    const place = pathIn(t);
    const umask = process.umask(0o027);
    t.teardown(() => process.umask(umask));
    await dispatcher.listen({ path: place, name: 'unix' });
    t.equal(statSync(place).mode & 0o777, 0o750);
    await dispatcher.close();
    t.notOk(existsSync(place), 'removed at close of the dispatcher');
  });

  test(`${transport}: removed at exit`, async (t) => {
    const place = pathIn(t);
    const dispatcher = { transport };
    const primary = await startPrimary(t, { dispatcher, listen: { path: place } });
    t.equal(await readPath(place), `${primary.workers[0]}\n`);
    primary.send({ do: 'exit', code: 0 });
    await once(primary.child, 'exit');
    t.notOk(existsSync(place));
  });

  test(`${transport}: in use`, async (t) => {
    const { dispatcher } = await openDeck(t, { transport });
    const place = pathIn(t);
    const server = net.createServer((socket) => socket.end('mine\n'));
    await once(server.listen(place), 'listening');
    await t.rejects(dispatcher.listen({ path: place, name: 'unix' }), { code: 'EADDRINUSE' });
    t.equal(await readPath(place), 'mine\n', 'it still serves');
    server.close();
  });

  test(`${transport}: an abstract name`, async (t) => {
    const { dispatcher, worker: start } = await openDeck(t, { transport });
    const place = `\0rondo-test-${process.pid}-${transport}`;
    const listener = await dispatcher.listen({ path: place, name: 'unix' });
    t.equal(listener.address(), place);
    const worker = await start(['line', '--listener=unix']);
    if (transport === 'native') t.ok(abstractNames().includes(place.replace('\0', '@')));
    // Some versions of Node connect to a name that is padded with zeros, and listen on such a one.
    if (transport === 'ipc' || !(await nodePadsNames())) {
      t.equal(await readPath(place), `${worker.pid}\n`);
    }
  });
}

/** As proc(5) shows them: zeros as @. */
function abstractNames(): string[] {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  return lines.map((line) => line.split(' ').at(-1) ?? '');
}

async function nodePadsNames(): Promise<boolean> {
  const server = net.createServer();
  await once(server.listen(`\0rondo-probe-${process.pid}`), 'listening');
  const isExact = abstractNames().includes(`@rondo-probe-${process.pid}`);
  server.close();
  return !isExact;
}

/** Leaves the socket file of a process that is dead. */
async function leaveStale(place: string): Promise<void> {
  const program = `require('node:net').createServer().listen(process.argv[1], () => {
    process.kill(process.pid, 'SIGKILL');
  })`;
  await once(spawn(process.execPath, ['-e', program, place]), 'exit');
}

test("native: a dead process's file is replaced", nativeOnly, async (t) => {
  const { dispatcher, worker: start } = await openDeck(t, { transport: 'native' });
  const place = pathIn(t);
  await leaveStale(place);
  t.ok(existsSync(place));
  await dispatcher.listen({ path: place, name: 'unix' });
  const worker = await start(['line', '--listener=unix']);
  t.equal(await readPath(place), `${worker.pid}\n`);
});

test('native: a file that is no socket stays', nativeOnly, async (t) => {
  const { dispatcher } = await openDeck(t, { transport: 'native' });
  const place = pathIn(t);
  writeFileSync(place, 'precious');
  await t.rejects(dispatcher.listen({ path: place, name: 'unix' }), { code: 'EADDRINUSE' });
  t.equal(readFileSync(place, 'utf8'), 'precious');
});

test("native: another's file of the same path stays", nativeOnly, async (t) => {
  const { dispatcher } = await openDeck(t, { transport: 'native' });
  const place = pathIn(t);
  const listener = await dispatcher.listen({ path: place, name: 'unix' });
  rmSync(place);
  const server = net.createServer((socket) => socket.end('mine\n'));
  await once(server.listen(place), 'listening');
  await listener.close();
  t.equal(await readPath(place), 'mine\n');
  server.close();
});
