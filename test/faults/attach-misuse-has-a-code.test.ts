// attach() in the wrong place, twice, or with wrong arguments throws at once, with a stable code, and
// touches no file descriptor that is not rondo's.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { test } from 'tap';
import { fixture, nativeOnly, openDeck, transports } from '../fixtures/harness.js';

interface Report {
  isWorker: boolean;
  codes: Array<string | null>;
}

const file = fixture('attach-misuse.mjs');

async function runAlone(
  action: string,
  env: Record<string, string> = {},
  extra: Array<number | 'ipc'> = [],
): Promise<Report> {
  const child = spawn(process.execPath, ['--expose-gc', file, action], {
    stdio: ['pipe', 'inherit', 'inherit', 'ipc', ...extra],
    env: { ...process.env, ...env },
  });
  const reports: Report[] = [];
  child.on('message', (report: Report) => reports.push(report));
  await once(child, 'close');
  return reports[0] ?? { isWorker: false, codes: [`ended with ${child.exitCode}`] };
}

test('in a process that is no worker', async (t) => {
  t.strictSame(await runAlone('plain'), { isWorker: false, codes: ['ERR_RONDO_NOT_A_WORKER'] });
});

test('with a wrong fd in RONDO_CHANNEL', nativeOnly, async (t) => {
  const fd = openSync('/dev/null', 'r');
  t.teardown(() => closeSync(fd));
  // Standard input, a pipe; Node's IPC channel; a file; not open; no number.
  for (const [channel, extra] of [
    ['0', []],
    ['3', []],
    ['4', [fd]],
    ['999', []],
    ['nonsense', []],
    ['-1', []],
    ['', []],
  ] as Array<[string, number[]]>) {
    const { codes } = await runAlone('foreign', { RONDO_CHANNEL: channel }, extra);
    t.strictSame(codes, ['ERR_RONDO_CHANNEL', 'as many fds'], `RONDO_CHANNEL=${channel}`);
  }
});

test('without the IPC channel of the ipc transport', async (t) => {
  const env = { ...process.env, RONDO_CHANNEL: 'ipc' };
  const program = `
    const { attach } = await import('rondo/worker');
    try { attach(require('net').createServer()); } catch (error) { console.log(error.code); }`;
  const child = spawn(process.execPath, ['-e', `(async () => {${program}})()`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  t.equal(String(chunk), 'ERR_RONDO_CHANNEL\n');
  await once(child, 'close');
});

for (const transport of transports()) {
  test(transport, async (t) => {
    const deck = await openDeck(t, { transport });
    const run = async (action: string): Promise<Array<string | null>> => {
      const worker = await deck.worker([action], { file, isUnready: true });
      const [report] = (await once(worker.child, 'message')) as [Report];
      t.equal(report.isWorker, true);
      await once(worker.child, 'exit');
      return report.codes;
    };
    t.strictSame(await run('plain'), [null]);
    t.strictSame(await run('thread'), ['ERR_RONDO_NOT_MAIN_THREAD']);
    const already = 'ERR_RONDO_ALREADY_ATTACHED';
    t.strictSame(await run('twice'), [null, already, already, already, null, already]);
    t.strictSame(await run('listening'), [already]);
    const [invalid, unknown] = ['ERR_RONDO_INVALID_OPTION', 'ERR_RONDO_UNKNOWN_OPTION'];
    t.strictSame(await run('options'), [
      ...[invalid, invalid, invalid, invalid],
      ...[unknown, invalid, invalid, invalid, invalid],
      ...[invalid, invalid, invalid, invalid, invalid],
    ]);
  });
}
