// A closed dispatcher says ERR_RONDO_CLOSED to what would open something, a closed slot
// ERR_RONDO_SLOT_CLOSED, and neither leaves an fd.

import { Dispatcher } from 'rondo';
import { test } from 'tap';
import { settles } from '../fixtures/faults.js';
import { openDeck, openFds, transports } from '../fixtures/harness.js';

for (const transport of transports()) {
  test(`${transport}: the dispatcher`, async (t) => {
    const before = openFds();
    const dispatcher = new Dispatcher({ transport });
    const slot = dispatcher.openSlot();
    await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    await dispatcher.close();
    await t.rejects(dispatcher.listen({ port: 0, name: 'other' }), { code: 'ERR_RONDO_CLOSED' });
    t.throws(() => dispatcher.openSlot(), { code: 'ERR_RONDO_CLOSED' });
    t.throws(() => slot.stdio, { code: 'ERR_RONDO_SLOT_CLOSED' });
    t.throws(() => slot.env, { code: 'ERR_RONDO_SLOT_CLOSED' });
    dispatcher.pause();
    dispatcher.resume();
    await settles(t, () => dispatcher.stats(), {
      transport,
      accepted: 0,
      listeners: [],
      slots: [],
    });
    t.equal(openFds(), before);
  });

  test(`${transport}: close while listen looks a name up`, async (t) => {
    const before = openFds();
    const dispatcher = new Dispatcher({ transport });
    const listening = dispatcher.listen({ port: 0, host: 'localhost' });
    const refused = t.rejects(listening, { code: 'ERR_RONDO_CLOSED' });
    await dispatcher.close();
    await refused;
    t.equal(openFds(), before);
  });

  test(`${transport}: a slot`, async (t) => {
    const deck = await openDeck(t, { transport });
    const slot = deck.dispatcher.openSlot();
    const worker = await deck.worker(['line'], { slot });
    slot.close();
    t.equal(slot.state, 'closed');
    t.throws(() => slot.stdio, { code: 'ERR_RONDO_SLOT_CLOSED' });
    t.throws(() => slot.assign(worker.child), { code: 'ERR_RONDO_SLOT_CLOSED' });
  });
}
