// With --json each line on stderr is an object with its time, its event and that event's fields.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { ask, type Run, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const APP = fixture('supervisor-app.mjs');

type Line = Record<string, unknown> & { time: string; event: string };

const WORKER = ['seat', 'id', 'pid', 'state', 'reason', 'code', 'signal', 'livedMs'];
const ITS_FIELDS = [...WORKER, 'readyAfterMs', 'listening', 'drained'];

const FIELDS: Record<string, string[]> = {
  begin: ['rondo', 'node', 'pid', 'workers', 'machine', 'maxMemoryMb'],
  'worker:starting': ITS_FIELDS,
  'worker:ready': ITS_FIELDS,
  'worker:draining': ITS_FIELDS,
  'worker:exited': ITS_FIELDS,
  'worker:error': [...ITS_FIELDS, 'stack'],
  'worker:hung': [...ITS_FIELDS, 'ageMs'],
  'worker:awaited': [...ITS_FIELDS, 'addresses', 'waitMs'],
  'worker:hurried': ITS_FIELDS,
  degraded: ['missing', 'ready', 'workers'],
  recovered: [],
  'seat:waiting': ['seat', 'delayMs'],
  'seat:stopped': ['seat', 'lastOutput'],
  'reload:begin': [],
  'address:closed': ['address'],
  'reload:end': [],
  'reload:failed': ['error', 'seat', 'lastOutput'],
  'agent:ready': ['pid'],
  'agent:exited': ['code', 'signal'],
  'agent:stopped': ['error'],
  failed: ['error', 'seat', 'lastOutput'],
  leaving: ['delayMs'],
  stopping: [],
  stopped: [],
  note: ['text'],
};

/** Those that a good life does not have. */
const OTHERS = [
  'address:closed',
  'worker:awaited',
  'worker:hurried',
  'degraded',
  'recovered',
  'seat:waiting',
  'seat:stopped',
  'agent:stopped',
  'failed',
  'leaving',
];

/** What is not rondo's on stderr is the workers' own, such as an uncaught error. */
function linesOf(run: Run): Line[] {
  const complete = run.stderr().slice(0, run.stderr().lastIndexOf('\n') + 1);
  return complete
    .split('\n')
    .filter((line) => line.startsWith('{"time":'))
    .map((line) => JSON.parse(line) as Line);
}

async function seen(run: Run, event: string, count = 1): Promise<Line[]> {
  const those = (): Line[] => linesOf(run).filter((line) => line.event === event);
  await until(`${count} times ${event}`, () => those().length >= count);
  return those();
}

function portOf(ready: Line | undefined): number {
  const [address] = (ready?.listening ?? []) as Array<{ port: number }>;
  return address?.port ?? 0;
}

/** Returns the events that there were. */
function checkFields(t: Test, run: Run): Set<string> {
  const lines = linesOf(run);
  for (const { time, event, ...fields } of lines) {
    t.equal(new Date(time).toISOString(), time);
    t.strictSame(Object.keys(fields).sort(), [...(FIELDS[event] ?? ['?'])].sort(), event);
  }
  t.notMatch(run.stderr(), /^rondo:/m, 'nothing is for people');
  return new Set(lines.map(({ event }) => event));
}

// Without the addon no worker is known to hang.
test('a life', nativeOnly, async (t) => {
  const file = path.join(temporaryDirectory(t), 'config.json');
  writeFileSync(file, '{}');
  const args = ['-w', '2', '--agent', fixture('cli-agent.mjs'), '--hang-timeout', '400'];
  const run = runCli(t, ['start', APP, ...args, '--config', file, '--json']);
  const [ready] = await seen(run, 'worker:ready', 2);
  t.match(ready, { state: 'ready', seat: Number, pid: Number, readyAfterMs: Number, reason: null });
  const port = portOf(ready);
  await ask(port, '/throw');
  const [failed] = await seen(run, 'worker:error');
  t.match(failed?.stack, /^Error: as the test wants it\n {4}at /);
  t.match((await seen(run, 'worker:draining'))[0], { pid: failed?.pid, reason: 'error' });
  await seen(run, 'worker:ready', 3);
  await t.rejects(ask(port, '/hang'));
  t.match((await seen(run, 'worker:hung'))[0]?.ageMs, Number);
  await seen(run, 'worker:ready', 4);
  writeFileSync(file, '{"noSuchKey": 1}');
  t.match((await seen(run, 'note'))[0], { text: /noSuchKey/ });
  writeFileSync(file, '{"env": {"APP_FAILS": "silently"}}');
  await seen(run, 'note', 2);
  run.child.kill('SIGHUP');
  t.match((await seen(run, 'reload:failed'))[0]?.error, /worker 0 .* ended with code 4/);
  writeFileSync(file, '{}');
  run.child.kill('SIGHUP');
  await seen(run, 'reload:end');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  const exited = await seen(run, 'worker:exited', 6);
  // Those that a reload has replaced may drain for longer.
  const stopped = exited.find(({ reason }) => reason === 'stop');
  t.match(stopped, {
    code: 0,
    signal: null,
    drained: { open: Number, idle: Number, destroyed: Number, ms: Number },
  });
  const events = [...Object.keys(FIELDS)].filter((event) => !OTHERS.includes(event));
  t.strictSame([...checkFields(t, run)].sort(), events.sort());
  t.equal(linesOf(run).at(-1)?.event, 'stopped');
});

test('a failure', async (t) => {
  const args = ['start', APP, '-w', '1', '--max-restarts', '2', '--json'];
  const run = runCli(t, args, { APP_FAILS: 'with-words' });
  t.equal(await run.end, 3);
  const [stopped] = await seen(run, 'seat:stopped');
  t.match(stopped, { seat: 0, lastOutput: 'the database is not there\n' });
  const events = [...checkFields(t, run)];
  for (const event of ['seat:waiting', 'seat:stopped', 'failed'])
    t.ok(events.includes(event), event);
});

test('the documentation has them all', (t) => {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  for (const [event, fields] of Object.entries(FIELDS)) {
    t.match(text, `\`${event}\``);
    for (const field of fields) t.match(text, `\`${field}\``, `${event}: ${field}`);
  }
  t.end();
});
