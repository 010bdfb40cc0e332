// A primary that is killed takes its worker with it, also one that cannot notice.

import { test } from 'tap';
import { isAlive, stop, until } from '../fixtures/faults.js';
import { preloaded, startSupervised, ways } from '../fixtures/supervised.js';

for (const way of ways) {
  test(`an idle one, ${way.name}`, way.options, async (t) => {
    const { primary, pid } = await startSupervised(t, way);
    primary.kill('SIGKILL');
    await until('the worker ends', () => !isAlive(pid));
    t.pass('it ended');
  });
}

test('one whose loop is stuck', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const { primary, pid } = worker;
  await worker.run(() => {
    setImmediate(() => {
      process.send?.({ event: 'stuck' });
      for (;;);
    });
  });
  await worker.event('stuck');
  primary.kill('SIGKILL');
  let isOver = false;
  await until('the worker ends', () => {
    isOver = !isAlive(pid);
    return isOver;
  }).catch(() => process.kill(pid, 'SIGKILL'));
  t.ok(isOver, 'it ended');
});

test('one that is stopped', preloaded.options, async (t) => {
  const { primary, pid } = await startSupervised(t, preloaded);
  await stop(pid);
  primary.kill('SIGKILL');
  await until('the worker ends', () => !isAlive(pid));
  t.pass('it ended');
});
