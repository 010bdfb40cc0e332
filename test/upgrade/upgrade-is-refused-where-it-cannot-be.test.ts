// Where no other process can take the place of this one, an upgrade is refused at once, and says what to do.

import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { type Test, test } from 'tap';
import { runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { fixture, transports } from '../fixtures/harness.js';
import { APP } from '../fixtures/upgrade.js';

const INDEX = new URL('../../dist/index.js', import.meta.url).href;

/** A program that asks for an upgrade, and prints the error's code and message. */
const ASKS = `
  const { Supervisor } = await import(${JSON.stringify(INDEX)});
  const supervisor = new Supervisor({ exec: ${JSON.stringify(APP)}, workers: 1, execArgv: [], transport: '${transports()[0]}' });
  const early = await supervisor.upgrade().catch((error) => error.code);
  await supervisor.start();
  const { code, message } = await supervisor.upgrade().catch((error) => error);
  console.log(JSON.stringify({ early, code, message }));
  await supervisor.stop();
  process.disconnect?.();
`;

interface Refusal {
  early: string;
  code: string;
  message: string;
}

async function refusal(child: ReturnType<typeof spawn>): Promise<Refusal> {
  const [out] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    once(child, 'close'),
  ]);
  return JSON.parse(out) as Refusal;
}

function isRefused(t: Test, { early, code, message }: Refusal, expected: RegExp): void {
  t.equal(early, 'ERR_RONDO_SUPERVISOR_STATE', 'before the start');
  t.equal(code, 'ERR_RONDO_UPGRADE_REFUSED');
  t.match(message, expected);
}

test('a program that is no file', async (t) => {
  const words = ['--input-type=module', '-e', ASKS];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  isRefused(t, await refusal(child), /given by -e, by stdin or in a REPL/);
});

test('a program on stdin', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(ASKS);
  isRefused(t, await refusal(child), /given by -e, by stdin or in a REPL/);
});

test('with an IPC channel, as below pm2', async (t) => {
  const file = path.join(temporaryDirectory(t), 'asks.mjs');
  writeFileSync(file, ASKS);
  const child = fork(file, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  isRefused(t, await refusal(child), /IPC channel[\s\S]*Let it restart this process/);
});

for (const [name, says] of [
  ['npm', 'ends when it ends'],
  ['tini', 'ends when it ends'],
  ['nodemon', 'starts another rondo when it ends'],
] as const) {
  test(`below ${name}, through a shell`, async (t) => {
    const directory = temporaryDirectory(t);
    const [parent, file] = [path.join(directory, name), path.join(directory, 'asks.mjs')] as const;
    writeFileSync(file, ASKS);
    symlinkSync('/bin/sh', parent);
    const inner = `sh -c '"$0" "$1"; true' ${process.execPath} ${file}`;
    const child = spawn(parent, ['-c', `${inner}; true`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { message, ...rest } = await refusal(child);
    isRefused(
      t,
      { message, ...rest },
      new RegExp(`${name} \\(pid \\d+\\) has started this process, and `),
    );
    t.match(message, says);
    t.match(message, /from a service manager$/);
  });
}

test('a systemd service that does not notify', async (t) => {
  const file = path.join(temporaryDirectory(t), 'asks.mjs');
  writeFileSync(file, ASKS);
  const words = ['-c', 'SYSTEMD_EXEC_PID=$$ exec "$0" "$1"', process.execPath, file];
  const child = spawn('sh', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  isRefused(t, await refusal(child), /Type=notify/);
});

test('and the log of rondo start says so', async (t) => {
  const run = runCli(
    t,
    ['start', APP, '-w', '1'],
    {},
    { through: ['sh', '-c', 'SYSTEMD_EXEC_PID=$$ exec "$@"', 'sh'] },
  );
  await run.listening(1);
  run.child.kill('SIGUSR2');
  await run.says(/^rondo: No upgrade: this is a systemd service/m);
  t.notMatch(run.stderr(), /upgrade: process/);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('another version of the hand-over is named', async (t) => {
  const file = path.join(temporaryDirectory(t), 'asks.mjs');
  writeFileSync(
    file,
    `import { Supervisor } from ${JSON.stringify(pathToFileURL(fixture('../../dist/index.js')).href)};
    try { new Supervisor({ exec: ${JSON.stringify(APP)} }); } catch (error) { console.log(error.code, error.message); }`,
  );
  const env = { ...process.env, RONDO_UPGRADE: `99:${process.pid}` };
  const stdio = ['ignore', 'pipe', 'inherit', 'pipe'] as Array<'pipe'>;
  const child = spawn(process.execPath, [file], { stdio, env });
  const channel = child.stdio[3] as unknown as NodeJS.ReadWriteStream;
  channel.write(`${JSON.stringify({ type: 'manifest', version: 99 })}\n`);
  const [out, said] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(channel),
  ]);
  t.match(out, /^ERR_RONDO_UPGRADE_FAILED .*understands version 1 of an upgrade, and not 99/);
  t.match(JSON.parse(said.split('\n')[0] as string), { type: 'failed', message: /version 1/ });
});
