/**
 * One server program, whose chapters look at everything a server can see of itself and of its
 * connections, runs as a plain server, in a worker of node:cluster and attached to rondo. What it
 * reports must be the same, but for what is listed here with its reason.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dispatcher, type ListenOptions } from 'rondo';
import type { Test } from 'tap';
import t from 'tap';
import { fixture, transports } from '../fixtures/harness.js';
import { serveClient } from '../fixtures/told-client.js';

const SERVER = fixture('observed-server.mjs');

/** Chapters the server leaves out there; it says why. */
const NOT_IN_CLUSTER = [
  'maxConnections and drop',
  'async context of drop',
  'closed before it listens',
  'unref',
];

/** No run takes a tenth of it; a server that hangs shows which chapter it did not finish. */
const LONGEST_RUN_MS = 20_000;

type Report = Record<string, unknown>;
type PlacesIn = (directory: string) => { first: ListenOptions; second: ListenOptions };

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

type Kind = 'tcp' | 'pipe';

const WAYS: Array<{ name: string; kind: Kind; places: PlacesIn; skip?: string }> = [
  {
    name: 'TCP',
    kind: 'tcp',
    places: () => ({
      first: { port: 0, host: '127.0.0.1' },
      second: { port: 0, host: '127.0.0.2' },
    }),
  },
  {
    name: 'IPv6',
    kind: 'tcp',
    places: () => ({ first: { port: 0, host: '::1' }, second: { port: 0, host: '127.0.0.1' } }),
    ...(hasIpv6 ? {} : { skip: 'this machine has no ::1' }),
  },
  {
    name: 'a Unix socket',
    kind: 'pipe',
    places: (directory) => ({
      first: { path: join(directory, 'first.sock') },
      second: { path: join(directory, 'second.sock') },
    }),
  },
];

