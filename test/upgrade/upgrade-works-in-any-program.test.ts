// `supervisor.upgrade()` in a program of its own: it is run anew, notices by itself whose place it takes, has the options
// that were changed while the first one ran, and what that one has registered to be passed on.

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'tap';
import { ask } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture, transports } from '../fixtures/harness.js';

interface Answer {
  pid: number;
  window: number | string;
  policy: string;
  seats: number;
  kept?: { from: number };
}

interface Result {
  pid: number;
  rondo: string;
  node: string;
  ms: number;
}

test('two upgrades in a row', async (t) => {
  const env = { ...process.env, RONDO_TRANSPORT: transports()[0] };
  const child = spawn(process.execPath, [fixture('upgrade-embeds.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const pids = [child.pid as number];
  t.teardown(() => {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  await until('it serves', () => /^\d+\n/.test(out));
  const port = Number.parseInt(out, 10);
  const say = async (path: string) => JSON.parse(await ask(port, path)) as Answer;
  t.match(await say('/change'), { window: 7, policy: 'random', seats: 2 });

  const fdsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
  let most = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 2; i++) {
    const old = pids.at(-1) as number;
    const { pid, node, ms } = JSON.parse(await ask(port, '/upgrade')) as Result;
    pids.push(pid);
    t.not(pid, old);
    t.equal(node, process.versions.node);
    t.ok(ms > 0);
    await until('the old one has ended by itself', () => !isAlive(old));
    const expected = { pid, window: 7, policy: 'random', seats: 2, kept: { from: old } };
    t.strictSame(await say('/'), expected, 'the socket, the data and what was changed pass on');
    // That of the last question may still be there.
    await until('no more fds than the last one', () => fdsOf(pid) <= most);
    most = fdsOf(pid);
  }
  process.kill(pids.at(-1) as number, 'SIGTERM');
  for (const pid of pids) await until(`${pid} has ended`, () => !isAlive(pid));
});
