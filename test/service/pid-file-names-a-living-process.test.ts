// --pidfile: there while rondo runs, and gone with it. One that a dead rondo has left is replaced, also when its
// pid is another process's by now; one of a living rondo, any other file and a link are left alone, and are an
// error.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
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
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'rondo.pid');
  const { pid: dead } = spawnSync('true');
  // A pid is used again, here by this very process, which is no rondo.
  for (const text of [`${dead}\n`, String(dead), '', `${process.pid}\n`]) {
    writeFileSync(file, text);
    const run = runCli(t, ['start', APP, '-w', '1', '--pidfile', file]);
    await run.listening(1);
    t.equal(readFileSync(file, 'utf8'), `${run.child.pid}\n`, JSON.stringify(text));
    run.child.kill('SIGTERM');
    t.equal(await run.end, 0);
    t.strictSame(readdirSync(directory), []);
  }
});

test('no pid file', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'package.json');
  const long = `${'1'.repeat(40)}\n`;
  for (const text of ['{ "name": "program" }\n', 'nonsense', '12 13\n', '-1\n', '0\n', long]) {
    writeFileSync(file, text);
    const run = runCli(t, ['start', APP, '-w', '1', '--pidfile', file]);
    t.equal(await run.end, 2);
    t.match(run.stderr(), `The pid file '${file}' exists, and is no file with a process id`);
    t.equal(readFileSync(file, 'utf8'), text);
    t.strictSame(readdirSync(directory), ['package.json']);
  }
});

test('a link', async (t) => {
  const directory = temporaryDirectory(t);
  const [file, target] = [path.join(directory, 'rondo.pid'), path.join(directory, 'target')];
  const { pid: dead } = spawnSync('true');
  symlinkSync('target', file);
  const leadsTo = [null, `${dead}\n`];
  for (const text of leadsTo) {
    if (text !== null) writeFileSync(target, text);
    const run = runCli(t, ['start', APP, '-w', '1', '--pidfile', file]);
    t.equal(await run.end, 2);
    t.equal(readlinkSync(file), 'target');
    t.equal(existsSync(target) ? readFileSync(target, 'utf8') : null, text, 'is not followed');
  }
});

test("a living rondo's", async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.pid');
  const args = ['start', APP, '-w', '1', '--pidfile', file];
  const first = runCli(t, args);
  await first.listening(1);
  const second = runCli(t, args);
  t.equal(await second.end, 2);
  t.match(second.stderr(), `is of process ${first.child.pid}, which is alive`);
  t.notMatch(second.stderr(), ' starts');
  t.equal(readFileSync(file, 'utf8'), `${first.child.pid}\n`);
});

for (const [which, args] of [
  ['without a pid file', []],
  ['with another pid file', ['--pidfile=other/rondo.pid']],
  ['whose program has an argument of that name', ['--', '--pidfile', 'rondo.pid']],
] as const) {
  test(`another rondo's by now, ${which}`, async (t) => {
    const cwd = temporaryDirectory(t);
    const file = path.join(cwd, 'rondo.pid');
    mkdirSync(path.join(cwd, 'other'));
    const other = runCli(t, ['start', APP, '-w', '1', ...args], {}, { cwd });
    await other.listening(1);
    writeFileSync(file, `${other.child.pid}\n`);
    const run = runCli(t, ['start', APP, '-w', '1', '--pidfile', file]);
    await run.listening(1);
    t.equal(readFileSync(file, 'utf8'), `${run.child.pid}\n`);
  });
}

test('of one that runs, by another path', async (t) => {
  const cwd = temporaryDirectory(t);
  const file = path.join(cwd, 'rondo.pid');
  const first = runCli(t, ['start', APP, '-w', '1', '--pidfile=./rondo.pid'], {}, { cwd });
  await first.listening(1);
  // The clock was set meanwhile.
  utimesSync(file, 0, 0);
  const second = runCli(t, ['start', APP, '-w', '1', '--pidfile', file]);
  t.equal(await second.end, 2);
  t.match(second.stderr(), `is of process ${first.child.pid}, which is alive`);
  t.equal(readFileSync(file, 'utf8'), `${first.child.pid}\n`);
});

test('made another file by its user', async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.pid');
  const run = runCli(t, ['start', APP, '-w', '1', '--pidfile', file]);
  await run.listening(1);
  writeFileSync(file, '{}');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.equal(readFileSync(file, 'utf8'), '{}', 'is not removed');
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
