// A program that cannot listen, since its address is in use: `rondo start` says which process has it, and whether
// that is another rondo of the same program, such as one that a process manager has left behind.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { takenAddressIn } from '../../src/service/port-holder.js';
import { runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';

const SERVER = fixture('listens-at.mjs');
const onlyProc = existsSync('/proc/net/tcp') ? {} : { skip: 'needs /proc/net' };

/** A process that listens there; its pid and the port or path. */
async function holder(t: Test, ...place: string[]): Promise<{ pid: number; at: string }> {
  const child = spawn(process.execPath, [SERVER, ...place], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  const [at] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { pid: child.pid as number, at: at.trim() };
}

function args(...place: string[]): string[] {
  return ['start', SERVER, '-w', '1', '--max-restarts', '0', '--', ...place];
}

const hosts: Array<[held: string, wanted: string]> = [
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['127.0.0.1', '0.0.0.0'],
  ['::', '127.0.0.1'],
  ['::1', '::1'],
  ['127.0.0.1', '::'],
];

for (const [held, wanted] of hosts) {
  test(`${held} is held, ${wanted} is wanted`, onlyProc, async (t) => {
    const { pid, at } = await holder(t, '0', held);
    const run = runCli(t, args(at, wanted));
    t.equal(await run.end, 3);
    const [, address = ''] = /^rondo: (\S+) is held by /m.exec(run.stderr()) ?? [];
    t.match(run.stderr(), `${address} is held by process ${pid}: ${process.execPath} ${SERVER}`);
    t.match(address, new RegExp(`:${at}$`));
  });
}

test('another address of the same port', onlyProc, async (t) => {
  const other = await holder(t, '0', '127.0.0.2');
  const { pid } = await holder(t, other.at, '127.0.0.1');
  const run = runCli(t, args(other.at, '127.0.0.1'));
  t.equal(await run.end, 3);
  t.match(run.stderr(), ` is held by process ${pid}: `);
});

test('a path', onlyProc, async (t) => {
  const file = path.join(temporaryDirectory(t), 'app.sock');
  const { pid } = await holder(t, file);
  const run = runCli(t, args(file));
  t.equal(await run.end, 3);
  t.match(run.stderr(), `rondo: ${file} is held by process ${pid}: `);
  process.kill(pid, 'SIGKILL');
  await until('it is gone', () => !isAlive(pid));
  // With the native transport a file that is left behind is replaced.
  const after = runCli(t, args(file), { RONDO_NATIVE: '0' });
  t.equal(await after.end, 3);
  t.match(after.stderr(), `rondo: ${file} is there, but nobody listens at it: remove it\n`);
});

test('another rondo of the same program', onlyProc, async (t) => {
  const first = runCli(t, ['start', SERVER, '-w', '2', '--', '0', '127.0.0.1']);
  const port = await first.listening(2);
  const second = runCli(t, args(String(port), '127.0.0.1'));
  t.equal(await second.end, 3);
  const pid = first.child.pid;
  t.match(second.stderr(), `is held by process ${pid}, another 'rondo start' of this program: `);
});

test('the address in the text of an error', (t) => {
  const texts: Array<[text: string, address: string | null]> = [
    ['Error: bind EADDRINUSE 127.0.0.1:8000', '127.0.0.1:8000'],
    ['Error: listen EADDRINUSE: address already in use :::80\n    at here', ':::80'],
    ['failed\nError: bind EADDRINUSE null:80\nNode.js', 'null:80'],
    ['Error: listen EADDRINUSE: address already in use /run/a b.sock', '/run/a b.sock'],
    ['Error: listen EACCES: permission denied 0.0.0.0:80', null],
    ['port 80 is in use', null],
  ];
  for (const [text, address] of texts) t.equal(takenAddressIn(text), address, text);
  t.end();
});
