// A replacement takes its predecessor's slot: the same number, whose figures go on. So does a slot that
// is opened with the number of a closed one.

import { once } from 'node:events';
import { test } from 'tap';
import { hold, openDeck, read, transports } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

for (const transport of transports()) {
  test(transport, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport });
    const first = await start(['hold']);
    const { slot } = first;
    const held = [await hold(port), await hold(port)];
    const figures = async (open = 0) => (await settled(dispatcher, open)).slots[0];
    t.match(await figures(2), { id: 0, state: 'ready', pid: first.pid, handed: 2, received: 2 });
    await first.kill();
    const idle = { pid: null, handed: 2, received: 2, pending: 0, open: 0 };
    t.match(
      dispatcher.stats().slots[0],
      { state: 'open', ...idle },
      'a dead worker serves nothing',
    );

    const second = await start(['line'], { slot });
    t.equal(second.slot.id, 0);
    t.equal(await read(port), `${second.pid}\n`);
    t.match(await figures(), { id: 0, state: 'ready', pid: second.pid, handed: 3, received: 3 });

    slot.close();
    t.strictSame(dispatcher.stats().slots, [], 'a closed slot is none');
    t.equal(slot.state, 'closed');
    const exit = once(second.child, 'exit');
    second.child.kill('SIGKILL');
    await exit;
    const third = await start();
    t.equal(third.slot.id, 0, 'the lowest free number');
    t.not(third.slot, slot);
    t.equal(await read(port), `${third.pid}\n`);
    t.match(await figures(), { id: 0, pid: third.pid, handed: 4, received: 4, pending: 0 });
    t.equal(dispatcher.stats().accepted, 4);
    for (const { socket } of held) socket.destroy();
  });

  test(`${transport}: numbers`, async (t) => {
    const { dispatcher } = await openDeck(t, { transport });
    const slots = Array.from({ length: 4 }, () => dispatcher.openSlot());
    t.strictSame(
      slots.map(({ id }) => id),
      [0, 1, 2, 3],
    );
    slots[1]?.close();
    slots[2]?.close();
    t.strictSame(
      [dispatcher.openSlot().id, dispatcher.openSlot().id, dispatcher.openSlot().id],
      [1, 2, 4],
    );
  });
}

for (const transport of transports()) {
  test(`${transport}: a listener's figures start anew`, async (t) => {
    const { dispatcher, listener, port, worker: start } = await openDeck(t, { transport });
    const { pid } = await start();
    t.equal(await read(port), `${pid}\n`);
    const { id } = listener;
    await listener.close();
    t.match(dispatcher.stats(), { accepted: 1, listeners: [] }, 'what it accepted still counts');
    // Numbers go round: the next listener with the same one is not the same listener.
    let next = await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    while (next.id !== id) {
      await next.close();
      next = await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    }
    t.match(dispatcher.stats(), { accepted: 1, listeners: [{ id, accepted: 0 }] });
  });
}
