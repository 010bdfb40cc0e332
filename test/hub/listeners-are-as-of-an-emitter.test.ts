// Listeners are called as an EventEmitter calls them. One that throws is an uncaught exception of its program, and costs no other
// listener and no other message.

import { test } from 'tap';
import { type Globals, startHubs } from '../fixtures/hub.js';

test('on, once, off, counts, names that mean nothing here', async (t) => {
  const program = await startHubs(t, 1);
  const seen = await program.worker(1, () => {
    const calls: unknown[] = [];
    const first = (...args: unknown[]): void => void calls.push(['first', ...args]);
    hub.on('a', first).addListener('a', first);
    hub.once('a', (...args) => void calls.push(['once', ...args]));
    const results = [hub.listenerCount('a'), hub.emitLocal('a', 1, first), hub.listenerCount('a')];
    hub.off('a', first);
    results.push(hub.emitLocal('a', 2));
    hub.removeListener('a', first).removeListener('a', first);
    results.push(hub.emitLocal('a'), hub.listenerCount('a'));
    for (const name of ['error', 'newListener', '__proto__', 'constructor']) {
      results.push(hub.emitLocal(name));
      hub.on(name, () => calls.push(name));
      results.push(hub.emitLocal(name));
    }
    return { results, calls: calls.map(String) };
  });
  t.strictSame(seen.results, [3, true, 2, true, false, 0, ...Array(4).fill([false, true]).flat()]);
  t.match(seen.calls, [
    /^first,1,\(/,
    /^first,1,\(/,
    /^once,1,\(/,
    'first,2',
    'error',
    'newListener',
    '__proto__',
    'constructor',
  ]);
});

test('one that throws', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, () => {
    (globalThis as { thrown?: string[] }).thrown = [];
    process.on('uncaughtException', ({ message }) => {
      (globalThis as { thrown?: string[] }).thrown?.push(message);
    });
    hub.on('n', (n) => {
      if ((n as number) % 2 === 1) throw new Error(`at ${n}`);
    });
    return record('n');
  });
  await program.worker(1, async () => {
    await hub.ready();
    for (let n = 0; n < 100; n++) hub.emit('n', n);
  });
  const got = await program.worker(2, async ({ delay }) => {
    const all = (await untilGot(100)).length;
    await delay(1);
    return [all, (globalThis as { thrown?: string[] }).thrown?.length, hub.stats().refused];
  });
  t.strictSame(got, [100, 50, 0]);
  t.equal(await program.worker(1, () => hub.stats().links), 1, 'on one connection');
});

test('iteration', async (t) => {
  const program = await startHubs(t, 2);
  const seen = program.worker(2, async () => {
    hub.configure({ maxQueued: 10 });
    const controller = new AbortController();
    const all: unknown[] = [];
    const aborted = hub.events('n', { signal: controller.signal });
    const left = hub.events('n');
    const waiting = hub.events('other').next();
    // All of them before anybody can know of one.
    const looked = hub.events('n');
    await hub.ready();
    for await (const [n] of looked) {
      all.push(n);
      if (n === 5) break;
    }
    const counts = [hub.listenerCount('n')];
    await left.return?.();
    counts.push(hub.listenerCount('n'));
    const first = (await aborted.next()).value;
    controller.abort(new Error('enough'));
    const reason = (await failure(() => aborted.next()))?.message;
    counts.push(hub.listenerCount('n'));
    const done = (await aborted.next()).done;
    const end = hub.close();
    return { all, first, counts, reason, done, last: (await waiting).done, end: await end };
  });
  await program.worker(1, async ({ delay }) => {
    await hub.ready();
    while (!(await hub.sendTo(1, 'n', 1))) await delay(1);
    for (let n = 2; n < 6; n++) hub.emit('n', n);
  });
  t.strictSame(await seen, {
    all: [1, 2, 3, 4, 5],
    first: [1],
    counts: [2, 1, 0],
    reason: 'enough',
    done: true,
    last: true,
  });
});

test('what waits for a slow loop is bounded', async (t) => {
  const program = await startHubs(t, 1);
  const seen = await program.worker(1, async () => {
    hub.configure({ maxQueued: 10 });
    const iterator = hub.events('n');
    for (let n = 0; n < 25; n++) hub.emitLocal('n', n);
    const { util } = globalThis as unknown as Globals;
    return [util.inspect((await iterator.next()).value), hub.stats().dropped];
  });
  t.strictSame(seen, ['[ 15 ]', 15], 'the oldest go, and are counted');
});
