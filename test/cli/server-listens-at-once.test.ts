// When listen() has returned, a server is listening and has its address, as in plain Node; close() closes it before anybody
// has answered; and a program ends when nothing keeps it, such as a server that is closed, or let go of by unref().

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { type Test, test } from 'tap';
import { BIN, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { freePort } from '../fixtures/free-port.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const PROGRAM = fixture('listens-at-once.mjs');
const START = [BIN, 'start', '-w', '1', '--max-restarts', '0', '--control', 'off'];

/** What it prints, in plain Node and as a worker. */
function run(t: Test, program: string, args: string[]): { plain: string; stderr: string } {
  const plain = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  const words = [...START, program, '--', ...args];
  const started = spawnSync(process.execPath, words, { encoding: 'utf8' });
  t.equal(started.stdout, plain.stdout, started.stderr);
  return { plain: plain.stdout, stderr: started.stderr };
}

const WHERE = {
  'a port': async () => [String(await freePort())],
  'a port and a host': async () => [String(await freePort()), '127.0.0.1'],
  'a port and a host of IPv6': async () => [String(await freePort()), '::1'],
  'a path': async (directory: string) => [path.join(directory, 'socket')],
};

for (const [name, place] of Object.entries(WHERE)) {
  test(name, nativeOnly, async (t) => {
    const where = await place(temporaryDirectory(t));
    const { plain, stderr } = run(t, PROGRAM, where);
    // A host is looked up first.
    if (where.length === 1) t.match(plain, /^listening: true\naddress: .*\nagain: "ERR_/);
    t.match(plain, /exit: 0\n$/);
    t.match(stderr, /ended with code 0 .*\(exit\)/, 'it has ended by itself');
  });
}

test('closed before the answer', nativeOnly, async (t) => {
  const holder = net.createServer().listen(0);
  await once(holder, 'listening');
  t.teardown(() => void holder.close());
  const { port } = holder.address() as net.AddressInfo;
  const { plain } = run(t, fixture('closes-at-once.mjs'), [String(port), String(await freePort())]);
  t.equal(plain, 'taken: listen EADDRINUSE\nfree: served\nclosed\n');
});

test('again and again in vain', nativeOnly, async (t) => {
  const holder = net.createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => void holder.close());
  const { port } = holder.address() as net.AddressInfo;
  const { plain } = run(t, fixture('fails-to-listen-again.mjs'), [String(port)]);
  t.equal(plain, 'bound: true\nEADDRINUSE\nlisteners: 0\n');
});

test('listeners that come and go', nativeOnly, async (t) => {
  const holder = net.createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => void holder.close());
  const { port } = holder.address() as net.AddressInfo;
  const { plain } = run(t, fixture('counts-listeners-of-its-server.mjs'), [String(port)]);
  t.match(plain, /\+error .*-error .*called back/);
});

test('a callback of listen() that throws', nativeOnly, async (t) => {
  const run = runCli(t, ['start', '-w', '1', fixture('throws-when-it-listens.mjs')]);
  const port = await run.listening(1);
  t.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'served');
  t.equal(run.stdout(), 'handled: the fault\n');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});
