// `rondo start` runs a server that knows nothing of it in several processes, all of which serve.

import { availableParallelism } from 'node:os';
import { test } from 'tap';
import { REGISTER, total } from '../fixtures/cluster.js';
import { runCli, withProbe } from '../fixtures/cluster-cli.js';
import { fixture, nativeOnly, transports } from '../fixtures/harness.js';

/** Lines that are neither the first nor of a worker. */
const OTHERS = /^(?!rondo: (?:worker|\d+\.\d+\.\d+, pid ))./m;

const APP = fixture('cluster-app.mjs');

interface Answer {
  pid: number;
  args: string[];
  execArgv: string[];
  rondo: string[];
}

async function ask(port: number): Promise<Answer> {
  const headers = { connection: 'close' };
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
  return (await response.json()) as Answer;
}

async function askOften(port: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < 20; i++) answers.push(await ask(port));
  return answers;
}

for (const transport of transports()) {
  test(`${transport}: both serve`, async (t) => {
    const run = runCli(t, ['start', APP, '-w', '2'], {
      ...withProbe,
      RONDO_TRANSPORT: transport,
    });
    const port = await run.listening(2);
    const answers = await askOften(port);
    const pids = new Set(answers.map(({ pid }) => pid));
    t.strictSame(
      [...pids].sort(),
      run
        .workers()
        .map(({ pid }) => pid)
        .sort(),
    );
    t.strictSame(
      run
        .workers()
        .map(({ seat }) => seat)
        .sort(),
      [0, 1],
    );
    t.ok(run.workers().every(({ place }) => place === `127.0.0.1:${port}`));
    t.match(answers[0], { args: [], execArgv: [], rondo: [] }, 'nothing of rondo is to be seen');
    const stats = await run.stats();
    t.equal(stats.transport, transport);
    t.equal(total(stats, 'received'), answers.length, 'by rondo');
    t.notMatch(run.stderr(), OTHERS, 'nothing else is said');
    t.equal(run.stdout().replace(/^stats .*\n/, ''), '', "stdout is the program's");
  });
}

test('CommonJS, without the extension', async (t) => {
  const run = runCli(t, ['start', fixture('cluster-app.cjs'), '--workers=2']);
  const port = await run.listening(2);
  const pids = new Set((await askOften(port)).map(({ pid }) => pid));
  t.equal(pids.size, 2);
});

test('arguments after --', async (t) => {
  const args = ['--help', '-w', '7', 'word', '--', ''];
  const run = runCli(t, ['start', '-w', '1', APP, '--', ...args]);
  const port = await run.listening(1);
  t.strictSame((await ask(port)).args, args);
});

test('one worker for each core', async (t) => {
  const run = runCli(t, ['start', APP]);
  await run.listening(availableParallelism());
  t.equal(run.workers().length, availableParallelism());
});

test('options go before the environment', nativeOnly, async (t) => {
  const env = { ...withProbe, RONDO_WINDOW: '7', RONDO_TAKE_BACK_MS: '100' };
  const args = ['start', APP, '-w', '1'];
  const without = runCli(t, args, env);
  await without.listening(1);
  t.match(await without.stats(), { window: 7, policy: 'round-robin' });
  const flags = ['--window', '3', '--policy', 'least-connections'];
  const preload = { NODE_OPTIONS: `${withProbe.NODE_OPTIONS} --import ${REGISTER}` };
  for (const more of [{}, preload]) {
    const run = runCli(t, [...args, ...flags], { ...env, ...more });
    await ask(await run.listening(1));
    t.match(await run.stats(), { window: 3, policy: 'least-connections' });
    t.notMatch(run.stderr(), OTHERS);
  }
});
