// `rondo start --sticky`, and RONDO_STICKY for a program of node:cluster: four workers that keep sessions in their memory,
// clients each of whose requests comes on a connection of its own, and a worker that is killed, whose sessions alone are lost.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Test, test } from 'tap';
import { REGISTER } from '../fixtures/cluster.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { does, start } from '../fixtures/rondo-commands.js';
import { visit } from '../fixtures/sticky.js';

const APP = fixture('remembering-app.mjs');
const WORKERS = 4;
const SESSIONS = 60;

interface Answer {
  pid: number;
  sid: string;
  isKnown: boolean;
}

const ask = async (port: number, path: string): Promise<Answer> =>
  (await visit(port, path)) as unknown as Answer;

const askAll = (port: number, begun: readonly Answer[]): Promise<Answer[]> =>
  Promise.all(begun.map(({ sid }) => ask(port, `/?sid=${sid}`)));

/** Begins sessions at that port, kills a worker by `kill`, and says what became of them. */
async function check(t: Test, port: number, kill: (pid: number) => Promise<void>): Promise<void> {
  const begun = await Promise.all(Array.from({ length: SESSIONS }, () => ask(port, '/')));
  t.equal(new Set(begun.map(({ pid }) => pid)).size, WORKERS, 'sessions begin on all workers');
  for (let round = 0; round < 3; round++) {
    const answers = await askAll(port, begun);
    const strays = answers.filter(({ pid, isKnown }, n) => !isKnown || pid !== begun[n]?.pid);
    t.strictSame(strays, [], 'each is known where it began');
  }
  const killed = begun[0]?.pid as number;
  await kill(killed);
  const after = await askAll(port, begun);
  const others = after.filter((_, n) => begun[n]?.pid !== killed);
  t.ok(
    others.every(({ isKnown }) => isKnown),
    'all but those of a worker that was killed',
  );
  const lost = after.filter((_, n) => begun[n]?.pid === killed);
  t.ok(lost.length > 0 && lost.every(({ isKnown }) => !isKnown), 'which are begun anew');
  const again = await askAll(port, begun);
  t.ok(
    again.every(({ isKnown, pid }, n) => isKnown && pid === after[n]?.pid),
    'and stay there',
  );
}

test('rondo start --sticky', nativeOnly, async (t) => {
  const { run, rondo } = start(t, [
    ...['--sticky', 'query:sid', '-w', String(WORKERS)],
    ...['--min-uptime', '50', APP],
  ]);
  const port = await run.listening(WORKERS);
  await check(t, port, async (pid) => {
    process.kill(pid, 'SIGKILL');
    await run.listening(WORKERS + 1);
  });
  const status = JSON.parse((await rondo('status', '--json')).stdout);
  const [{ sessions }] = status.listeners;
  t.match(sessions, { held: SESSIONS, created: SESSIONS, evicted: 0, ended: 0 });
  t.ok(sessions.moved > 0 && sessions.moved < SESSIONS, 'those that have moved are counted');
  const row = `127.0.0.1:${port} +open +round-robin +\\d+ +0 +${SESSIONS} +${sessions.moved}\n$`;
  await does(t, rondo('status'), new RegExp(`TURNED AWAY +SESSIONS +MOVED\n0 +${row}`));
});

test('RONDO_STICKY with the preload', nativeOnly, async (t) => {
  const child = spawn(process.execPath, ['--import', REGISTER, APP], {
    env: { ...process.env, RONDO_STICKY: 'query:sid', CLUSTER: String(WORKERS) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const pids = new Set<number>();
  t.teardown(async () => {
    child.kill();
    await ended;
    await until('its workers are gone', () => ![...pids].some(isAlive));
  });
  const [port] = await once(createInterface(child.stdout), 'line');
  await check(t, Number(port), async (pid) => {
    for (let i = 0; i < WORKERS; i++) pids.add((await ask(Number(port), '/')).pid);
    process.kill(pid, 'SIGKILL');
    await until('it is gone', () => !isAlive(pid));
  });
});
