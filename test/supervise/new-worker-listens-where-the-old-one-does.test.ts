// A program may listen at one address at once, for a probe, and at another one when it has loaded. A worker takes
// another's place when it listens wherever that does: in a reload and in an upgrade no client is refused, and a release
// that fails before its last address replaces nobody.

import { rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const SIGNALS = { reload: 'SIGHUP', upgrade: 'SIGUSR2' } as const;

/** The pid of who answers, or the error's code. */
function ask(socketPath: string): Promise<string> {
  return new Promise((resolve) => {
    const fail = ({ code = '' }: NodeJS.ErrnoException): void => resolve(code);
    http
      .get({ socketPath, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.once('end', () => resolve(text)).once('error', fail);
      })
      .once('error', fail);
  });
}

async function start(t: Test, env: NodeJS.ProcessEnv) {
  const cwd = temporaryDirectory(t);
  // From there it has a shorter name, which is for nobody to read.
  const socketPath = path.join(cwd, 'socket');
  const args = ['start', '-w', '2', '--min-uptime', '100', fixture('listens-in-steps.mjs')];
  const run = runCli(t, args, { ...env, STEPS_PATH: socketPath }, { cwd });
  const serving = (): string[] =>
    [...run.stdout().matchAll(/^serves as (\d+)$/gm)].map(([, pid = '']) => pid);
  t.teardown(() => {
    for (const pid of pidsIn(run.stderr())) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  await until('both serve', () => serving().length === 2);
  return { run, socketPath, serving };
}

function pidsIn(log: string): number[] {
  return [...log.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
}

for (const kind of ['reload', 'upgrade'] as const) {
  for (const [name, env] of [
    ['an address that is late', {}],
    ['an address that is tried before', { STEPS_PROBE: '1' }],
  ] as const) {
    test(`${kind}: ${name}`, nativeOnly, async (t) => {
      const { run, socketPath, serving } = await start(t, env);
      const old = serving();
      let isOver = false;
      t.teardown(() => {
        isOver = true;
      });
      const answers = new Map<string, number>();
      const client = (async () => {
        while (!isOver) {
          const answer = await ask(socketPath);
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
          await delay(5);
        }
      })();
      const primary = (): number =>
        Number(/process (\d+) has replaced/.exec(run.stderr())?.[1] ?? run.child.pid);
      process.kill(primary(), SIGNALS[kind]);
      const done = kind === 'reload' ? /reload: done/ : /has replaced process/;
      await until('it is done', () => done.test(run.stderr()));
      await until('both new ones have said so, too', () => serving().length === 4);
      const said = `is waited for, at most \\d+ ms: it does not listen on ${socketPath} yet`;
      t.match(run.stderr(), new RegExp(said), 'the log says what is waited for');
      await until('the old ones are gone', () => old.every((pid) => !isAlive(Number(pid))));
      const served = await ask(socketPath);
      t.ok(serving().slice(2).includes(served), `${served} serves`);

      writeFileSync(`${socketPath}.bad`, '');
      process.kill(primary(), SIGNALS[kind]);
      await until('it fails', () => /(reload|upgrade): failed/.test(run.stderr()));
      t.match(run.stderr(), /It is a bad release/, 'with what it wrote');
      rmSync(`${socketPath}.bad`);
      isOver = true;
      await client;
      t.strictSame([...answers.keys()].sort(), serving().slice(0, 4).sort(), 'all are answered', {
        log: run.stderr(),
      });
      process.kill(primary(), 'SIGTERM');
      await run.end;
    });
  }
}