for (const { name, kind, places, skip } of WAYS) {
  t.test(name, skip === undefined ? {} : { skip }, async (t) => {
    // Short enough for a socket, wherever the tests are.
    const directory = mkdtempSync(join(tmpdir(), 'rondo-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const run = (who: string) => {
      mkdirSync(join(directory, who));
      return join(directory, who);
    };
    const plain = await observeNode(t, 'plain', places, run('plain'));
    t.ok(Object.keys(plain).length > 20, 'all chapters have been reported');
    const inCluster = await observeNode(t, 'cluster', places, run('cluster'));
    const shared = Object.fromEntries(
      Object.entries(plain).filter(([chapter]) => !NOT_IN_CLUSTER.includes(chapter)),
    );
    compare(t, 'node:cluster', inCluster, shared, clusterDiffers(kind));
    for (const transport of transports()) {
      const report = await observeRondo(t, transport, places, run(transport));
      compare(t, transport, report, plain, rondoDiffers(kind, plain));
    }
  });
}

function compare(t: Test, who: string, report: Report, plain: Report, differing: Report): void {
  t.strictSame(Object.keys(report), Object.keys(plain), `${who}: the same chapters`);
  for (const [chapter, seen] of Object.entries(plain)) {
    const isListed = Object.hasOwn(differing, chapter);
    t.strictSame(report[chapter], isListed ? differing[chapter] : seen, `${who}: ${chapter}`);
    if (isListed) t.notSame(report[chapter], seen, `${who}: ${chapter}, a difference indeed`);
  }
}

/**
 * Where node:cluster differs from a plain server, which is Node's own doing; the chapters it cannot
 * go through at all are listed in the fixture.
 */
function clusterDiffers(kind: Kind): Report {
  // Connections come by IPC messages, and are emitted in the async context of those.
  const context = (name: string) => [
    [name, 'listening', null],
    [name, 'connection', null],
    [name, 'data', null],
  ];
  const [first = [], second = []] = [context('first'), context('second')];
  return {
    'async context': {
      ...{ listening: null, connection: null, tick: null, microtask: null, immediate: null },
      ...{ data: null, end: null, 'socket close': null, close: 'of close' },
    },
    'two servers have a context each': [first[0], second[0], ...first.slice(1), ...second.slice(1)],
    'async ids': {
      ...{ connection: 'TickObject', isServersId: false, serverHandle: 'unknown' },
      ...{ isTriggerOfScope: true, handleTriggeredBy: 'unknown' },
      ...{ handle: kind === 'pipe' ? 'PIPEWRAP' : 'TCPWRAP', isHandlesId: true },
      data: kind === 'pipe' ? 'PIPEWRAP' : 'TCPWRAP',
    },
    // listen() asks the primary first.
    ...(kind === 'pipe' && { 'at once after listen': { listening: false, hasAddress: true } }),
  };
}

/** Where rondo differs. */
function rondoDiffers(kind: Kind, plain: Report): Report {
  return {
    // The connection's handle exists before the server's async scope is entered: made within it,
    // the handle's events would have the context of attach(), and those of a plain server's have not
    // that of listen(). So its trigger is not the server, but the channel.
    // What kind the listeners are is not yet known in attach(), so the server's scope is that of TCP.
    'async ids': {
      ...(plain['async ids'] as object),
      ...{
        connection: 'TCPSERVERWRAP',
        serverHandle: 'TCPSERVERWRAP',
        handleTriggeredBy: 'unknown',
      },
    },
    // listen() looks the host up, though it is an address; attach() has nothing to wait for when the
    // primary's listeners are known.
    ...(kind === 'tcp' && {
      'at once after listen': { listening: true, hasAddress: true },
      'closed before it listens': [['closed', null, false]],
    }),
  };
}

async function observeNode(
  t: Test,
  how: 'plain' | 'cluster',
  at: PlacesIn,
  directory: string,
): Promise<Report> {
  const signalFile = join(directory, 'signal');
  const child = spawn(process.execPath, [SERVER, how, JSON.stringify(at(directory)), signalFile], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  // What has been connected waits in the backlog of the listening socket.
  return observe(child, signalFile, async () => {});
}

async function observeRondo(
  t: Test,
  transport: 'native' | 'ipc',
  at: PlacesIn,
  directory: string,
): Promise<Report> {
  const signalFile = join(directory, 'signal');
  // So that two connections can come together.
  const dispatcher = new Dispatcher({ transport, window: 2 });
  t.teardown(() => dispatcher.close());
  const opened: Record<string, object> = {};
  for (const [name, options] of Object.entries(at(directory))) {
    const listener = await dispatcher.listen({ ...options, name });
    const address = listener.address();
    opened[name] = typeof address === 'string' ? { path: address } : address;
  }
  const slot = dispatcher.openSlot();
  const child = spawn(process.execPath, [SERVER, 'rondo', JSON.stringify(opened), signalFile], {
    stdio: slot.stdio,
    env: { ...process.env, ...slot.env },
  });
  slot.assign(child);
  t.teardown(() => child.kill('SIGKILL'));
  const report = await observe(child, signalFile, async (count) => {
    while ((dispatcher.stats().slots[0]?.pending ?? 0) < count) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  const { slots } = dispatcher.stats();
  t.match(slots, [{ open: 0, pending: 0 }], `${transport}: every connection is counted as over`);
  return report;
}

/** Serves as the client until the server's process ends by itself; resolves with what it saw. */
async function observe(
  child: ChildProcess,
  signalFile: string,
  arrived: (count: number) => Promise<void>,
): Promise<Report> {
  const report: Report = {};
  serveClient(child, { signalFile, arrived });
  child.on('message', (message) => {
    const { chapter, seen } = message as { chapter?: string; seen: unknown };
    if (chapter !== undefined) report[chapter] = seen;
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), LONGEST_RUN_MS);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(limit);
  report['the end'] = { code, signal, isFileGone: !existsSync(signalFile) };
  return report;
}
