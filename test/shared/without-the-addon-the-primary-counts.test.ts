// RONDO_NATIVE=0: the asynchronous methods of rondo/shared are answered by the primary, exactly;
// the synchronous ones throw an error that says why.

import { spawnSync } from 'node:child_process';
import { counter, limiter, map } from 'rondo/shared';
import { type Test, test } from 'tap';
import { runCli } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

const PROGRAM = fixture('shared-without-addon.mjs');
const MISSING = 'ERR_RONDO_NATIVE_MISSING';

interface Report {
  passed?: number;
  codes: Array<string | number>;
  hits?: number;
  notes?: unknown;
  left?: number;
}

function run(t: Test, args: string[]): Report[] {
  const env = { ...process.env, RONDO_NATIVE: '0' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  t.equal(status, 0, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Report);
}

test('in the workers of the drop-in', async (t) => {
  const reports = run(t, ['--import', 'rondo/register', PROGRAM]);
  const end = reports.pop();
  t.strictSame(end, { codes: [0, 0, 0], hits: 60, notes: { from: 'a worker' }, left: 0 });
  t.equal(reports.length, 3);
  t.equal(
    reports.reduce((sum, { passed = 0 }) => sum + passed, 0),
    10,
    'exactly the limit passes',
  );
  for (const { codes } of reports) t.strictSame(codes, [MISSING, MISSING, MISSING, MISSING]);
});

test('in the workers of rondo start, their threads, and after a reload', async (t) => {
  const rondo = runCli(t, ['start', fixture('shared-server.mjs'), '-w', '3'], {
    RONDO_NATIVE: '0',
  });
  const port = await rondo.listening(3);
  const passed = async (count: number): Promise<number> => {
    const headers = { connection: 'close' };
    const answers = await Promise.all(
      Array.from({ length: count }, () => fetch(`http://127.0.0.1:${port}/`, { headers })),
    );
    return answers.filter(({ status }) => status === 200).length;
  };
  t.equal(await passed(6), 6);
  rondo.child.kill('SIGHUP');
  await rondo.says(/reload.*done|reloaded/);
  t.equal(await passed(20), 4, 'a reload forgets nothing');
  rondo.child.kill('SIGTERM');
  t.equal(await rondo.end, 0);
});

// In a process of its own RONDO_NATIVE is what this test needs.
process.env['RONDO_NATIVE'] = '0';

test('in a process by itself, with the errors of shared memory', async (t) => {
  const { async: hits } = counter('alone');
  await hits.set(5);
  t.equal(await hits.add(), 6);
  t.equal(await hits.compareAndSet(5, 1), false);
  t.equal(await hits.compareAndSet(6, 1), true);
  const wrong = 'ERR_RONDO_INVALID_OPTION';
  await t.rejects(hits.add(0.5), { code: wrong, option: 'n', received: 0.5 });
  await t.rejects(hits.set(2 ** 53), { code: wrong, option: 'value' });
  await hits.set(Number.MAX_SAFE_INTEGER);
  await t.rejects(hits.add(), { code: 'ERR_RONDO_SHARED_RANGE' });

  const { async: login } = limiter({ name: 'alone', limit: 2, windowMs: 3_600_000 });
  t.match(await login.take('a', 2), { ok: true, remaining: 0 });
  t.match(await login.take('a'), { ok: false, remaining: 0 });
  await login.giveBack('a');
  t.match(await login.peek('a'), { ok: true, remaining: 1 });
  await login.reset('a');
  t.match(await login.peek('a'), { remaining: 2, resetMs: 0 });
  await t.rejects(login.take(''), { code: wrong, option: 'key' });
  await t.rejects(login.take('ä'.repeat(600)), { code: wrong, option: 'key' });
  await t.rejects(login.take('a', -1), { code: wrong, option: 'n' });
  const larger = limiter({ name: 'alone', limit: 3, windowMs: 3_600_000 });
  t.match(await login.take('l', 2), { ok: true, remaining: 0 });
  t.match(
    await larger.async.take('l'),
    { ok: true, remaining: 0 },
    'a release may have another limit',
  );
  const other = limiter({ name: 'alone', limit: 2, windowMs: 3_600_000, entries: 5 });
  await t.rejects(other.async.take('a'), {
    code: 'ERR_RONDO_SHARED_SIZES',
    message: /entries 10000.*entries 5/,
  });

  const { async: notes } = map({ name: 'alone', entries: 2, valueBytes: 8 });
  t.equal(await notes.set('a', 'text'), true);
  t.equal(await notes.set('b', Buffer.from([1, 2])), true);
  t.equal(await notes.set('c', 'more'), false, 'it is full and refuses');
  t.equal((await notes.get('a'))?.toString(), 'text');
  t.strictSame(await notes.get('b'), Buffer.from([1, 2]));
  t.equal(await notes.get('c'), undefined);
  t.strictSame(
    [await notes.has('a'), await notes.delete('a'), await notes.has('a')],
    [true, true, false],
  );
  await t.rejects(notes.set('a', 'too long for it'), { code: wrong, option: 'value' });
  await t.rejects(notes.get('k'.repeat(65)), { code: wrong, option: 'key' });
});
