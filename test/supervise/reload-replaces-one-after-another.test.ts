// A reload brings new workers with what is new, each well before the old one drains. If a new one fails,
// the old ones stay and the reload says what it wrote last.

import type { WorkerInfo } from 'rondo';
import { test } from 'tap';
import { openSupervisor, type Supervised } from '../fixtures/supervisor.js';

async function ask(supervised: Supervised): Promise<{ version: string; pid: number }> {
  const headers = { connection: 'close' };
  const response = await fetch(`http://127.0.0.1:${supervised.port()}/`, { headers });
  return (await response.json()) as { version: string; pid: number };
}

/** How many workers were ready at the least, and started or ready at the most, since then. */
function extremes({ events }: Supervised, from: number): { least: number; most: number } {
  const states = new Map<number, string>();
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const [index, { event, args }] of events.entries()) {
    const { pid, state } = (args[0] ?? {}) as Partial<WorkerInfo>;
    if (!event.startsWith('worker:') || pid == null) continue;
    states.set(pid, state as string);
    const count = (wanted: string[]) =>
      [...states.values()].filter((s) => wanted.includes(s)).length;
    if (index < from) continue;
    least = Math.min(least, count(['ready']));
    most = Math.max(most, count(['starting', 'ready']));
  }
  return { least, most };
}

for (const parallel of [1, 2]) {
  test(`parallel ${parallel}`, async (t) => {
    const supervised = await openSupervisor(t, { workers: 3, parallel, env: { APP_VERSION: '1' } });
    await supervised.call('start');
    t.equal((await ask(supervised)).version, '1');
    const old = await supervised.readyPids();
    const from = supervised.events.length;
    await supervised.call('reload', { env: { APP_VERSION: '2' } });
    const now = await supervised.readyPids();
    t.equal(now.length, 3);
    t.notOk(
      now.some((pid) => old.includes(pid)),
      'all are new',
    );
    t.equal((await ask(supervised)).version, '2');
    t.strictSame(extremes(supervised, from), { least: 3, most: 3 + parallel });
    await supervised.until('worker:exited', 3);
    for (const info of supervised.seen('worker:exited'))
      t.match(info, { reason: 'reload', code: 0 });
    t.strictSame([...new Set(now)].length, 3);
    const { seats } = await supervised.stats();
    t.match(
      seats,
      [0, 1, 2].map((id) => ({ id, workers: [{ seat: id }], failures: 0 })),
    );
  });
}

test('what is asked for while one waits is one reload', async (t) => {
  const supervised = await openSupervisor(t);
  await supervised.call('start');
  await Promise.all([1, 2, 3, 4].map(() => supervised.call('reload')));
  const reloads = supervised.seen('reload:end').length;
  t.ok(reloads >= 1 && reloads <= 2, `${reloads}`);
  t.equal(supervised.seen('worker:starting').length, 2 + 2 * reloads);
});

test('a new worker that fails', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2 });
  await supervised.call('start');
  const old = await supervised.readyPids();
  const env = { APP_FAILS: 'with-words' };
  const error = await supervised.call('reload', { env }).catch((error) => error);
  t.equal(error.code, 'ERR_RONDO_RELOAD_FAILED');
  t.match(error.message, 'the database is not there');
  t.match(error.message, /ended with code 5/);
  t.match(error, { seat: 0, lastOutput: /the database is not there/ });
  t.strictSame((await supervised.readyPids()).sort(), old.sort(), 'the old ones stay');
  t.equal(supervised.seen('worker:starting').length, 3, 'it is not tried on the second seat');
  t.equal(supervised.seen('reload:failed').length, 1);

  await supervised.call('reload', { env: { APP_VERSION: '3' } });
  t.equal((await ask(supervised)).version, '3', 'and the next one works');

  process.kill((await supervised.readyPids())[0] as number, 'SIGKILL');
  await supervised.until('worker:ready', 5);
  t.equal((await ask(supervised)).version, '3', 'also in what replaces a dead worker');
});

test('after a failed one, a dead worker is replaced with the old options', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1, env: { APP_VERSION: 'old' } });
  await supervised.call('start');
  await t.rejects(supervised.call('reload', { env: { APP_FAILS: 'silently' } }));
  process.kill((await supervised.readyPids())[0] as number, 'SIGKILL');
  await supervised.until('worker:ready', 2);
  t.equal((await ask(supervised)).version, 'old');
});

test('an old one that dies meanwhile', async (t) => {
  const supervised = await openSupervisor(
    t,
    { workers: 1, readyWhen: 'message' },
    {
      APP_READY_AFTER_MS: '200',
    },
  );
  await supervised.call('start');
  const [old] = await supervised.readyPids();
  const reload = supervised.call('reload');
  await supervised.until('worker:starting', 2);
  process.kill(old as number, 'SIGKILL');
  await reload;
  t.equal(supervised.seen('worker:starting').length, 2, 'its successor was there already');
  t.match((await supervised.stats()).seats, [{ failures: 1 }], 'and it counts');
  t.equal((await supervised.readyPids()).length, 1);
});

test('what is configured while one fails stays', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1 });
  await supervised.call('start');
  const changes = { window: 7, startTimeoutMs: 500, env: { APP_FAILS: 'by-never-listening' } };
  const reload = supervised.call('reload', changes);
  await supervised.until('worker:starting', 2);
  await supervised.call('configure', { policy: 'least-connections' });
  await t.rejects(reload, { code: 'ERR_RONDO_RELOAD_FAILED' });
  const { dispatcher } = await supervised.stats();
  t.match(dispatcher, { policy: 'least-connections', window: 'auto' });
});

test('what cannot be changed', async (t) => {
  const supervised = await openSupervisor(t);
  await supervised.call('start');
  const wrong = { code: 'ERR_RONDO_INVALID_OPTION' };
  await t.rejects(supervised.call('reload', { transport: 'ipc' }), {
    ...wrong,
    message: /'transport'/,
  });
  await t.rejects(supervised.call('reload', { workers: 0 }), {
    ...wrong,
    message: /'workers'.*Received 0/,
  });
  await t.rejects(supervised.call('reload', { exec: 'nowhere.js' }), {
    ...wrong,
    message: /'exec'/,
  });
  await t.rejects(supervised.call('reload', { colour: 1 }), { code: 'ERR_RONDO_UNKNOWN_OPTION' });
  t.strictSame(supervised.seen('reload:begin'), []);
});
