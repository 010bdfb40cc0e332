// A worker whose loop is stuck, or that stands still, for longer than hangTimeoutMs is reported with its age,
// killed and replaced; what it had not received is served by another. One that is merely busy is left alone.

import { test } from 'tap';
import { stop, until } from '../fixtures/faults.js';
import { nativeOnly } from '../fixtures/harness.js';
import { openSupervisor, type Supervised } from '../fixtures/supervisor.js';

const options = { workers: 2, hangTimeoutMs: 1_200, takeBackMs: 0, policy: 'round-robin' as const };

async function visits(port: number, count: number): Promise<Set<number>> {
  const headers = { connection: 'close' };
  const all = Array.from({ length: count }, async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
    return ((await response.json()) as { pid: number }).pid;
  });
  return new Set(await Promise.all(all));
}

function hungOf({ events }: Supervised): Array<[pid: number, ageMs: number]> {
  return events
    .filter(({ event }) => event === 'worker:hung')
    .map(({ args: [info, ageMs] }) => [(info as { pid: number }).pid, ageMs as number]);
}

/** Of the heartbeat that is the oldest. */
async function ageOf(supervised: Supervised): Promise<number> {
  const { dispatcher } = await supervised.stats();
  return Math.max(...(dispatcher?.slots ?? []).map(({ heartbeatAgeMs }) => heartbeatAgeMs ?? 0));
}

for (const how of ['computes for ever', 'is stopped'] as const) {
  test(how, nativeOnly, async (t) => {
    const supervised = await openSupervisor(t, options);
    await supervised.call('start');
    const port = supervised.port();
    let pid = 0;
    if (how === 'is stopped') {
      [pid = 0] = await supervised.readyPids();
      await stop(pid);
    } else {
      const never = fetch(`http://127.0.0.1:${port}/hang`);
      never.then(
        () => t.fail('it answered'),
        () => {},
      );
      // What it has received before it hangs is lost with it.
      await until('it hangs', async () => (await ageOf(supervised)) > options.hangTimeoutMs / 3);
    }
    const served = await visits(port, 12);
    await supervised.until('worker:ready', 3);
    const [[hung, ageMs] = [0, 0], ...others] = hungOf(supervised);
    t.strictSame(others, []);
    if (pid !== 0) t.equal(hung, pid);
    t.ok(ageMs >= options.hangTimeoutMs && ageMs < 5_000, `${ageMs} ms`);
    t.notOk(served.has(hung), 'all were answered by the other');
    t.match(supervised.seen('worker:exited'), [{ pid: hung, reason: 'hung', signal: 'SIGKILL' }]);
    t.notOk((await supervised.readyPids()).includes(hung));
  });
}

test('idle ones are not', nativeOnly, async (t) => {
  const supervised = await openSupervisor(t, { ...options, hangTimeoutMs: 400 });
  await supervised.call('start');
  // Long enough for several checks: four in each time-out.
  await fetch(`http://127.0.0.1:${supervised.port()}/slow`);
  await fetch(`http://127.0.0.1:${supervised.port()}/slow`);
  t.strictSame(hungOf(supervised), []);
  const { dispatcher } = await supervised.stats();
  for (const { heartbeatAgeMs } of dispatcher?.slots ?? []) {
    t.ok(typeof heartbeatAgeMs === 'number' && heartbeatAgeMs < 400, `${heartbeatAgeMs} ms`);
  }
});

test('while it drains', nativeOnly, async (t) => {
  const supervised = await openSupervisor(t, { ...options, workers: 1, drainTimeoutMs: 60_000 });
  await supervised.call('start');
  const [pid = 0] = await supervised.readyPids();
  const held = await fetch(`http://127.0.0.1:${supervised.port()}/begin`);
  const reloading = supervised.call('reload');
  await supervised.until('worker:draining');
  await stop(pid);
  await reloading;
  await supervised.until('worker:exited');
  await t.rejects(held.text());
  const [[hung, ageMs] = [0, 0]] = hungOf(supervised);
  t.equal(hung, pid);
  t.ok(ageMs >= options.hangTimeoutMs, `${ageMs} ms`);
  t.match(supervised.seen('worker:exited'), [{ pid, reason: 'reload', signal: 'SIGKILL' }]);
  t.equal((await supervised.readyPids()).length, 1);
});

// Its reason is the stop; that it hung is told, and it is not waited for until a drain would have had its time.
test('while all stop', nativeOnly, async (t) => {
  const drainTimeoutMs = 60_000;
  const supervised = await openSupervisor(t, { ...options, drainTimeoutMs });
  await supervised.call('start');
  const [pid = 0, other] = await supervised.readyPids();
  await stop(pid);
  await supervised.call('stop');
  const [[hung] = [0], ...others] = hungOf(supervised);
  t.equal(hung, pid);
  t.strictSame(others, []);
  const ended = supervised.seen('worker:exited');
  t.match(
    ended.find((info) => info.pid === pid),
    { reason: 'stop', signal: 'SIGKILL' },
  );
  t.match(
    ended.find((info) => info.pid === other),
    { reason: 'stop', code: 0 },
  );
});

// As a controller does that scales or weighs, or reloads that fail one after another.
test('while options are changed again and again', nativeOnly, async (t) => {
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const [pid = 0] = await supervised.readyPids();
  await stop(pid);
  const since = performance.now();
  while (hungOf(supervised).length === 0 && performance.now() - since < 20_000) {
    await supervised.call('configure', { window: 'auto' });
  }
  t.strictSame(
    hungOf(supervised).map(([hung]) => hung),
    [pid],
  );
});
