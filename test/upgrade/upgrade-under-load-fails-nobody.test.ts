// Upgrades under load, in a row: no request fails, none is refused and none hangs, on a port and on a Unix path, on
// connections that are kept and on new ones. As many fds are open after as before, and the path is where it was.

import { once } from 'node:events';
import { existsSync, lstatSync, unlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { nativeOnly, transports } from '../fixtures/harness.js';
import { startLoad, underLoad } from '../fixtures/loadgen.js';
import { APP, startUpgradable } from '../fixtures/upgrade.js';

const UPGRADES = 3;

/** What the program says at that path, on a connection of its own. */
async function askAt(socketPath: string): Promise<string> {
  const request = http.get({ socketPath, agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return body;
}

/** Asks again and again until it is told to end. Resolves with how often, and with the errors. */
function askOnAndOn(socketPath: string): { end(): Promise<{ ok: number; errors: string[] }> } {
  let isOver = false;
  let ok = 0;
  const errors: string[] = [];
  const done = (async () => {
    while (!isOver) {
      await askAt(socketPath).then(
        () => ok++,
        (error: NodeJS.ErrnoException) => errors.push(error.code ?? error.message),
      );
      await delay(2);
    }
  })();
  return {
    async end() {
      isOver = true;
      await done;
      return { ok, errors };
    },
  };
}

for (const transport of transports()) {
  test(transport, underLoad, async (t: Test) => {
    const UNIX_PATH = path.join(temporaryDirectory(t), 'socket');
    const app = await startUpgradable(t, [APP], { UNIX_PATH, RONDO_TRANSPORT: transport });
    await until('the path is there', () => existsSync(UNIX_PATH));
    const { ino } = lstatSync(UNIX_PATH);
    const fds = app.fds();
    const load = { port: app.port, seconds: 60 };
    const loads = [
      startLoad('keep-alive', { ...load, concurrency: 16 }),
      startLoad('http', { ...load, concurrency: 8 }),
    ];
    const unix = askOnAndOn(UNIX_PATH);
    for (let i = 0; i < UPGRADES; i++) {
      const old = app.pid();
      await app.upgrade();
      await app.gone(old);
    }
    for (const one of loads) one.stop();
    for (const one of loads) {
      const { ok, failed, failures, refused, hung, workers } = await one.report;
      t.comment(`${ok} answered, by ${Object.keys(workers).length} workers`);
      t.strictSame(
        { failed, failures, refused, hung },
        { failed: 0, failures: {}, refused: 0, hung: 0 },
      );
      t.ok(ok > 100, 'there was load');
      t.ok(Object.keys(workers).length >= 2 * UPGRADES, 'of every process');
    }
    const { ok, errors } = await unix.end();
    t.ok(ok > 20, `the path was asked ${ok} times`);
    // libuv removes a path with its socket: there is a moment without it.
    t.strictSame(transport === 'native' ? errors : errors.filter((code) => code !== 'ENOENT'), []);
    t.equal(lstatSync(UNIX_PATH).ino, ino, 'the path is the same file');
    // With ipc some connections are on their way as long as there is load.
    await until('the last process has as many fds as the first had', () => app.fds() <= fds);
    await app.stop();
    t.notOk(existsSync(UNIX_PATH), 'the last one removes the path');
  });
}

test('a path that the new program removes before it listens', nativeOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const UNIX_PATH = path.join(directory, 'socket');
  const file = path.join(directory, 'app.cjs');
  writeFileSync(
    file,
    `require('node:fs').rmSync(process.env.UNIX_PATH, { force: true });
    const server = require('node:http').createServer((_, response) => response.end(String(process.ppid)));
    server.listen(process.env.UNIX_PATH);
    require('node:http').createServer().listen(0, '127.0.0.1');`,
  );
  const app = await startUpgradable(t, [file, '--min-uptime', '1500'], { UNIX_PATH });
  const old = app.pid();
  const next = await app.upgrade();
  await until('the path is there', () => existsSync(UNIX_PATH));
  t.equal(await askAt(UNIX_PATH), String(next), 'it leads to the new process');
  await app.gone(old);
  t.equal(await askAt(UNIX_PATH), String(next), 'and stays');
  unlinkSync(UNIX_PATH);
  await until('it is bound anew', () => existsSync(UNIX_PATH));
  t.equal(await askAt(UNIX_PATH), String(next));
  await app.stop();
});
