// A program sees its own listeners of `process` and no other: as many as without rondo, under every
// way of looking; and when it removes them all, rondo still works.

import type events from 'node:events';
import type http from 'node:http';
import { test } from 'tap';
import { preloaded, type Scope, startSupervised, ways } from '../fixtures/supervised.js';

const EVENTS = [
  'uncaughtException',
  'uncaughtExceptionMonitor',
  'unhandledRejection',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGUSR2',
  'SIGTTIN',
  'SIGTTOU',
  'exit',
];

async function serve(scope: Scope): Promise<number> {
  const { createServer } = scope.require('node:http') as typeof http;
  return scope.listen(createServer((_request, response) => response.end('answer')));
}

/** Names of what it sees though it has not added it. */
function look({ require }: Scope, names: string[]): string[] {
  const { EventEmitter, getEventListeners } = require('node:events') as typeof events;
  const emitter = process as unknown as NodeJS.EventEmitter;
  return names.filter(
    (name) =>
      emitter.listenerCount(name) > 0 ||
      emitter.listeners(name).length > 0 ||
      emitter.rawListeners(name).length > 0 ||
      emitter.eventNames().includes(name) ||
      EventEmitter.listenerCount(emitter, name) > 0 ||
      getEventListeners(emitter, name).length > 0 ||
      EventEmitter.prototype.listenerCount.call(emitter, name) > 0,
  );
}

for (const way of ways) {
  test(`none is seen, ${way.name}`, way.options, async (t) => {
    const worker = await startSupervised(t, way, { settings: { guard: true } });
    await worker.run(serve);
    t.strictSame(await worker.run(look, EVENTS), []);
    t.notOk(await worker.run(() => Object.keys(process).includes('emit')));
  });
}

test('all are removed, and it still drains', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(serve);
  await worker.run((_scope, names) => {
    for (const name of names) {
      process.on(name, () => {});
      process.removeAllListeners(name);
    }
  }, EVENTS);
  process.kill(worker.pid, 'SIGTERM');
  t.match(await worker.told('NODE_SUPERVISE_SIGNAL'), { signal: 'SIGTERM' });
  t.match(await worker.exit(), { code: 0, signal: null, isAsked: true });
});

test('a preload that has listened before rondo changes nothing', preloaded.options, async (t) => {
  const directory = t.testdir({ 'early.cjs': "process.once('SIGTERM', () => {});" });
  const env = { NODE_OPTIONS: `--require ${directory}/early.cjs` };
  const worker = await startSupervised(t, preloaded, { env });
  await worker.run(serve);
  process.kill(worker.pid, 'SIGTERM');
  t.match(await worker.told('NODE_SUPERVISE_SIGNAL'), { signal: 'SIGTERM' });
});

test("others' process.emit is heeded", preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(() => {
    const { emit } = process;
    // As signal-exit does.
    process.emit = function patched(this: NodeJS.Process, name: string, ...args: unknown[]) {
      if (name === 'SIGTERM') process.send?.({ event: 'patch', args });
      return Reflect.apply(emit, this, [name, ...args]);
    } as typeof process.emit;
    process.on('SIGTERM', () => process.exit(3));
  });
  worker.drain();
  t.strictSame((await worker.event('patch')).args, ['SIGTERM', 15]);
  t.match(await worker.exit(), { code: 3 });
});
