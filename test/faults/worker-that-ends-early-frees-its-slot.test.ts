// A process that exits before it is ready, or cannot be started at all, is reported by 'slot:gone' and
// never by 'slot:ready'; its slot takes the next process, which serves who has waited.

import { spawn } from 'node:child_process';
import type { Slot, SlotGoneInfo } from 'rondo';
import { test } from 'tap';
import { openDeck, read, transports, untilGone } from '../fixtures/harness.js';

for (const transport of transports()) {
  test(transport, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport });
    const ready: Slot[] = [];
    dispatcher.on('slot:ready', (slot) => ready.push(slot));
    const slot = dispatcher.openSlot();
    const clients = Promise.all(Array.from({ length: 5 }, () => read(port)));

    const launch = async (command: string, args: string[]): Promise<SlotGoneInfo> => {
      const gone = untilGone(dispatcher, slot);
      const env = { ...process.env, ...slot.env };
      slot.assign(spawn(command, args, { stdio: slot.stdio, env }));
      t.equal(slot.state, 'starting');
      return (await gone) as SlotGoneInfo;
    };

    const exited = await launch(process.execPath, ['-e', 'process.exit(3)']);
    t.match(exited, { code: 3, signal: null, reclaimed: 0, error: undefined });
    const killed = await launch(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")']);
    t.match(killed, { code: null, signal: 'SIGKILL', reclaimed: 0 });
    const absent = await launch('/nonexistent/program', []);
    t.match(absent, { pid: null, code: null, signal: null, error: { code: 'ENOENT' } });
    t.equal(slot.state, 'open');
    t.equal(slot.child, null);
    t.strictSame(ready, []);

    const worker = await start(['line'], { slot });
    t.strictSame(new Set(await clients), new Set([`${worker.pid}\n`]));
    t.strictSame(ready, [slot]);
  });
}
