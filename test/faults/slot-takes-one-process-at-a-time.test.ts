// A slot refuses a second process while its first is alive, refuses what is no process, and takes the
// next one when the first is gone, from within the program's own 'exit' listener too.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'tap';
import { openDeck, read, transports } from '../fixtures/harness.js';

for (const transport of transports()) {
  test(transport, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport });
    const first = await start();
    const { slot } = first;
    t.throws(() => slot.assign(first.child), { code: 'ERR_RONDO_SLOT_ASSIGNED' });
    t.throws(() => slot.stdio, { code: 'ERR_RONDO_SLOT_ASSIGNED' });
    t.throws(() => slot.env, { code: 'ERR_RONDO_SLOT_ASSIGNED' });
    for (const value of [undefined, null, 7, 'child', {}]) {
      const assign = (): void => dispatcher.openSlot().assign(value as unknown as ChildProcess);
      t.throws(assign, { code: 'ERR_RONDO_INVALID_OPTION' });
    }
    t.equal(slot.state, 'ready');
    t.equal(await read(port), `${first.pid}\n`, 'the first goes on');

    first.child.prependOnceListener('exit', () => {
      t.ok(Array.isArray(slot.stdio), 'free as soon as the exit is known');
    });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await start(['line'], { slot });
    t.equal(await read(port), `${second.pid}\n`);
  });
}
