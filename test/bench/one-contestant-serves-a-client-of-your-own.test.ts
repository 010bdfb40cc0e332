// bench/serve.mjs: one contestant at an address of your choice, for a client that need not be on this machine;
// what it cost in CPU time is printed after each load, and Ctrl-C leaves nothing behind.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { start } from '../fixtures/bench-program.js';
import { underLoad } from '../fixtures/loadgen.js';

const SERVE = fileURLToPath(new URL('../../bench/serve.mjs', import.meta.url));
// One of each kind: rondo, one that listens in its workers, one that becomes a worker, one without Node.
const CONTESTANTS = ['rondo-native', 'cluster-rr', 'reuseport', 'bare-dispatcher'];
// Not the one where it would listen without being told.
const HOST = '127.0.0.7';
const CLIENTS = 8;
// Enough for times that are counted in hundredths of a second.
const REQUESTS_PER_CLIENT = 500;
const COST =
  /^a load of [\d.]+ s took ([\d.]+) s of CPU in the primary, ([\d.]+) s in the workers \(([\d.]+), ([\d.]+)\)$/;

for (const name of CONTESTANTS) {
  test(name, underLoad, async (t) => {
    const { child, ended, isClean, running } = start(t, SERVE, [name, '--host', HOST, '--port=0']);
    const lines = createInterface(child.stdout as Readable);
    const [greeting] = await once(lines, 'line');
    t.match(greeting, new RegExp(`^${name} serves 'hello' on ${HOST}:\\d+ with 2 workers$`));
    t.ok(running().length >= 4, 'it has started a primary and two workers');

    const described = once(lines, 'line');
    const served = await askOften(Number(/:(\d+) /.exec(greeting)?.[1]));
    t.same(served, ['w0', 'w1'], 'every reply is of a worker, and both have served');
    const [line] = await described;
    t.match(line, COST);
    const [primary, workers, ...each] = COST.exec(line)?.slice(1).map(Number) ?? [];
    t.ok(
      each.every((seconds) => seconds > 0),
      'each worker took CPU time',
    );
    t.ok(Math.abs((each[0] ?? 0) + (each[1] ?? 0) - (workers ?? 0)) < 0.02, 'the sum is theirs');
    t.ok((primary ?? -1) >= 0);

    child.kill('SIGINT');
    await ended;
    t.equal(child.exitCode, 0, 'Ctrl-C is how it ends');
    t.ok(await isClean(), 'nothing is left');
  });
}

test('what it cannot do', (t) => {
  for (const [args, message] of [
    [[], "no contestant ''"],
    [['nobody'], "no contestant 'nobody'"],
    [['single', 'noop'], "one contestant at a time, not 'noop' too"],
    [['single', '--host', 'localhost'], "--host must be an IP address, not 'localhost'"],
    [['single', '--port', '65536'], "--port must be a whole number from 0 to 65535, not '65536'"],
    [['single', '--handler', 'none'], "--handler: no 'none'"],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, [SERVE, ...args], { encoding: 'utf8' });
    t.equal(status, 2);
    t.equal(stderr.split('\n')[0], message);
  }
  t.end();
});

/** The names in the replies, without repetition. */
async function askOften(port: number): Promise<string[]> {
  const names = new Set<string>();
  async function client() {
    for (let left = REQUESTS_PER_CLIENT; left > 0; left--) names.add(await ask(port));
  }
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return [...names].sort();
}

/** A request on a connection of its own; resolves with the body. */
async function ask(port: number): Promise<string> {
  const request = http.get({ host: HOST, port, agent: false });
  const [response] = await once(request, 'response');
  return (await response.setEncoding('utf8').toArray()).join('');
}
