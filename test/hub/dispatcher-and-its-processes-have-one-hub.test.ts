// A Dispatcher's own primary and the processes that are forked with its slots' options or variables have one hub.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Dispatcher } from 'rondo';
import { hub } from 'rondo/hub';
import { test } from 'tap';
import { fixture, transports } from '../fixtures/harness.js';

const WORKER = fixture('hub-worker.mjs');

for (const transport of transports()) {
  test(transport, async (t) => {
    const dispatcher = new Dispatcher({ transport });
    const children: ChildProcess[] = [];
    t.teardown(async () => {
      const ends = children.map((child) => once(child, 'exit'));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(ends);
      await dispatcher.close();
    });
    for (const way of ['spawnOptions', 'env'] as const) {
      const slot = dispatcher.openSlot();
      const { env, stdio } = slot;
      const options =
        way === 'env' ? { stdio, env: { ...process.env, ...env } } : slot.spawnOptions();
      const child = fork(WORKER, options);
      children.push(child);
      slot.assign(child);
      await once(child, 'message');
      const [pid, seat] = [child.pid, slot.id];
      t.match(await hub.request(seat, 'who'), { pid, seat, role: 'worker' }, way);
    }
    t.equal(hub.self()?.role, 'primary');
    const left = children.map(({ pid }) => pid);
    const pids = ((await hub.request('workers', 'who')) as Array<{ pid: number }>).map(
      ({ pid }) => pid,
    );
    t.strictSame(pids.sort(), left.sort());
  });
}

test('it is left', async (t) => {
  await hub.close();
  t.throws(() => hub.emit('n'), { code: 'ERR_RONDO_CLOSED' });
});
