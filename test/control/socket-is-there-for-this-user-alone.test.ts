// The socket's file has mode 0600 and lies in a directory of its user's; another user is refused even where the modes let it
// in, and counted. It is gone when its process ends, but not if another one has it by then.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { openControlled, request } from '../fixtures/control.js';
import { nativeOnly } from '../fixtures/harness.js';
import { openSupervisor } from '../fixtures/supervisor.js';

const OTHER = 12_345;
const isRoot = process.getuid?.() === 0;

/** Asks as another user; resolves with what it got. */
async function askAs(uid: number, file: string): Promise<string> {
  const program = `
    const request = require('node:http').get({ socketPath: process.argv[1], path: '/v1/status' });
    request.on('error', (error) => console.log(error.code));
    request.on('response', (response) => {
      console.log(response.statusCode);
      response.pipe(process.stdout);
    });`;
  const child = spawn(process.execPath, ['-e', program, file], { uid, gid: uid, cwd: '/' });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(child, 'close');
  return text;
}

/** A control socket of another user's, there or at the default place; with its path, or the error. */
async function listenAs(directory: string, file = '', env: NodeJS.ProcessEnv = {}) {
  const program = `
    import { Supervisor } from 'rondo';
    import { ControlServer } from 'rondo/control';
    const [, exec, path] = process.argv;
    const supervisor = new Supervisor({ exec, workers: 1 });
    const server = new ControlServer({ supervisor, name: 'test', ...(path !== '' && { path }) });
    process.on('disconnect', () => process.exit());
    process.send(await server.listen().catch(({ message }) => message));`;
  const script = path.join(directory, 'program.mjs');
  const found = program.replace(
    /from '(rondo[^']*)'/g,
    (_, name: string) => `from ${JSON.stringify(import.meta.resolve(name))}`,
  );
  writeFileSync(script, found);
  const child = spawn(process.execPath, [script, file], {
    uid: OTHER,
    gid: OTHER,
    cwd: '/',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, XDG_RUNTIME_DIR: '', ...env },
  });
  const [said] = (await once(child, 'message')) as [string];
  return { child, said };
}

test('the mode', async (t) => {
  const umask = process.umask(0);
  t.teardown(() => process.umask(umask));
  const { path: file, client } = await openControlled(t);
  const found = lstatSync(file);
  t.ok(found.isSocket());
  t.equal(found.mode & 0o777, 0o600);
  t.strictSame(readdirSync(path.dirname(file)), ['control'], 'and nothing else');
  t.match((await client.status()).control, { forbidden: 0 });
});

const asRoot = isRoot ? {} : { skip: 'only root can be another user' };

