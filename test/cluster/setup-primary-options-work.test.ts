// The options of setupPrimary work together with the channel: silent, stdio, serialization, exec, args, cwd,
// uid, inspectPort.

import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { startProgram, ways } from '../fixtures/cluster.js';
import { until } from '../fixtures/faults.js';
import { fixture, read } from '../fixtures/harness.js';

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
}
