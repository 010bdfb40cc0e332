// What a program can count in its primary and its workers is what it would find without rondo: listeners,
// handles, variables, arguments, modules, properties. What it does not find alike is named here.

import type { Socket } from 'node:net';
import { type Test, test } from 'tap';
import { plainNode, preloaded, type Scope, startProgram, type Way } from '../fixtures/cluster.js';
import { transports } from '../fixtures/harness.js';

interface Seen {
  [what: string]: unknown;
}

/** Sent to the processes as text. */
function look({ cluster, server }: Scope): Seen {
  const countsOf = (emitter: NodeJS.EventEmitter): Record<string, number> =>
    Object.fromEntries(
      emitter
        .eventNames()
        .map((name) => [String(name), emitter.rawListeners(name).length] as const)
        .sort(([a], [b]) => a.localeCompare(b)),
    );
  const emitters: Record<string, unknown> = { process, cluster, worker: cluster.worker, server };
  for (const worker of Object.values(cluster.workers ?? {})) {
    emitters[`worker ${worker?.id}`] = worker;
    emitters[`process ${worker?.id}`] = worker?.process;
  }
  const counts = Object.entries(emitters)
    .filter(([, emitter]) => emitter !== undefined)
    .map(([name, emitter]) => [name, countsOf(emitter as NodeJS.EventEmitter)]);
  const inner = process as unknown as { _getActiveHandles(): object[] };
  return {
    listeners: Object.fromEntries(counts),
    handles: inner
      ._getActiveHandles()
      .map((handle) => handle.constructor.name)
      .sort(),
    resources: process.getActiveResourcesInfo().sort(),
    variables: Object.keys(process.env).sort(),
    execArgv: process.execArgv,
    arguments: process.argv.slice(1),
    globals: Object.keys(globalThis).sort(),
    'properties of process': Object.keys(process).sort(),
    'properties of cluster': Object.keys(cluster).sort(),
    'properties of the server': server === undefined ? [] : Object.keys(server).sort(),
    umask: process.umask(),
    title: process.title,
  };
}

/** A connection as its server gets it, and as it is when it has ended. */
async function accept(scope: Scope): Promise<Seen> {
  const { net, once } = scope;
  const { port } = (await scope.listen(0, '127.0.0.1')) as { port: number };
  const client = net.connect(port, '127.0.0.1');
  const [socket] = (await once(scope.server, 'connection')) as [Socket & { _handle: object }];
  const { _handle: handle } = socket;
  const seen = {
    listeners: Object.fromEntries(
      socket.eventNames().map((name) => [String(name), socket.rawListeners(name).length]),
    ),
    properties: Object.keys(socket).sort(),
    handle: [handle.constructor.name, ...Object.keys(handle).sort()],
    ends: [socket.remoteAddress, socket.remoteFamily, socket.localPort === port],
  };
  client.resume();
  await once(socket, 'close');
  return { ...seen, 'properties when it is closed': Object.keys(socket).sort() };
}

async function see(t: Test, way: Way, processEnv: NodeJS.ProcessEnv): Promise<Seen> {
  const program = await startProgram(t, way, { processEnv });
  const before = await program.worker(1, look);
  for (const id of [1, 2]) await program.worker(id, (scope) => scope.listen(0, '127.0.0.1'));
  const listening = await program.worker(1, look);
  const primary = await program.primary(look);
  const alone = await startProgram(t, way, { workers: 1, processEnv });
  return { before, listening, primary, connection: await alone.worker(1, accept) };
}

/** The flag is the user's. */
function withoutFlag(execArgv: string[]): string[] {
  const at = execArgv.indexOf('--import');
  return at < 0 ? execArgv : [...execArgv.slice(0, at), ...execArgv.slice(at + 2)];
}

/** The engine's thread has what listens, and Node's loop none. */
const SERVERS = ['Server', 'TCPServerWrap'];

for (const transport of transports()) {
  test(transport, preloaded.options, async (t) => {
    const env = { RONDO_TRANSPORT: transport };
    const plain = await see(t, plainNode, env);
    const rondo = await see(t, preloaded, env);
    for (const [who, found] of Object.entries(plain) as Array<[string, Seen]>) {
      for (const [what, expected] of Object.entries(found)) {
        const seen = (rondo[who] as Seen)[what];
        const isList = Array.isArray(expected) && Array.isArray(seen);
        const [wanted, had] =
          what === 'execArgv' && isList
            ? [expected, withoutFlag(seen)]
            : who === 'primary' && transport === 'native' && isList
              ? [expected.filter((name) => !SERVERS.includes(name)), seen]
              : [expected, seen];
        t.strictSame(had, wanted, `${who}: ${what}`);
      }
    }
  });
}
