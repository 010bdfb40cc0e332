// A ready worker that hangs is found though the scoreboard does not show it: before its first heartbeat, with
// the ipc transport, after it has closed its server, and as a program that listens nowhere. One that lives and
// is not on the scoreboard is left alone.

import { type Test, test } from 'tap';
import { stop } from '../fixtures/faults.js';
import { fixture, nativeOnly, transports } from '../fixtures/harness.js';
import { openSupervisor, type Supervised } from '../fixtures/supervisor.js';

const hangTimeoutMs = 600;

/** Stops the process and waits until it is found, and replaced. */
async function isFound(t: Test, supervised: Supervised, pid: number): Promise<void> {
  const before = supervised.seen('worker:ready').length;
  await stop(pid);
  await supervised.until('worker:hung');
  t.match(supervised.seen('worker:hung'), [{ pid, state: 'ready' }]);
  await supervised.until('worker:ready', before + 1);
  t.match(supervised.seen('worker:exited'), [{ pid, reason: 'hung', signal: 'SIGKILL' }]);
}

test('before its first heartbeat', nativeOnly, async (t) => {
  const options = { workers: 3, hangTimeoutMs, minUptimeMs: 0, maxRestarts: 1_000 };
  const supervised = await openSupervisor(t, options, { APP_HANGS_AFTER_MS: '1' });
  await supervised.call('start');
  await supervised.until('worker:hung', 15);
  const hung = supervised.seen('worker:hung').map(({ pid }) => pid);
  for (const { pid } of supervised.seen('worker:ready').slice(0, 9)) {
    t.ok(hung.includes(pid), `${pid} was found`);
  }
  for (const { args } of supervised.events.filter(({ event }) => event === 'worker:hung')) {
    t.ok((args[1] as number) >= hangTimeoutMs && (args[1] as number) < 6_000, `${args[1]} ms`);
  }
});

for (const transport of transports()) {
  test(`transport ${transport}`, async (t) => {
    const supervised = await openSupervisor(t, { workers: 2, hangTimeoutMs, transport });
    await supervised.call('start');
    // Long enough for several checks.
    for (let i = 0; i < 3; i++) await fetch(`http://127.0.0.1:${supervised.port()}/slow`);
    t.strictSame(supervised.seen('worker:hung'), []);
    const [pid = 0] = await supervised.readyPids();
    await isFound(t, supervised, pid);
  });
}

test('after it has closed its server', nativeOnly, async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, hangTimeoutMs });
  await supervised.call('start');
  const url = `http://127.0.0.1:${supervised.port()}`;
  const headers = { connection: 'close' };
  const closed = await fetch(`${url}/close`, { headers });
  const { pid } = (await closed.json()) as { pid: number };
  for (let i = 0; i < 3; i++) await fetch(`${url}/slow`, { headers });
  t.strictSame(supervised.seen('worker:hung'), []);
  await isFound(t, supervised, pid);
});

test('a program that listens nowhere', async (t) => {
  const options = {
    exec: fixture('supervisor-raw.mjs'),
    args: ['started'],
    readyWhen: 'started' as const,
  };
  const supervised = await openSupervisor(t, { ...options, workers: 2, hangTimeoutMs });
  await supervised.call('start');
  const [pid = 0] = await supervised.readyPids();
  await isFound(t, supervised, pid);
});
