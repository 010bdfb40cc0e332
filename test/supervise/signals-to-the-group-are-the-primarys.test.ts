// No worker ends of a signal that is the primary's, though the whole group gets it; a program that
// listens to one hears it.

import { test } from 'tap';
import { preloaded, startSupervised, ways } from '../fixtures/supervised.js';
import { openSupervisor } from '../fixtures/supervisor.js';

const SIGNALS: NodeJS.Signals[] = ['SIGHUP', 'SIGUSR2', 'SIGTTIN', 'SIGTTOU'];

for (const way of ways) {
  test(`ignored, ${way.name}`, way.options, async (t) => {
    const worker = await startSupervised(t, way);
    for (const signal of SIGNALS) {
      process.kill(worker.pid, signal);
      await worker.run(() => {});
    }
    t.equal(worker.count('NODE_SUPERVISE_SIGNAL'), 0);
    t.equal(worker.count('exit'), 0);
  });
}

test('heard by a program that listens', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  for (const signal of SIGNALS) {
    await worker.run((_scope, name) => {
      process.on(name, (...args) => process.send?.({ event: name, args }));
    }, signal);
    process.kill(worker.pid, signal);
    t.match(await worker.event(signal), { args: [signal] });
  }
});

test('a new worker that is not yet so far is started again', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1, minUptimeMs: 100 });
  await supervised.call('start');
  for (const [index, signal] of (['SIGHUP', 'SIGUSR2'] as const).entries()) {
    const count = supervised.seen('worker:starting').length;
    const reload = supervised.call('reload');
    await supervised.until('worker:starting', count + 1);
    const { pid } = supervised.seen('worker:starting').at(-1) as { pid: number };
    process.kill(pid, signal);
    await reload;
    const ended = supervised.seen('worker:exited').find((worker) => worker.pid === pid);
    t.match(ended, { signal, readyAfterMs: null }, 'it was too early for it');
    t.equal(supervised.seen('reload:end').length, index + 1);
    t.equal(supervised.seen('worker:starting').length, count + 2);
  }
});
