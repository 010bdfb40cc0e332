// What a new process has accepted goes back to the old one if the upgrade fails: connections between two requests, and
// new ones that nobody there serves any more.

import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';
import { nativeOnly } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';
import { APP } from '../fixtures/supervisor.js';
import { startUpgradable, type Upgradable } from '../fixtures/upgrade.js';

const CLIENTS = 20;
const ROUNDS = 3;

function workersOf({ run }: Upgradable): number[] {
  return run.workers().map(({ pid }) => pid);
}

// It is no other process's, so that nothing of it may stay.
test('a path that the new program alone listens at', nativeOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'app.cjs');
  const added = path.join(directory, 'added');
  const listens = "const http = require('node:http'); http.createServer().listen(0, '127.0.0.1');";
  writeFileSync(file, listens);
  const app = await startUpgradable(t, [file, '--min-uptime', '10000']);
  const bad = `setTimeout(() => { throw new Error('too soon'); }, 200)`;
  writeFileSync(file, `${listens} http.createServer().listen('${added}', () => ${bad});`);
  t.match(await app.fail(), /too soon/);
  t.notOk(existsSync(added), 'is removed');
  await app.stop();
});

/** Its answers name the release. Every worker dies, or none. */
function release(name: string, ends: string): string {
  return `const http = require('node:http');
http.createServer((request, response) => response.end('${name}')).listen(0, '127.0.0.1', () => {
  ${ends}
});`;
}

// What is accepted meanwhile has no worker there, nor will it have one.
test('every worker of the new process has stopped for good', nativeOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'app.cjs');
  writeFileSync(file, release('good', ''));
  const app = await startUpgradable(t, [file, '-w', '1', '--max-restarts', '0']);
  const hangs = 'const end = Date.now() + 1_000; while (Date.now() < end); process.exit(1);';
  writeFileSync(file, release('bad', hangs));
  const failed = app.fail();
  let isOver = false;
  const over = failed.then((why) => {
    isOver = true;
    return why;
  });
  const clients: Array<Promise<string>> = [];
  while (!isOver) {
    clients.push(
      fetch(`http://127.0.0.1:${app.port}/`, { headers: { connection: 'close' } }).then(
        (response) => response.text(),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.match(await over, /ended with code 1/);
  const served = await Promise.all(clients);
  t.ok(served.length > 100, `${served.length} clients`);
  t.ok(
    served.every((name) => name === 'good'),
    'the old process has served all that had no worker',
  );
  await app.stop();
});

test('a worker of the new process throws', nativeOnly, async (t) => {
  // Long enough for clients to come.
  const args = [APP, '--min-uptime', '10000'];
  const app = await startUpgradable(t, args);
  const fds = app.fds();
  const old = workersOf(app);
  const clients: KeepAliveClient[] = [];
  t.teardown(() => {
    for (const client of clients) client.destroy();
  });
  const ask = async (client: KeepAliveClient) =>
    (JSON.parse((await client.get()).body.toString()) as { pid: number }).pid;
  for (let round = 0; round < ROUNDS; round++) {
    const before = workersOf(app);
    const failed = app.fail();
    const added = () => workersOf(app).filter((pid) => !before.includes(pid));
    await until('the new workers are there', () => added().length >= 2);
    const byNew: KeepAliveClient[] = [];
    await until('the new workers serve', async () => {
      const client = await KeepAliveClient.open(app.port);
      clients.push(client);
      if (!old.includes(await ask(client))) byNew.push(client);
      return byNew.length >= CLIENTS;
    });
    const first = byNew.shift() as KeepAliveClient;
    await first.get('/throw');
    clients.splice(clients.indexOf(first), 1);
    first.destroy();
    // While their connections are on their way.
    const late = byNew.map((client) => ask(client));
    t.match(await failed, /serves on: The new process \d+: worker \d \(pid \d+\) drains \(error\)/);
    await Promise.all(late);
    const servers = await Promise.all(clients.map((client) => ask(client)));
    t.ok(
      servers.every((pid) => old.includes(pid)),
      'the old workers serve all',
    );
    t.ok(
      clients.every(({ ended }) => ended === null),
      'no connection was closed',
    );
    await until('no new worker is left', () => !added().some(isAlive));
  }
  for (const client of clients) client.destroy();
  await until('the old process has as many fds as before', () => app.fds() <= fds);
  await app.stop();
});
