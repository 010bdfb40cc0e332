// A global rondo starts a program that has a rondo of its own. The program's copy attaches, and serves; if
// the two cannot work together the error names both versions. `rondo start` runs the program's own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Test, test } from 'tap';
import { fixture, nativeOnly, openDeck, read } from '../fixtures/harness.js';
import { type Packed, pack } from '../fixtures/packed.js';

const PROGRAM = 'two-copies.mjs';

type Report = Record<string, unknown>;

/** What the program reports, one after another. */
function reports(child: ChildProcess): () => Promise<Report> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const iterator = lines[Symbol.asyncIterator]();
  return async () => {
    for (;;) {
      const { value, done } = await iterator.next();
      if (done === true) return { ended: true };
      if (value.startsWith('report ')) return JSON.parse(value.slice('report '.length));
    }
  };
}

/** The program, in the directory `app`. */
function install(packed: Packed): string {
  const program = path.join(packed.directory, 'app', PROGRAM);
  cpSync(fixture(PROGRAM), program);
  return program;
}

function run(t: Test, args: string[], options: object = {}): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  child.stderr?.resume();
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  });
  return child;
}

for (const transport of ['native', 'ipc'] as const) {
  test(
    `attach() of the copy that did not find the channel, ${transport}`,
    nativeOnly,
    async (t) => {
      const packed = pack(t);
      const global = packed.extract('global');
      packed.extract('app');
      const program = install(packed);
      const deck = await openDeck(t, { transport });
      const slot = deck.dispatcher.openSlot();
      const stdio = [...slot.stdio] as Array<'ignore' | 'pipe' | 'ipc' | number>;
      stdio[1] = 'pipe';
      const child = run(
        t,
        ['--import', path.join(global, 'dist/worker/index.js'), program, 'attach'],
        { stdio, env: { ...process.env, ...slot.env } },
      );
      slot.assign(child);
      const next = reports(child);
      t.match(await next(), { isWorker: true });
      t.strictSame(await next(), { listening: deck.port });
      t.equal(await read(deck.port), 'served');
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  );
}

test('attach() of a copy with another protocol', nativeOnly, async (t) => {
  const packed = pack(t);
  const global = packed.extract('global', { version: '1.2.3' });
  packed.extract('app', { protocol: 99, version: '4.5.6' });
  const program = install(packed);
  const deck = await openDeck(t);
  const slot = deck.dispatcher.openSlot();
  const stdio = [...slot.stdio] as Array<'ignore' | 'pipe' | 'ipc' | number>;
  stdio[1] = 'pipe';
  const child = run(t, ['--import', path.join(global, 'dist/worker/index.js'), program, 'attach'], {
    stdio,
    env: { ...process.env, ...slot.env },
  });
  slot.assign(child);
  const exit = once(child, 'close');
  const next = reports(child);
  t.strictSame(await next(), { isWorker: true, startedBy: '1.2.3' });
  t.match(await next(), {
    code: 'ERR_RONDO_PROTOCOL_VERSION',
    message: /rondo 1\.2\.3.*rondo 4\.5\.6/,
  });
  t.strictSame(await exit, [7, null]);
});

test('rondo/cluster of a program that a global preload has patched', nativeOnly, async (t) => {
  const packed = pack(t);
  const global = packed.extract('global', { version: '1.2.3' });
  packed.extract('app');
  const program = install(packed);
  const primary = `
    const cluster = require('node:cluster');
    cluster.setupPrimary({ exec: ${JSON.stringify(program)}, args: ['listen', '0'], execArgv: [] });
    cluster.fork();
    process.on('SIGTERM', () => {
      for (const worker of Object.values(cluster.workers)) worker.process.kill();
      process.exit();
    });`;
  const child = run(t, ['--require', path.join(global, 'dist/register.js'), '--eval', primary]);
  const next = reports(child);
  t.strictSame(await next(), { isWorker: true, startedBy: '1.2.3', stats: null });
  t.equal(await read((await next()).listening as number), 'served');
});

test('rondo start', nativeOnly, async (t) => {
  const packed = pack(t);
  const bin = path.join(packed.extract('global', { version: '1.2.3' }), 'dist/cli/main.js');
  packed.extract('app', { version: '4.5.6' });
  const program = install(packed);
  for (const way of ['attach', 'listen']) {
    const child = run(t, [bin, 'start', '--workers', '1', program, '--', way, '0']);
    const next = reports(child);
    t.match(await next(), { isWorker: true, startedBy: '4.5.6' });
    if (way === 'listen') t.equal(await read((await next()).listening as number), 'served');
    child.kill();
    t.strictSame(await once(child, 'exit'), [0, null]);
  }
  const other = run(t, [bin, '--version']);
  const [version] = await once(other.stdout as NodeJS.ReadableStream, 'data');
  t.equal(`${version}`.trim(), '1.2.3', 'what runs no program is the one that was called');
});
