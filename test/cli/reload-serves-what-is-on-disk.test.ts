// SIGHUP replaces the workers by such of the program as it is on the disk then, one after another. One that does not start changes nothing, and is shown.

import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import {
  ask,
  noneIsLeft,
  runCli,
  temporaryDirectory,
  writeServer,
} from '../fixtures/cluster-cli.js';

test('SIGHUP', async (t) => {
  const file = path.join(temporaryDirectory(t), 'app.cjs');
  writeServer(file, 'one');
  const run = runCli(t, ['start', file, '-w', '2']);
  const port = await run.listening(2);
  t.equal(await ask(port), 'one');
  writeServer(file, 'two');
  run.child.kill('SIGHUP');
  await run.says(/^rondo: reload: done$/m);
  for (let i = 0; i < 4; i++) t.equal(await ask(port), 'two');
  t.strictSame(
    run.workers().map(({ seat }) => seat),
    [
      ...run
        .workers()
        .slice(0, 2)
        .map(({ seat }) => seat),
      0,
      1,
    ],
    'one seat after another',
  );
  const log = run.stderr();
  for (const seat of [0, 1]) {
    const old = run.workers().find((worker) => worker.seat === seat)?.pid;
    const next = run
      .workers()
      .slice(2)
      .find((worker) => worker.seat === seat)?.pid;
    const isReady = log.indexOf(`(pid ${next}) ready`);
    const drains = log.indexOf(`(pid ${old}) drains (reload)`);
    t.ok(isReady > 0 && isReady < drains, 'ready before the old one drains');
  }
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  await noneIsLeft(run);
});

test('one that does not start', async (t) => {
  const file = path.join(temporaryDirectory(t), 'app.cjs');
  writeServer(file, 'one');
  const run = runCli(t, ['start', file, '-w', '2']);
  const port = await run.listening(2);
  writeFileSync(file, "throw new Error('half a program');");
  run.child.kill('SIGHUP');
  const [said] = await run.says(
    /^rondo: reload: failed, the old workers stay: worker 0 .*\n(.*\n)*?Error: half a program/m,
  );
  t.ok(said);
  for (const { pid } of run.workers()) t.notMatch(run.stderr(), `(pid ${pid}) drains`);
  t.equal(await ask(port), 'one');
  writeServer(file, 'two');
  run.child.kill('SIGHUP');
  await run.says(/^rondo: reload: done$/m);
  t.equal(await ask(port), 'two');
});

test('by a link that is turned', async (t) => {
  const directory = temporaryDirectory(t);
  for (const release of ['one', 'two']) {
    mkdirSync(path.join(directory, release));
    writeServer(path.join(directory, release, 'app.cjs'), release);
  }
  const link = path.join(directory, 'current');
  symlinkSync('one', link);
  const run = runCli(t, ['start', 'current/app.cjs', '-w', '2'], {}, { cwd: directory });
  const port = await run.listening(2);
  t.equal(await ask(port), 'one');
  symlinkSync('two', `${link}.next`);
  renameSync(`${link}.next`, link);
  process.kill(run.workers()[0]?.pid as number, 'SIGKILL');
  await run.listening(3);
  for (let i = 0; i < 4; i++) t.equal(await ask(port), 'one', 'not before the reload');
  run.child.kill('SIGHUP');
  await run.says(/^rondo: reload: done$/m);
  for (let i = 0; i < 4; i++) t.equal(await ask(port), 'two');
});