test('another user', { ...nativeOnly, ...asRoot }, async (t) => {
  // Not in a directory of the test's, which only its user may enter.
  const directory = mkdtempSync(path.join(tmpdir(), 'control-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  chmodSync(directory, 0o755);
  const file = path.join(directory, 'control');
  const supervised = await openSupervisor(t);
  await supervised.call('control', { path: file });
  t.equal(await askAs(OTHER, file), 'EACCES\n', 'by the mode');
  chmodSync(file, 0o666);
  t.match(await askAs(OTHER, file), /^403\n.*User 12345 may not use this control socket/s);
  t.match(await askAs(0, file), /^200\n/, 'root may');
  const { body } = await request(file, 'GET /v1/status');
  t.match(body, { control: { forbidden: 1, requests: 3 } });
});

test('another user of whom root asks', asRoot, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'control-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  chmodSync(directory, 0o777);
  const file = path.join(directory, 'control');
  const { child, said } = await listenAs(directory, file);
  t.equal(said, file);
  t.equal((await request(file, 'GET /v1/status')).status, 200);
  const exit = once(child, 'exit');
  child.disconnect();
  await exit;
  t.notOk(existsSync(file));
});

test('its end', async (t) => {
  for (const end of ['closeControl', 'exit', 'SIGTERM'] as const) {
    const { supervised, path: file, client } = await openControlled(t);
    await client.identity();
    if (end === 'closeControl') {
      await supervised.call('closeControl');
    } else {
      const exit = once(supervised.child, 'exit');
      if (end === 'exit') supervised.call('exit').catch(() => {});
      else supervised.child.kill('SIGTERM');
      await exit;
    }
    // A signal that nobody handles leaves it behind.
    t.equal(existsSync(file), end === 'SIGTERM', end);
  }
});

test('another one has its place', async (t) => {
  const { supervised, path: file } = await openControlled(t);
  renameSync(file, `${file}.moved`);
  const other = net.createServer().listen(file);
  await once(other, 'listening');
  const { ino } = lstatSync(file);
  await supervised.call('closeControl');
  t.equal(lstatSync(file).ino, ino);
  other.close();
});

test('the default place', async (t) => {
  const directory = temporaryDirectory(t);
  const open = async (XDG_RUNTIME_DIR: string, options = {}) => {
    const supervised = await openSupervisor(t, {}, { XDG_RUNTIME_DIR, TMPDIR: directory });
    const opened = supervised.call<{ path: string; name: string }>('control', options);
    return { supervised, opened };
  };
  const run = path.join(directory, 'run');
  mkdirSync(run);
  const { opened, supervised } = await open(run);
  const first = await opened;
  const file = path.join(run, 'rondo', 'supervisor-app.sock');
  t.strictSame(first, { path: file, name: 'supervisor-app' });
  t.equal(lstatSync(path.dirname(file)).mode & 0o777, 0o700);
  const second = await (await open(run)).opened;
  t.match(second, { name: 'supervisor-app-2', path: /supervisor-app-2\.sock$/ }, 'by a number');
  const named = {
    code: 'ERR_RONDO_CONTROL_PLACE',
    message: new RegExp(`process ${supervised.pid}$`),
  };
  await t.rejects((await open(run, { name: 'supervisor-app' })).opened, named);

  // What somebody else may have put there: not used, and left alone.
  for (const kind of ['link', 'file', 'open', 'foreign']) {
    if (kind === 'foreign' && !isRoot) continue;
    const parent = path.join(directory, kind);
    const place = path.join(parent, 'rondo');
    mkdirSync(parent);
    if (kind === 'link') symlinkSync(run, place);
    else if (kind === 'file') writeFileSync(place, '');
    else mkdirSync(place);
    if (kind === 'open') chmodSync(place, 0o777);
    if (kind === 'foreign') chownSync(place, OTHER, OTHER);
    const { opened, supervised } = await open(parent, { name: `test-${process.pid}-${kind}` });
    const other = await opened;
    t.notMatch(other.path, parent, `${kind}: ${other.path}`);
    t.equal(existsSync(path.join(parent, 'rondo', path.basename(other.path))), false);
    await supervised.call('closeControl');
    t.notOk(existsSync(other.path));
  }
});

test('the default place of one who may write in no run directory', asRoot, async (t) => {
  const TMPDIR = mkdtempSync(path.join(tmpdir(), 'control-'));
  t.teardown(() => rmSync(TMPDIR, { recursive: true }));
  chmodSync(TMPDIR, 0o777);
  const place = path.join(TMPDIR, `rondo-${OTHER}`);
  const { child, said } = await listenAs(TMPDIR, '', { TMPDIR });
  t.equal(said, path.join(place, 'test.sock'));
  t.match(lstatSync(place), { uid: OTHER, mode: 0o40700 });
  child.disconnect();
  await once(child, 'exit');
  t.strictSame(readdirSync(place), []);

  const tries: Array<[what: RegExp, make: () => void]> = [
    [/it is another user's/, () => mkdirSync(place, { mode: 0o700 })],
    [/it is no directory/, () => symlinkSync(TMPDIR, place)],
    [
      /others may enter it or write to it/,
      () => {
        mkdirSync(place);
        chmodSync(place, 0o755);
        chownSync(place, OTHER, OTHER);
      },
    ],
  ];
  for (const [what, make] of tries) {
    rmSync(place, { recursive: true });
    make();
    const { child, said } = await listenAs(TMPDIR, '', { TMPDIR });
    t.match(said, /^no directory for the control socket/);
    t.match(said, what);
    child.disconnect();
    await once(child, 'exit');
  }
});
