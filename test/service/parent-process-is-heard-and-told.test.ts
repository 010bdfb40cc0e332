// As the child of a Node program `rondo start` says 'ready' once, when all workers are, and passes messages on: the
// parent's to every worker, the workers' to the parent. Left alone it says so, and goes on.

import { setTimeout as delay } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { ask, BIN, type Run, runCli } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('talking-app.mjs');

interface Child {
  /** Of the parent. */
  run: Run;
  pid: number;
  send(message: unknown): void;
  tell(line: 'disconnect' | 'exit'): void;
  /** What has come, apart from what the fixture says itself. */
  messages(): unknown[];
}

async function forked(t: Test, args: string[]): Promise<Child> {
  const all = ['start', APP, ...args];
  const run = runCli(t, [BIN, ...all], {}, { bin: fixture('parent.mjs'), stdin: 'pipe' });
  await until('it is started', () => /^child \d+$/m.test(run.stdout()));
  const pid = Number(/^child (\d+)$/m.exec(run.stdout())?.[1]);
  t.teardown(async () => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await until('it is gone', () => !isAlive(pid));
  });
  const tell = (line: string): void => {
    run.child.stdin?.write(`${line}\n`);
  };
  return {
    run,
    pid,
    tell,
    send: (message) => tell(JSON.stringify(message)),
    messages: () => [...run.stdout().matchAll(/^["{].*$/gm)].map(([line]) => JSON.parse(line)),
  };
}

for (const more of [[], ['--ready-when', 'message']]) {
  test(`messages ${more.join(' ')}`, async (t) => {
    const { run, send, messages } = await forked(t, ['-w', '2', ...more]);
    await until('it is ready', () => messages().length > 0);
    t.strictSame(messages(), ['ready'], 'once');
    t.equal(run.workers().length, 2, 'when all are');
    send({ level: 'debug' });
    await until('both have answered', () => messages().length === 3);
    const pids = run.workers().map(({ pid }) => pid);
    const answers = messages().slice(1) as Array<{ heard: unknown; by: number }>;
    t.strictSame(new Set(answers.map(({ by }) => by)), new Set(pids));
    for (const { heard } of answers) t.strictSame(heard, { level: 'debug' });
  });
}

test("'shutdown' is a stop", async (t) => {
  const { run, send, messages } = await forked(t, ['-w', '1']);
  await until('it is ready', () => messages().length > 0);
  send('shutdown');
  await until('it ends', () => run.stdout().includes('exit 0'));
});

test('the parent disconnects', async (t) => {
  const { run, tell, pid } = await forked(t, ['-w', '1']);
  const port = await run.listening(1);
  tell('disconnect');
  await run.says(/^rondo: the parent process has disconnected; it goes on$/m);
  t.equal(await ask(port), 'ok');
  process.kill(pid, 'SIGTERM');
  await until('it ends', () => run.stdout().includes('exit 0'));
});

test('the parent has ended', async (t) => {
  // As nodemon does it: what it ends is the shell between.
  const script = `"$0" "$@" & wait`;
  const run = runCli(t, ['start', APP, '-w', '1'], {}, { through: ['sh', '-c', script] });
  const port = await run.listening(1);
  run.child.kill('SIGKILL');
  const told =
    /^rondo: the process that started this one, (\d+), has ended; it goes on: 'kill (\d+)'/m;
  await until('it says so', () => told.test(run.stderr()));
  const [, parent, pid] = told.exec(run.stderr()) ?? [];
  t.equal(Number(parent), run.child.pid);
  t.equal(await ask(port), 'ok');
  process.kill(Number(pid), 'SIGTERM');
  await until('it ends', () => !isAlive(Number(pid)));
});

test('it has not', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '1']);
  await run.listening(1);
  await delay(700);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.notMatch(run.stderr(), 'has ended; it goes on');
});
