// Each path of the control socket, by the client's methods: what it tells is what is, and what it is told is done, and
// answered when it is. On each transport.

import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ListenerStats, Supervisor } from 'rondo';
import type { LogRecord } from 'rondo/control';
import { test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { openControlled } from '../fixtures/control.js';
import { transports } from '../fixtures/harness.js';
import { APP } from '../fixtures/supervisor.js';

for (const transport of transports()) {
  test(`${transport}: read`, async (t) => {
    const { supervised, client } = await openControlled(t, { transport, window: 8 });
    const port = supervised.port();
    await (await fetch(`http://127.0.0.1:${port}/`)).text();
    const status = await client.status();
    t.match(status, {
      name: 'supervisor-app',
      program: APP,
      pid: supervised.pid,
      state: 'running',
      isDegraded: false,
      workers: 2,
      ready: 2,
      seats: [
        { seat: 0, state: 'running', weight: 1, maxConnections: null },
        { seat: 1, state: 'running' },
      ],
      listeners: [{ id: 0, paused: false, policy: 'round-robin', address: { port } }],
      dealing: { transport, window: 8, accepted: 1 },
      options: { exec: APP, workers: 2, minUptimeMs: 50, drainTimeoutMs: 30_000, env: [] },
      lastReload: null,
      control: { requests: 1, forbidden: 0, tooMany: 0, malformed: 0, unread: 0 },
    });
    t.match(await client.identity(), { name: 'supervisor-app', pid: supervised.pid, program: APP });
    t.strictSame(
      (await client.workers()).flatMap(({ workers }) => workers.map(({ pid }) => pid)).sort(),
      (await supervised.readyPids()).sort(),
    );
    t.match(await client.listeners(), [{ name: status.listeners[0]?.name }]);
    t.match(await client.options(), { policy: 'round-robin', window: 8, takeBackMs: 250 });
    const events = (await client.logs()).map(({ event }) => event);
    t.strictSame(events.sort(), [
      ...Array(2).fill('worker:ready'),
      ...Array(2).fill('worker:starting'),
    ]);
    t.equal((await client.logs(1)).length, 1);
  });

  test(`${transport}: change`, async (t) => {
    const { supervised, client } = await openControlled(t, { transport });
    const before = await supervised.readyPids();
    t.ok((await client.reload()).ms > 0);
    const after = await supervised.readyPids();
    t.notOk(
      after.some((pid) => before.includes(pid)),
      'both are new when it is answered',
    );
    t.match((await client.status()).lastReload, { outcome: 'done', error: null });

    t.strictSame(await client.scale(3), { workers: 3 });
    t.equal((await supervised.readyPids()).length, 3);
    await client.drain(1);
    t.strictSame(
      (await client.workers()).map(({ state }) => state),
      ['running', 'drained', 'running'],
    );
    await client.restart(1);
    t.match(await client.status(), { ready: 3, isDegraded: false });
    await client.configureSeat(1, { weight: 4, maxConnections: 9 });
    t.match((await client.workers())[1], { weight: 4, maxConnections: 9 });

    await client.configure({ policy: 'weighted', window: 4, takeBackMs: 0, maxOpenConnections: 7 });
    t.match(await client.options(), { policy: 'weighted', window: 4, takeBackMs: 0 });
    t.match((await client.status()).dealing, { policy: 'weighted', maxOpenConnections: 7 });
    await client.configure({ policy: { name: 'source-ip', bound: 2 }, maxOpenConnections: null });
    t.match((await client.status()).dealing, { policy: 'source-ip', maxOpenConnections: null });

    const listener = async () => (await client.listeners())[0] as ListenerStats;
    const { id, name } = await listener();
    const port = supervised.port();
    const changes = { policy: 'random', maxConnections: 5, overload: 'reset', maxQueueMs: 50 };
    await client.configureListener(`127.0.0.1:${port}`, changes as object);
    t.match(await listener(), { policy: 'random' });
    for (const one of [id, name, `127.0.0.1:${port}`, port, `:${port}`, undefined]) {
      t.strictSame(await client.pause(one), { listeners: [`127.0.0.1:${port}`] }, `${one}`);
      t.match(await listener(), { paused: true });
      t.strictSame(await client.resume(one), { listeners: [`127.0.0.1:${port}`] });
      t.match(await listener(), { paused: false });
    }
    t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    await t.rejects(client.upgrade(), { message: /^No upgrade: a process .* IPC channel/ });

    await client.stop();
    t.match(await supervised.stats(), { state: 'stopped' }, 'it has when it is answered');
    t.match(await client.status(), { state: 'stopped' }, 'and the socket is still there');
    await t.rejects(client.scale(1), { code: 'ERR_RONDO_SUPERVISOR_STATE' });
    await supervised.call('closeControl');
    await t.rejects(client.status(), { code: 'ERR_RONDO_CONTROL_GONE' });
  });
}

test('what is in files of the environment is told to nobody', async (t) => {
  const envFile = path.join(temporaryDirectory(t), '.env');
  writeFileSync(envFile, 'DB_PASSWORD=s3cret');
  const options = { envFile, env: { TOKEN: 's3cret, too' }, workers: 1 };
  const { client, supervised } = await openControlled(t, options);
  const told = await client.options();
  t.strictSame(told.env, ['TOKEN']);
  t.notMatch(JSON.stringify([told, await client.status()]), 's3cret');
  const { exec, workers, envFile: file, ...rest } = told;
  t.ok(exec && workers && file);
  const { env: _, policy: __, ...known } = rest;
  t.doesNotThrow(() => new Supervisor({ exec, ...known } as never), 'all are options of rondo');
  await supervised.call('stop');
});

test('a reload that fails', async (t) => {
  const exec = path.join(temporaryDirectory(t), 'app.mjs');
  copyFileSync(APP, exec);
  const { supervised, client } = await openControlled(t, { exec });
  const before = await supervised.readyPids();
  writeFileSync(exec, "console.error('a line of the new one'); process.exit(9);");
  const failed = {
    code: 'ERR_RONDO_RELOAD_FAILED',
    seat: 0,
    lastOutput: /a line of the new one/,
    message: /ended with code 9/,
  };
  await t.rejects(client.reload(), failed);
  t.strictSame(await supervised.readyPids(), before);
  t.match(await client.status(), { lastReload: { outcome: 'failed', error: failed } });
  const restart = { ...failed, code: 'ERR_RONDO_RESTART_FAILED', seat: 1 };
  await t.rejects(client.restart(1), restart);
  t.match(supervised.seen('action'), [
    { action: 'reload', by: { pid: process.pid }, error: null },
    { action: 'reload', error: /ended with code 9/ },
    { action: 'restart', error: null },
    { action: 'restart', error: /ended with code 9/ },
  ]);
});

test('what is refused', async (t) => {
  const { client, supervised } = await openControlled(t, {});
  const invalid = { code: 'ERR_RONDO_INVALID_OPTION' };
  await t.rejects(client.scale(0), { ...invalid, option: 'workers' });
  await t.rejects(client.scale(513), invalid);
  await t.rejects(client.scale('2' as never), invalid);
  await t.rejects(client.configure({ window: 2000 }), { ...invalid, option: 'window' });
  await t.rejects(client.configure({ policy: 'fair' as never }), { ...invalid, option: 'policy' });
  await t.rejects(client.configureSeat(0, { weight: 0 }), { ...invalid, option: 'weight' });
  await t.rejects(client.configureSeat(2, { weight: 1 }), { ...invalid, option: 'seat' });
  await t.rejects(client.restart('x' as never), { ...invalid, message: /Received 'x'/ });
  await t.rejects(client.pause('nowhere'), { ...invalid, option: 'listener' });
  await t.rejects(client.drain(0, { force: 'yes' as never }), { ...invalid, option: 'force' });
  const unknown = { code: 'ERR_RONDO_UNKNOWN_OPTION' };
  await t.rejects(client.configure({ workers: 3 } as never), { ...unknown, option: 'workers' });
  await t.rejects(client.configureSeat(0, { wieght: 1 } as never), unknown);
  await client.drain(0);
  await t.rejects(client.drain(1), { code: 'ERR_RONDO_LAST_WORKER', seat: 1 });
  t.match(await supervised.stats(), { state: 'running', seats: [{}, { state: 'running' }] });
});

test('the log is followed', async (t) => {
  const { client, supervised } = await openControlled(t, {});
  const seen: LogRecord[] = [];
  const end = new AbortController();
  const following = (async () => {
    for await (const record of client.events({ last: 2, signal: end.signal })) {
      seen.push(record);
      if (record.event === 'reload:end') end.abort();
    }
  })();
  await client.reload();
  await following;
  t.strictSame(
    seen.slice(0, 2).map(({ event }) => event),
    ['worker:ready', 'worker:ready'],
  );
  t.match(seen[2], { event: 'action', action: 'reload', by: { pid: process.pid } });
  t.match(
    seen.find(({ event }) => event === 'worker:draining'),
    { seat: 0, reason: 'reload' },
  );
  const events = client.events();
  const next = events.next();
  await supervised.call('kill');
  t.equal((await next).done, false);
  await supervised.call('closeControl');
  for await (const _ of events);
  t.pass('it ends without an error when the other one does');
});
