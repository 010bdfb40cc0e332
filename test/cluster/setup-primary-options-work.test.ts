// The options of setupPrimary work together with the channel: silent, stdio, serialization, exec, args, uid,
// gid, inspectPort.

import { spawnSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { type Test, test } from 'tap';
import {
  type Program,
  REGISTER,
  settledStats,
  startProgram,
  total,
  type Way,
  ways,
} from '../fixtures/cluster.js';
import { until } from '../fixtures/faults.js';
import { fixture, read } from '../fixtures/harness.js';

const NOBODY = 65534;

/** Or why the test cannot be. */
const asNobody = skipUnlessNobodyCanRun();

function skipUnlessNobodyCanRun(): { skip?: string } {
  if (process.getuid?.() !== 0) return { skip: 'only root can start a worker as somebody else' };
  // The checkout may be in a home directory.
  const { status } = spawnSync(process.execPath, ['--import', REGISTER, '-e', '0'], {
    uid: NOBODY,
    gid: NOBODY,
  });
  return status === 0 ? {} : { skip: `user ${NOBODY} cannot read rondo` };
}

/** The worker's server answers one connection, which has come by rondo if that is the way. */
async function isServed(t: Test, way: Way, program: Program, id: number): Promise<void> {
  const address = await program.worker(id, ({ listen }) => listen(0, '127.0.0.1'));
  t.equal(await read((address as AddressInfo).port), `${program.pids[id - 1]}\n`);
  if (way.isRondo) t.equal(total(await settledStats(program), 'received'), 1, 'by rondo');
}

/** The inspector's flags as the worker has them, and where its inspector listens. */
function inspection(program: Program, id: number): Promise<{ flags: string[]; url?: string }> {
  return program.worker(id, async () => ({
    flags: process.execArgv.filter((flag) => flag.startsWith('--inspect')),
    url: (await import('node:inspector')).url(),
  })) as never;
}

for (const way of ways) {
  test(`silent, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way, { workers: 1, setup: { silent: true } });
    await program.primary((scope) => {
      const stdout = scope.cluster.workers?.[1]?.process.stdout;
      scope.said = '';
      stdout?.setEncoding('utf8').on('data', (text) => {
        scope.said += text;
      });
    });
    await program.worker(1, () => {
      console.log('for the primary alone');
    });
    const said = () => program.primary((scope) => scope.said as string);
    await until('it has come', async () => (await said()) === 'for the primary alone\n');
    const address = await program.worker(1, ({ listen }) => listen(0, '127.0.0.1'));
    t.equal(await read((address as AddressInfo).port), `${program.pids[0]}\n`);
  });

  test(`stdio, ${way.name}`, way.options, async (t) => {
    const stdio = ['ignore', 'pipe', 'inherit', 'ipc', 'pipe', 'ignore', 'pipe'];
    const program = await startProgram(t, way, { workers: 1, setup: { stdio } });
    await program.primary((scope) => {
      const streams = scope.cluster.workers?.[1]?.process.stdio ?? [];
      const said: Record<number, string> = { 1: '', 4: '', 6: '' };
      scope.said = said;
      for (const fd of Object.keys(said).map(Number)) {
        const stream = streams[fd] as NodeJS.ReadableStream;
        stream.setEncoding('utf8').on('data', (text) => {
          said[fd] += text;
        });
      }
    });
    await program.worker(1, ({ fs }) => {
      for (const fd of [1, 4, 6]) fs.writeSync(fd, `to ${fd}`);
    });
    const said = () => program.primary((scope) => scope.said as Record<number, string>);
    await until('all has come', async () => (await said())[6] !== '');
    t.strictSame(await said(), { 1: 'to 1', 4: 'to 4', 6: 'to 6' });
    const address = await program.worker(1, ({ listen }) => listen(0, '127.0.0.1'));
    t.equal(await read((address as AddressInfo).port), `${program.pids[0]}\n`);
  });

  test(`stdio of two, ${way.name}`, way.options, async (t) => {
    const setup = { stdio: ['inherit', 'ipc'] };
    const program = await startProgram(t, way, { workers: 1, setup });
    await program.primary((scope) => {
      scope.said = '';
      scope.cluster.workers?.[1]?.process.stderr?.setEncoding('utf8').on('data', (text) => {
        scope.said += text;
      });
    });
    await isServed(t, way, program, 1);
    await program.worker(1, () => {
      console.error('a pipe, as the third is');
    });
    const said = () => program.primary((scope) => scope.said as string);
    await until('it has come', async () => (await said()) === 'a pipe, as the third is\n');
  });

  test(`serialization, ${way.name}`, way.options, async (t) => {
    const setup = { serialization: 'advanced' };
    const program = await startProgram(t, way, { workers: 1, setup });
    const address = await program.worker(1, ({ listen }) => listen(0, '127.0.0.1'));
    t.equal(await read((address as AddressInfo).port), `${program.pids[0]}\n`);
    await program.primary(({ cluster }) => cluster.workers?.[1]?.send(new Map([['key', 1n]])));
    const got = () =>
      program.worker(1, ({ log }) => {
        const [, message] = log[0] ?? [];
        return message instanceof Map && typeof message.get('key') === 'bigint';
      });
    await until('it arrives as it is', got);
  });

  test(`exec, args and uid, ${way.name}`, way.options, async (t) => {
    const setup = {
      exec: fixture('cluster-program.mjs'),
      args: ['one', 'two'],
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    };
    const program = await startProgram(t, way, { workers: 1, setup });
    t.strictSame(await program.worker(1, () => process.argv.slice(2)), ['one', 'two']);
    const address = await program.worker(1, ({ listen }) => listen(0, '127.0.0.1'));
    t.equal(await read((address as AddressInfo).port), `${program.pids[0]}\n`);
  });

  test(`a second setup is for later workers, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way, { workers: 1, setup: { args: ['first'] } });
    const settings = await program.primary(async ({ cluster, once }) => {
      const setup = once(cluster, 'setup');
      cluster.setupPrimary({ args: ['second'] });
      const [emitted] = await setup;
      const worker = cluster.fork();
      await once(worker, 'message');
      return { emitted, is: cluster.settings };
    });
    t.strictSame(settings.emitted, settings.is);
    await until('it is there', () => program.pids.length === 2);
    t.strictSame(await program.worker(1, () => process.argv.slice(2)), ['first']);
    t.strictSame(await program.worker(2, () => process.argv.slice(2)), ['second']);
  });

  test(`uid and gid of somebody else, ${way.name}`, { ...way.options, ...asNobody }, async (t) => {
    const setup = { uid: NOBODY, gid: NOBODY };
    const program = await startProgram(t, way, { workers: 1, setup });
    const ids = await program.worker(1, () => [process.getuid?.(), process.getgid?.()]);
    t.strictSame(ids, [NOBODY, NOBODY]);
    await isServed(t, way, program, 1);
  });

  test(`inspectPort 0, ${way.name}`, way.options, async (t) => {
    const setup = { execArgv: [...way.nodeArgs, '--inspect=0'], inspectPort: 0 };
    const program = await startProgram(t, way, { workers: 1, setup, stderr: 'pipe' });
    const { flags, url } = await inspection(program, 1);
    t.strictSame(flags, ['--inspect=0', '--inspect-port=0']);
    t.match(url, /^ws:\/\/127\.0\.0\.1:[1-9]/, 'the worker can be inspected');
    await isServed(t, way, program, 1);
  });

  // The other ports are not to be listened on, for they may be in use: the flag alone starts no inspector.
  const given = ['--inspect-port=0'];

  test(`inspectPort a number, ${way.name}`, way.options, async (t) => {
    const setup = { execArgv: [...way.nodeArgs, ...given], inspectPort: 12345 };
    const program = await startProgram(t, way, { workers: 2, setup });
    const flags = [...given, '--inspect-port=12345'];
    t.same(await inspection(program, 1), { flags });
    t.same(await inspection(program, 2), { flags });
    await isServed(t, way, program, 2);
  });

  test(`inspectPort a function, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(
      t,
      { ...way, nodeArgs: [...way.nodeArgs, ...given] },
      { workers: 0 },
    );
    await program.primary(({ cluster }) => {
      let port = 20_000;
      cluster.setupPrimary({ inspectPort: () => ++port });
      cluster.fork();
      cluster.fork();
    });
    await until('they are there', () => Object.keys(program.pids).length === 2);
    // Asked once for each.
    t.same(await inspection(program, 1), { flags: [...given, '--inspect-port=20001'] });
    t.same(await inspection(program, 2), { flags: [...given, '--inspect-port=20002'] });
    await isServed(t, way, program, 2);
  });

  test(`no inspectPort, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way, { workers: 2, nodeArgs: ['--inspect-port=30000'] });
    const flags = ['--inspect-port=30000'];
    t.same(await inspection(program, 1), { flags: [...flags, '--inspect-port=30001'] });
    t.same(await inspection(program, 2), { flags: [...flags, '--inspect-port=30002'] });
    await isServed(t, way, program, 1);
  });
}
