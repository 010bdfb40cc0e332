// Every way to call `server.listen` of fixtures/listen-rows.mjs has the outcome that it has in a worker of
// plain Node: the events, the error with all of its fields, the address, who can connect, the mode of
// a path's file, what is left after close(), and the primary's 'listening' event. With the preload; and with
// `rondo start` the outcome that it has in plain Node without a cluster. In this Node, or those of RONDO_NODES (paths, as in PATH). See also `npm run test:nodes`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { REGISTER } from '../fixtures/cluster.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const PROGRAM = fixture('listen-table.mjs');
const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const FDS = JSON.stringify({ tcp: 4, another: 5, path: 6, file: 7, pipe: 8 });

interface Table {
  rows: Record<string, unknown>;
  events: Record<string, unknown>;
}

interface Way {
  /** Before the program and after it. */
  args: [before: string[], after: string[]];
  env?: NodeJS.ProcessEnv;
}

const plainNode: Way = { args: [[], []] };
const alone: Way = { ...plainNode, env: { LISTEN_TABLE_ALONE: '1' } };
const preloaded: Way = { args: [['--import', REGISTER], []] };
const onIpc: Way = { ...preloaded, env: { RONDO_TRANSPORT: 'ipc' } };
const started: Way = {
  args: [[CLI, 'start', '--workers', '1', '--json'], ['--']],
  env: { LISTEN_TABLE_ALONE: '1' },
};

/** What listens is no socket in a worker, so another server cannot be given it. */
const SHARING = ['a server that shares its port', 'a server that shares its path'];

const nodes = (process.env.RONDO_NODES ?? process.execPath).split(path.delimiter);

/** Deep, so that a path in the directory above is no shorter from here. */
function workingDirectory(directory: string): string {
  const deep = path.join(directory, ...Array<string>(10).fill('deep'));
  mkdirSync(deep, { recursive: true });
  return deep;
}

/** Two of TCP and one of a path, whose file stays there when the servers here are closed. */
async function inheritedServers(directory: string): Promise<net.Server[]> {
  const where = path.join(directory, 'inherited');
  const servers = [net.createServer(), net.createServer(), net.createServer()] as const;
  servers[0].listen(0, '127.0.0.1');
  servers[1].listen(0, '127.0.0.1');
  servers[2].listen(where);
  await Promise.all(servers.map((server) => server.listening || once(server, 'listening')));
  renameSync(where, `${where}-aside`);
  servers[2].on('close', () => renameSync(`${where}-aside`, where));
  return [...servers];
}

function fdOf(server: net.Server): number {
  return (server as net.Server & { _handle: { fd: number } })._handle.fd;
}

async function runTable(t: Test, node: string, way: Way): Promise<Table> {
  const { args, env } = way;
  const directory = mkdtempSync(path.join(tmpdir(), 'listen-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const result = path.join(directory, 'result.json');
  const servers = await inheritedServers(directory);
  const file = openSync('/dev/null', 'r');
  const [before, after] = args;
  const child = spawn(node, [...before, PROGRAM, ...after, result, directory, FDS], {
    // The log of `rondo start` has a line for each place where it listens.
    stdio: [
      'ignore',
      'ignore',
      way === started ? 'ignore' : 'inherit',
      'ignore',
      ...servers.map(fdOf),
      file,
      'pipe',
    ],
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1', ...env },
    cwd: workingDirectory(directory),
  });
  const exit = once(child, 'exit');
  // They are open in the program, and must not accept here.
  for (const server of servers) server.close();
  closeSync(file);
  t.strictSame(await exit, [0, null], 'the program ends well');
  return JSON.parse(readFileSync(result, 'utf8'));
}

function compare(t: Test, got: Table, plain: Table, part: keyof Table): void {
  t.strictSame(Object.keys(got[part]), Object.keys(plain[part]), `the same ${part}`);
  for (const [row, outcome] of Object.entries(plain[part])) {
    t.strictSame(got[part][row], outcome, `${part}: ${row}`);
  }
}

for (const node of nodes) {
  test(`with ${node}`, nativeOnly, async (t) => {
    const plain = await runTable(t, node, plainNode);
    t.ok(Object.keys(plain.rows).length > 200, 'it tries much');
    await t.test('with the preload', async (t) => {
      const rondo = await runTable(t, node, preloaded);
      compare(t, rondo, plain, 'rows');
      compare(t, rondo, plain, 'events');
    });
    await t.test('with the preload, on ipc', async (t) => {
      const rondo = await runTable(t, node, onIpc);
      compare(t, rondo, plain, 'rows');
      compare(t, rondo, plain, 'events');
    });
    await t.test('rondo start', async (t) => {
      const expected = await runTable(t, node, alone);
      for (const row of SHARING) expected.rows[row] = plain.rows[row];
      // By its fd, which is open in plain Node.
      const byFd = JSON.stringify(expected.rows['a server of a path']);
      expected.rows['a server of a path'] = JSON.parse(
        byFd
          .replaceAll('EEXIST: file already exists', 'EINVAL: invalid argument')
          .replaceAll('EEXIST', 'EINVAL')
          .replaceAll('-17', '-22'),
      );
      compare(t, await runTable(t, node, started), expected, 'rows');
    });
  });
}
