// --log FILE: every line is in it, in order, to the last one of the process. A file that is moved or removed is created
// again; a disk that is full, or a limit, ends nothing, and what is lost is told on stderr and in the file.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { LogFile, reopen } from '../../src/cli/log-file.js';
import { runCli, temporaryDirectory, timeless } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, openFds } from '../fixtures/harness.js';

const APP = fixture('supervisor-app.mjs');
const FAST = ['-w', '1', '--min-uptime', '0', '--idle-grace', '0'];

/** Unique ones, each of `length` bytes with its newline. */
function linesOf(count: number, length = 64): string[] {
  return Array.from({ length: count }, (_, index) => String(index).padEnd(length - 1, '.'));
}

function openFile(file: string): { log: LogFile; told: string[] } {
  const told: string[] = [];
  const host = { line: (text: string) => `- ${text}`, complain: (text: string) => told.push(text) };
  return { log: new LogFile(file, host), told };
}

/** Empty while it is not there. */
function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function pointTo(link: string, target: string): void {
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

test('a life', async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.log');
  writeFileSync(file, 'before\n');
  const run = runCli(
    t,
    ['start', APP, ...FAST, '--log', path.basename(file)],
    {},
    {
      cwd: path.dirname(file),
    },
  );
  await until('a worker is ready', () => /ready/.test(read(file)));
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  const lines = read(file).trimEnd().split('\n');
  t.equal(lines.shift(), 'before', 'it is appended to');
  for (const line of lines) t.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z rondo: \w/);
  t.match(lines[0], /rondo: \d+\.\d+\.\d+, pid \d+, Node v/);
  t.match(lines[1], /worker 0 \(pid \d+\) starts$/);
  t.match(lines.at(-1), /rondo: stopped$/);
  t.equal(run.timed(), '', 'stderr has nothing');
});

test('its mode', (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.log');
  const umask = process.umask(0o022);
  openFile(file);
  process.umask(umask);
  t.equal(statSync(file).mode & 0o777, 0o640);
  t.end();
});

test('moved and removed', async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.log');
  const run = runCli(t, ['start', APP, ...FAST, '--json', '--log', file]);
  const events = (name: string): string[] => {
    const text = readFileSync(name, 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { event: string }).event);
  };
  await until('it is ready', () => /worker:ready.*\n$/.test(read(file)));
  renameSync(file, `${file}.1`);
  run.child.kill('SIGHUP');
  const isDone = (): boolean => {
    const status = statSync(file, { throwIfNoEntry: false });
    return status !== undefined && events(file).includes('reload:end');
  };
  await until('the reload is in a new file', isDone);
  t.strictSame(events(`${file}.1`), ['begin', 'worker:starting', 'worker:ready']);
  t.equal(events(file)[0], 'reload:begin');
  rmSync(file);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.match([...events(file)].at(-1), 'stopped');
});

test('rondo logs --reopen', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'rondo.log');
  const control = path.join(directory, 'control');
  const run = runCli(t, ['start', APP, ...FAST, '--log', file, '--control', control]);
  await until('it is ready', () => /worker 0 .* ready/.test(read(file)));
  renameSync(file, `${file}.1`);
  const asked = runCli(t, ['logs', '--reopen', '--control', control]);
  t.equal(await asked.end, 0);
  t.equal(asked.stdout(), `${file} is open anew\n`);
  t.ok(existsSync(file), 'it is there again');
  t.match(read(`${file}.1`) + read(file), /reopen log, asked for by/);
  rmSync(file);
  mkdirSync(file);
  const failed = runCli(t, ['logs', '--reopen', '--control', control]);
  t.equal(await failed.end, 1);
  t.match(failed.stderr(), /EISDIR/);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('reopen()', (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.log');
  const { log, told } = openFile(file);
  const before = openFds();
  renameSync(file, `${file}.1`);
  log.write('one');
  reopen();
  t.equal(read(file), 'one\n');
  renameSync(file, `${file}.2`);
  mkdirSync(file);
  t.throws(() => reopen(), { code: 'EISDIR' });
  log.write('two');
  log.flush();
  t.equal(readFileSync(`${file}.2`, 'utf8'), 'one\ntwo\n', 'it goes on in the one that it has');
  t.match(told, [/cannot be opened again: EISDIR/]);
  t.equal(openFds(), before);
  t.end();
});

test('a full disk', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'rondo.log');
  pointTo(file, '/dev/full');
  const run = runCli(t, ['start', APP, ...FAST, '--log', file]);
  await run.says(/^rondo: the log file '.*' cannot be written: ENOSPC/m);
  run.child.kill('SIGHUP');
  pointTo(file, path.join(directory, 'other.log'));
  await run.says(/^rondo: the log file '.*' can be written again$/m);
  await until('the rest is there', () => /reload: done/.test(read(file)));
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.equal(run.stderr().trimEnd().split('\n').length, 2, 'once each');
  t.match(
    timeless(read(file)),
    /^rondo: \d[^\n]*\nrondo: worker 0 \(pid \d+\) starts\n/,
    'from the first line',
  );
});

