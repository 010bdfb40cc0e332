// close() of a dispatcher, a listener or a slot may be called again, at any time.

import { Dispatcher } from 'rondo';
import { test } from 'tap';
import { openDeck, openFds, read, transports } from '../fixtures/harness.js';

for (const transport of transports()) {
  test(`${transport}: the dispatcher`, async (t) => {
    const before = openFds();
    const dispatcher = new Dispatcher({ transport });
    const listener = await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    let closes = 0;
    dispatcher.on('close', () => closes++);
    const closing = dispatcher.close();
    t.equal(dispatcher.close(), closing, 'the same promise');
    await closing;
    t.equal(dispatcher.close(), closing, 'the same promise');
    await listener.close();
    t.equal(closes, 1);
    t.equal(openFds(), before);
  });

  test(`${transport}: listener and slot`, async (t) => {
    const deck = await openDeck(t, { transport });
    const other = await deck.dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'other' });
    const closed = deck.dispatcher.openSlot();
    const worker = await deck.worker(['line'], { slot: deck.dispatcher.openSlot() });
    const { port: otherPort } = other.address() as { port: number };
    t.equal(await read(otherPort), `${worker.pid}\n`);
    await Promise.all([other.close(), other.close()]);
    closed.close();
    const reopened = deck.dispatcher.openSlot();
    t.equal(reopened.id, closed.id, 'the number is free again');
    // The names and numbers of these are another's now.
    const namesake = await deck.dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'other' });
    closed.close();
    await other.close();
    t.equal(reopened.state, 'open');
    const taken = { code: 'ERR_RONDO_LISTENER_NAME_TAKEN' };
    await t.rejects(deck.dispatcher.listen({ port: 0, name: 'other' }), taken);
    t.equal(deck.dispatcher.stats().accepted, 1, 'counted once');
    t.strictSame(
      deck.dispatcher.stats().listeners.map(({ name, address }) => ({ name, address })),
      [deck.listener, namesake].map((open) => ({ name: open.name, address: open.address() })),
    );
    t.equal(await read(deck.port), `${worker.pid}\n`, 'the open ones serve');
  });
}
