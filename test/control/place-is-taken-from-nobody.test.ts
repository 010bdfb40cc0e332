// A control socket at which nobody listens is replaced. One at which somebody does is an error that names the process, and
// anything else in its place is left alone; so it is when several want it at once.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { openControlled, request } from '../fixtures/control.js';
import { proceed, stop } from '../fixtures/faults.js';
import { openSupervisor } from '../fixtures/supervisor.js';

test('nobody listens there', async (t) => {
  const { supervised, path: file } = await openControlled(t);
  const exit = once(supervised.child, 'exit');
  supervised.child.kill('SIGKILL');
  await exit;
  t.ok(lstatSync(file).isSocket(), 'it is left behind');
  const next = await openSupervisor(t);
  t.match(await next.call('control', { path: file }), { path: file });
  t.match(await request(file, 'GET /v1'), { status: 200, body: { pid: next.pid } });
  t.strictSame(readdirSync(path.dirname(file)), ['control']);
});

test('somebody does', async (t) => {
  const { supervised, client, path: file } = await openControlled(t);
  const other = await openSupervisor(t);
  const taken = {
    code: 'ERR_RONDO_CONTROL_PLACE',
    message: `The control socket '${file}' is in use by process ${supervised.pid}`,
  };
  await t.rejects(other.call('control', { path: file }), taken);
  t.match(await client.identity(), { pid: supervised.pid });
  await stop(supervised.pid);
  const rejected = other.call('control', { path: file }).catch((error) => error);
  // Without the addon it is the other one that says who it is, and this one does not.
  const error = (await rejected) as Error & { code: string };
  proceed(supervised.pid);
  t.equal(error.code, 'ERR_RONDO_CONTROL_PLACE', 'also if it stands');
  t.match(await client.identity(), { pid: supervised.pid });
  t.strictSame(readdirSync(path.dirname(file)), ['control']);
});

test('something else is there', async (t) => {
  const { path: live, client } = await openControlled(t);
  const directory = temporaryDirectory(t);
  const kinds: Record<string, [make: (file: string) => void, says: RegExp]> = {
    link: [(file) => symlinkSync(live, file), /a symbolic link, and is left alone/],
    dangling: [(file) => symlinkSync('/nowhere', file), /a symbolic link/],
    file: [(file) => writeFileSync(file, 'precious'), /no socket/],
    directory: [(file) => mkdirSync(file), /no socket/],
    fifo: [(file) => spawnSync('mkfifo', [file]), /no socket/],
  };
  for (const [name, [make, says]] of Object.entries(kinds)) {
    const file = path.join(directory, name);
    make(file);
    const before = lstatSync(file);
    const other = await openSupervisor(t);
    const wrong = { code: 'ERR_RONDO_CONTROL_PLACE', message: says };
    await t.rejects(other.call('control', { path: file }), wrong, name);
    const { ino, size, mode } = lstatSync(file);
    t.strictSame({ ino, size, mode }, { ino: before.ino, size: before.size, mode: before.mode });
    t.notOk(existsSync(`${file}.${other.pid}`));
  }
  t.strictSame(readdirSync(directory).sort(), Object.keys(kinds).sort(), 'and nothing is left');
  t.equal((await client.status()).state, 'running');
});

test('it cannot be there', async (t) => {
  const directory = temporaryDirectory(t);
  const supervised = await openSupervisor(t);
  const nowhere = path.join(directory, 'nowhere', 'control');
  await t.rejects(supervised.call('control', { path: nowhere }), { code: 'ENOENT' });
  const long = path.join(directory, 'x'.repeat(100));
  const tooLong = { code: 'ERR_RONDO_CONTROL_PLACE', message: /too long/ };
  await t.rejects(supervised.call('control', { path: long }), tooLong);
  const invalid = { code: 'ERR_RONDO_INVALID_OPTION', message: /'path'/ };
  for (const file of ['', '\0abstract', 7, null]) {
    await t.rejects(supervised.call('control', { path: file }), invalid);
  }
  for (const name of ['', 'a/b', '..', '.a', 'x'.repeat(65), 'a b', 7]) {
    const wrong = { code: 'ERR_RONDO_INVALID_OPTION', message: /'name'/ };
    await t.rejects(supervised.call('control', { name }), wrong, String(name));
  }
  t.strictSame(readdirSync(directory), []);
});

test('several at once', async (t) => {
  const { supervised, path: file } = await openControlled(t);
  const exit = once(supervised.child, 'exit');
  supervised.child.kill('SIGKILL');
  await exit;
  const others = await Promise.all(Array.from({ length: 4 }, () => openSupervisor(t)));
  const results = await Promise.allSettled(
    others.map((other) => other.call('control', { path: file })),
  );
  const winners = others.filter((_, i) => results[i]?.status === 'fulfilled');
  t.equal(winners.length, 1, 'one has it');
  t.match(await request(file, 'GET /v1'), { body: { pid: winners[0]?.pid } });
  for (const result of results) {
    if (result.status === 'rejected') t.equal(result.reason.code, 'ERR_RONDO_CONTROL_PLACE');
  }
  t.strictSame(readdirSync(path.dirname(file)), ['control']);
});

test('it is handed over', async (t) => {
  const { supervised, client, path: file } = await openControlled(t);
  const next = await openSupervisor(t);
  const wrong = { path: file, replaces: next.pid };
  await t.rejects(next.call('control', wrong), { code: 'ERR_RONDO_CONTROL_PLACE' });
  t.match(await client.identity(), { pid: supervised.pid });
  let isOver = false;
  const asked: number[] = [];
  const asking = (async () => {
    while (!isOver) asked.push((await client.identity()).pid);
  })();
  await next.call('control', { path: file, replaces: supervised.pid });
  isOver = true;
  await asking;
  await supervised.call('closeControl');
  t.ok(
    asked.every((pid) => pid === supervised.pid || pid === next.pid),
    'somebody always answers',
  );
  t.match(await client.identity(), { pid: next.pid });
  t.strictSame(readdirSync(path.dirname(file)), ['control']);
});
