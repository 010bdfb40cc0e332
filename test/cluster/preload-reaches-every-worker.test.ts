// A program that is started with the flag has it in its workers, whatever it does to their execArgv and
// environment; one that imports rondo/cluster in the primary alone is served by Node's own scheduling.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import {
  type Program,
  type ProgramOptions,
  plainNode,
  preloaded,
  REGISTER,
  settledStats,
  startProgram,
  total,
} from '../fixtures/cluster.js';
import { read } from '../fixtures/harness.js';

const CLUSTER = new URL('cluster/index.js', REGISTER).href;
const OWN = `data:text/javascript,import ${JSON.stringify(REGISTER)}`;
const VISITS = 8;

/** Which workers have answered. */
async function visit(program: Program): Promise<number[]> {
  let port = 0;
  for (const id of [1, 2]) {
    const address = await program.worker(id, ({ listen }) => listen(0, '127.0.0.1'));
    port = (address as AddressInfo).port;
  }
  const pids = new Set<number>();
  for (let i = 0; i < VISITS; i++) pids.add(Number(await read(port)));
  return [...pids].sort();
}

const programs: Array<[name: string, options: ProgramOptions]> = [
  ['execArgv: []', { setup: { execArgv: [] } }],
  ['its own execArgv', { setup: { execArgv: ['--no-warnings'] } }],
  ['NODE_OPTIONS of a worker', { setup: { execArgv: [] }, env: { NODE_OPTIONS: '--no-warnings' } }],
];

for (const [name, options] of programs) {
  test(name, preloaded.options, async (t) => {
    const program = await startProgram(t, preloaded, options);
    t.strictSame(await visit(program), program.pids.toSorted());
    t.equal(total(await settledStats(program), 'received'), VISITS);
    const seen = await program.worker(1, ({ cluster }) => ({
      execArgv: process.execArgv,
      isPatched: Symbol.for('rondo.cluster') in cluster,
      names: Object.keys(process.env).filter((key) => /^RONDO_(CHANNEL|PRELOAD)$/.test(key)),
    }));
    const { execArgv } = options.setup as { execArgv: string[] };
    t.strictSame(seen, { execArgv, isPatched: true, names: [] });
  });
}

test("a file of the program's own imports it", preloaded.options, async (t) => {
  const program = await startProgram(t, { ...preloaded, nodeArgs: ['--import', OWN] });
  t.strictSame(await visit(program), program.pids.toSorted());
  t.equal(total(await settledStats(program), 'received'), VISITS);
  const execArgv = await program.worker(1, () => process.execArgv);
  t.strictSame(execArgv, ['--import', OWN]);
});

test('rondo/cluster in the primary alone', preloaded.options, async (t) => {
  const setup = { execArgv: [] };
  const program = await startProgram(t, plainNode, { setup, nodeArgs: ['--import', CLUSTER] });
  t.strictSame(await visit(program), program.pids.toSorted());
  const stats = await program.stats();
  t.equal(total(stats, 'handed'), 0, "it was Node's own");
  t.strictSame(stats.listeners, []);
  t.equal(await program.worker(1, ({ cluster }) => Symbol.for('rondo.cluster') in cluster), false);
});
