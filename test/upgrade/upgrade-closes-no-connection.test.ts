// Upgrades in a row under clients that POST on keep-alive connections and try nothing twice: the idle connections of
// the old process go to the new one, so that none is closed and no request fails.

import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';
import { startPostedLoad } from '../fixtures/posted-load.js';
import { startUpgradable, type Upgradable } from '../fixtures/upgrade.js';

const UPGRADES = 5;
const WORKERS = 2;
/** Each client asks some times. */
const REQUESTS = 300;

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
const withLimits = hasPrlimit ? nativeOnly : { skip: 'needs prlimit' };

test('64 clients', nativeOnly, async (t) => {
  const app = await startUpgradable(t, [fixture('posted-app.mjs')]);
  const fds = app.fds();
  const load = await startPostedLoad(app.port);
  for (let i = 0; i < UPGRADES; i++) {
    const old = app.pid();
    await app.upgrade();
    await app.gone(old);
    const { answered } = load;
    await until('they go on', () => load.answered >= answered + REQUESTS);
  }
  const { failures, served } = await load.stop();
  t.comment(`${load.answered} requests by ${served.size} workers`);
  t.strictSame(failures, []);
  t.equal(served.size, WORKERS * (UPGRADES + 1), 'all workers of all processes have served');
  await until('the last process has as many fds as the first had', () => app.fds() <= fds);
  await app.stop();
});

// Its request is not complete when the old process drains.
test('a request that takes longer than the upgrade', nativeOnly, async (t) => {
  const app = await startUpgradable(t, [fixture('posted-app.mjs')]);
  const client = await KeepAliveClient.open(app.port);
  t.teardown(() => client.destroy());
  client.socket.write('POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nha');
  const before = workersOf(app);
  const old = app.pid();
  await app.upgrade();
  const [, first] = (await client.send('lf')).body.toString().split(' ');
  t.ok(before.includes(Number(first)), 'is answered by the old one');
  await app.gone(old);
  const [, second] = (await client.post('/', 'again')).body.toString().split(' ');
  t.notOk(before.includes(Number(second)), 'the next one by the new one');
  t.equal(client.ended, null);
  await app.stop();
});

// The first old process has a request still, when the second one has become old, too.
test('an upgrade while the process before drains', nativeOnly, async (t) => {
  const app = await startUpgradable(t, [fixture('posted-app.mjs')]);
  const client = await KeepAliveClient.open(app.port);
  t.teardown(() => client.destroy());
  client.socket.write('POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nha');
  const first = app.pid();
  const before = workersOf(app);
  const second = await app.upgrade();
  const between = workersOf(app);
  await app.upgrade();
  await until('the second has no worker any more', () =>
    between.every((pid) => before.includes(pid) || !isAlive(pid)),
  );
  t.ok(isAlive(first) && isAlive(second), 'it is there for what the first still has');
  const [, pid] = (await client.send('lf')).body.toString().split(' ');
  t.ok(before.includes(Number(pid)));
  await app.gone(first);
  await app.gone(second);
  const [, next] = (await client.post('/', 'again')).body.toString().split(' ');
  t.notOk(between.includes(Number(next)), 'it has gone all the way');
  t.equal(client.ended, null);
  await app.stop();
});

// It is killed when some of the connections have come.
for (const point of ['before got', 'after taken']) {
  test(`the new process is killed ${point}`, nativeOnly, async (t) => {
    const KILL_AT = path.join(temporaryDirectory(t), 'at');
    writeFileSync(KILL_AT, point);
    const env = { NODE_OPTIONS: `--import=${fixture('upgrade-killer.mjs')}`, KILL_AT };
    const app = await startUpgradable(t, [fixture('posted-app.mjs')], env);
    const clients = await Promise.all(
      Array.from({ length: 200 }, () => KeepAliveClient.open(app.port)),
    );
    t.teardown(() => {
      for (const client of clients) client.destroy();
    });
    for (const client of clients) await client.post('/', 'x');
    const slow = await KeepAliveClient.open(app.port);
    t.teardown(() => slow.destroy());
    slow.socket.write('POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nha');
    const old = app.pid();
    process.kill(old, 'SIGUSR2');
    await until('the idle ones are closed', () => clients.every(({ ended }) => ended !== null));
    t.equal((await slow.send('lf')).status, 200, 'a request at the old one is answered');
    await app.gone(old);
    await until('and that is closed', () => slow.ended !== null);
    t.match(app.run.stderr(), /\nrondo: stopped\n/, 'the old process has ended in order');
    const drained = app.run.stderr().match(/\(upgrade\); drained in .*, 0 destroyed/g);
    t.equal(drained?.length, WORKERS, 'and its workers');
  });
}

// What it has no descriptor for stays in the channel, and is there when it has.
test('the new process is out of descriptors', withLimits, async (t) => {
  const app = await startUpgradable(t, [fixture('posted-app.mjs')]);
  const clients = await Promise.all(
    Array.from({ length: 100 }, () => KeepAliveClient.open(app.port)),
  );
  t.teardown(() => {
    for (const client of clients) client.destroy();
  });
  for (const client of clients) await client.post('/', 'x');
  const old = app.pid();
  process.kill(old, 'SIGUSR2');
  let next = 0;
  await until('the new one starts', () => {
    next = Number(/process (\d+) starts, to replace/.exec(app.run.stderr())?.[1] ?? 0);
    return next !== 0;
  });
  const limit = (nofile: number): void => {
    const { status, stderr } = spawnSync('prlimit', ['--pid', String(next), `--nofile=${nofile}:`]);
    t.equal(status, 0, String(stderr));
  };
  const LIMIT = 90;
  limit(LIMIT);
  await until('it has no more', () => readdirSync(`/proc/${next}/fd`).length >= LIMIT - 1);
  limit(1_000);
  await app.gone(old);
  t.strictSame(
    clients.filter(({ ended }) => ended !== null),
    [],
    'none is closed',
  );
  const answers = await Promise.all(clients.map((client) => client.post('/', 'y')));
  t.ok(answers.every(({ status }) => status === 200));
  await app.stop();
});

function workersOf({ run }: Upgradable): number[] {
  return run.workers().map(({ pid }) => pid);
}