test('a disk that stays full', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'rondo.log');
  pointTo(file, '/dev/full');
  const { log, told } = openFile(file);
  const lines = linesOf(1_500);
  for (const line of lines) log.write(line);
  log.flush();
  t.match(told, [/cannot be written: ENOSPC/]);
  pointTo(file, path.join(directory, 'other.log'));
  log.flush();
  log.write('after');
  log.flush();
  const expected = [...lines.slice(0, 1_000), '- 500 lines are lost', 'after'];
  t.strictSame(read(file).trimEnd().split('\n'), expected);
  t.match(told[1], /can be written again: 500 lines are lost$/);

  const run = runCli(t, ['start', APP, ...FAST, '--log', '/dev/full']);
  await run.says(/cannot be written/);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.match(run.stderr(), /the log file '\/dev\/full': \d+ lines are lost$/m);
});

const limits = spawnSync('prlimit', ['--version']).status === 0 ? {} : { skip: 'needs prlimit' };

test('a limit in the middle of a line', limits, async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'rondo.log');
  const config = path.join(directory, 'rondo.json');
  writeFileSync(config, '{}');
  // The limit is to be more than a line.
  writeFileSync(file, `${'.'.repeat(4_095)}\n`);
  const args = ['start', APP, ...FAST, '--no-time', '--log', file, '--config', config];
  const run = runCli(t, args);
  await until('it is ready', () => / ready .*\n$/.test(read(file)));
  const before = read(file);
  spawnSync('prlimit', ['--pid', String(run.child.pid), `--fsize=${before.length + 20}`]);
  writeFileSync(config, '{"noSuchKey": 1}');
  await run.says(/cannot be written: EFBIG/);
  t.equal(read(file).length, before.length + 20, 'it has a part of the line');
  renameSync(file, `${file}.1`);
  await run.says(/can be written again$/m);
  t.match(
    read(file),
    /^rondo: the configuration '.*': There is no option 'noSuchKey'.*\n$/,
    'as a whole',
  );
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

const tmpfs = mountable();

test('a file system that is full in the middle of a line', tmpfs, async (t) => {
  const directory = temporaryDirectory(t);
  mount(t, directory);
  const file = path.join(directory, 'rondo.log');
  const { log, told } = openFile(file);
  const lines = linesOf(900, 100);
  for (const line of lines) log.write(line);
  log.flush();
  t.match(told, [/cannot be written: ENOSPC/]);
  const first = read(file);
  t.not(first.length % 100, 0, 'it has a part of a line');
  // There is room again, in the same file.
  spawnSync('mount', ['-o', 'remount,size=1m', directory]);
  log.flush();
  t.strictSame(read(file).split('\n').slice(0, -1), lines, 'each once, as a whole');
  log.write('last');
  log.flush();
  t.match(read(file), /\.\nlast\n$/);
});

function mountable(): { skip?: string } {
  return process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0
    ? {}
    : { skip: 'needs to mount' };
}

function mount(t: Test, directory: string): void {
  const { status, stderr } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    'size=16k',
    'tmpfs',
    directory,
  ]);
  t.equal(status, 0, String(stderr));
  t.teardown(() => spawnSync('umount', ['-l', directory]));
}

for (const [file, said] of [
  ['no-such-directory/rondo.log', /the log file 'no-such-directory\/rondo\.log': ENOENT/],
  ['.', /the log file '\.': EISDIR/],
  ['fifo', /the log file 'fifo': ENXIO/],
] as Array<[string, RegExp]>) {
  test(`--log ${file}`, async (t) => {
    const cwd = temporaryDirectory(t);
    spawnSync('mkfifo', [path.join(cwd, 'fifo')]);
    const run = runCli(t, ['start', APP, '--log', file], {}, { cwd });
    t.equal(await run.end, 2);
    t.match(run.stderr(), said);
    t.notMatch(run.stderr(), /worker/);
  });
}

test('a start that fails is told on stderr, too', async (t) => {
  const file = path.join(temporaryDirectory(t), 'rondo.log');
  const args = ['start', APP, ...FAST, '--max-restarts', '0', '--log', file];
  const run = runCli(t, args, { APP_FAILS: 'with-words' });
  t.equal(await run.end, 3);
  t.match(run.stderr(), /^rondo: Every seat has stopped.*\nthe database is not there$/m);
  t.match(read(file), /Every seat has stopped/);
});
