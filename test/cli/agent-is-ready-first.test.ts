// The agent is ready before any worker starts, hears of them, comes back when it fails, and ends last.

import { test } from 'tap';
import { noneIsLeft, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');
const ARGS = ['start', APP, '-w', '2', '--agent', fixture('cli-agent.mjs')];

test('from the beginning to the end', async (t) => {
  const run = runCli(t, ARGS);
  await run.listening(2);
  const [first, pid] = await run.says(/^rondo: agent \(pid (\d+)\) ready$/m);
  const [before] = run.stderr().split(first as string);
  t.match(before, /^rondo: [^\n]* 2 workers [^\n]*\n$/, 'before any worker');
  await until('it hears of both', () => (run.stdout().match(/ \d ready$/gm)?.length ?? 0) === 2);
  process.kill(Number(pid), 'SIGKILL');
  await run.says(/^rondo: agent ended by SIGKILL\nrondo: agent \(pid \d+\) ready$/m);
  t.notMatch(run.stderr(), ' drains', 'the workers do not mind');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.match(run.stdout(), /agent \d+ ends\n$/, 'it heard of everything before');
  t.match(run.stderr(), /^rondo: agent ended with code 0\nrondo: stopped\n$/m);
  await noneIsLeft(run);
});

test('it fails', async (t) => {
  const run = runCli(t, [...ARGS, '--max-restarts', '0'], { AGENT: 'fails' });
  t.equal(await run.end, 3);
  t.match(run.stderr(), /^the queue is not there$/m);
  t.match(run.stderr(), /^rondo: The agent .*cli-agent\.mjs failed: it ended with code 6$/m);
  t.notMatch(run.stderr(), /worker \d/, 'no worker was started');
});

test('it is stopped while it starts', async (t) => {
  const run = runCli(t, ARGS, { AGENT: 'waits' });
  await until('it is there', () => run.stdout() === 'agent waits\n');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.match(run.stdout(), /agent \d+ ends\n/);
  t.notMatch(run.stderr(), /worker \d/);
});
