// --pidfile: there while rondo runs, and gone with it. One that is left from a process that is dead is
// replaced; one of a living process is left alone, and is an error.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');

test('there while it runs', async (t) => {
  const cwd = temporaryDirectory(t);
  const run = runCli(t, ['start', APP, '-w', '1', '--pidfile', 'rondo.pid'], {}, { cwd });
  await run.listening(1);
  const file = path.join(cwd, 'rondo.pid');
  t.equal(readFileSync(file, 'utf8'), `${run.child.pid}\n`);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.notOk(existsSync(file));
});

test('gone too when every worker fails', async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.pid');
  const args = ['start', APP, '-w', '1', '--max-restarts', '0', '--pidfile', file];
  t.equal(await runCli(t, args, { APP_THROWS: '1' }).end, 3);
  t.notOk(existsSync(file));
});

test('left behind', async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.pid');
  const { pid: dead } = spawnSync('true');
  for (const text of [`${dead}\n`, 'nonsense', '']) {
    writeFileSync(file, text);
    const run = runCli(t, ['start', APP, '-w', '1', '--pidfile', file]);
    await run.listening(1);
    t.equal(readFileSync(file, 'utf8'), `${run.child.pid}\n`, JSON.stringify(text));
    run.child.kill('SIGTERM');
    t.equal(await run.end, 0);
  }
});

test("a living process's", async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.pid');
  writeFileSync(file, `${process.pid}\n`);
  const run = runCli(t, ['start', APP, '-w', '1', '--pidfile', file]);
  t.equal(await run.end, 2);
  t.match(run.stderr(), `is of process ${process.pid}, which is alive`);
  t.notMatch(run.stderr(), ' starts');
  t.equal(readFileSync(file, 'utf8'), `${process.pid}\n`);
});

test("somebody else's by now", async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.pid');
  const run = runCli(t, ['start', APP, '-w', '1', '--pidfile', file]);
  await run.listening(1);
  writeFileSync(file, `${process.pid}\n`);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.equal(readFileSync(file, 'utf8'), `${process.pid}\n`, 'is not removed');
});

test('cannot be written', async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(path.join(directory, 'directory'));
  for (const name of ['missing/rondo.pid', 'directory']) {
    const file = path.join(directory, name);
    const run = runCli(t, ['start', APP, '--pidfile', file]);
    t.equal(await run.end, 2);
    t.match(run.stderr(), file);
  }
});
