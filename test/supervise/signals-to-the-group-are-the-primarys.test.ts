// No worker ends of a signal that is the primary's, though the whole group gets it; a program that
// listens to one hears it.

import { test } from 'tap';
import { preloaded, startSupervised, ways } from '../fixtures/supervised.js';

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
