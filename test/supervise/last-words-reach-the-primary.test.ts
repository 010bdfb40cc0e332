// A worker that ends before it is ready leaves what it wrote last. One that is ready writes as if nobody
// had ever listened.

import type net from 'node:net';
import { test } from 'tap';
import { fixture } from '../fixtures/harness.js';
import { preloaded, startSupervised, ways } from '../fixtures/supervised.js';

const file = fixture('last-words.cjs');

for (const way of ways) {
  test(`it exits, ${way.name}`, way.options, async (t) => {
    const env = { ENDING: 'exit' };
    const worker = await startSupervised(t, way, { file, env, isAwaited: false });
    const { text } = await worker.told('NODE_SUPERVISE_OUTPUT');
    t.equal(text, 'to stdout\nto stderr\n');
    t.match(await worker.exit(), { code: 3 });
    t.match(worker.output(), /to stdout/, 'and it was written');
    t.match(worker.output(), /to stderr/);
  });

  for (const guard of [false, true]) {
    test(`it throws, guard: ${guard}, ${way.name}`, way.options, async (t) => {
      const env = { ENDING: 'throw' };
      const settings = { guard };
      const worker = await startSupervised(t, way, { file, env, settings, isAwaited: false });
      const { text } = await worker.told('NODE_SUPERVISE_OUTPUT');
      t.match(text, /^to stdout\nto stderr\nError: the fault\n {4}at .*last-words/);
      t.match(await worker.exit(), { code: 1 });
    });
  }
}

test('4096 characters of it', preloaded.options, async (t) => {
  const env = { ENDING: 'long' };
  const worker = await startSupervised(t, preloaded, { file, env, isAwaited: false });
  const { text } = await worker.told('NODE_SUPERVISE_OUTPUT');
  t.equal(text.length, 4096);
  t.match(text, /line 999\n$/);
});

test('an error that the guard survives is among them', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
  await worker.run(({ require, listen }) =>
    listen((require('node:net') as typeof net).createServer()),
  );
  await worker.run(() => {
    process.stdout.write('before\n');
    setImmediate(() => {
      throw new Error('the fault');
    });
  });
  const { text } = await worker.told('NODE_SUPERVISE_OUTPUT');
  t.match(text, /^before\nError: the fault\n {4}at /);
  t.match(await worker.exit(), { code: 1 });
});

test('a worker that is ready', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const look = () =>
    worker.run(() =>
      (['stdout', 'stderr'] as const).map((name) => ({
        get: String(Object.getOwnPropertyDescriptor(process, name)?.get).includes('getStd'),
        own: Object.hasOwn(process[name], 'write'),
      })),
    );
  await worker.run(() => process.stdout.write('before'));
  t.match(await look(), [{ own: true }, { own: true }], 'watched before');
  worker.tell({ cmd: 'NODE_SUPERVISE_READY' });
  t.match(await look(), [{ own: false }, { own: false }], 'and not after');
  worker.drain();
  t.match(await worker.exit(), { code: 0 });
  t.equal(worker.count('NODE_SUPERVISE_OUTPUT'), 0);
});

test('streams that nobody uses are not opened', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const names = () =>
    worker.run(() => {
      const descriptor = Object.getOwnPropertyDescriptor(process, 'stdout');
      return [typeof descriptor?.get, typeof descriptor?.set, descriptor?.enumerable];
    });
  const before = await names();
  worker.tell({ cmd: 'NODE_SUPERVISE_READY' });
  t.strictSame(await names(), before, 'the property is of the same kind');
  // Opening a pipe makes a handle.
  const handles = await worker.run(() =>
    process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap'),
  );
  t.strictSame(handles, ['PipeWrap'], 'the IPC channel');
});
