// With `overload: 'reset'` a connection that meets a limit is closed at once, with a reset, and with
// `maxQueueMs` one that has waited for so long. Both are counted, and no worker hears of them.

import net from 'node:net';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { hold, openDeck, transports } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

/** How a connection ended that no worker has greeted, and after how long. */
async function end(port: number): Promise<{ code: string | undefined; ms: number }> {
  const begin = performance.now();
  const socket = net.connect({ port, host: '127.0.0.1' });
  let code: string | undefined;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code;
  });
  socket.on('data', (data) => {
    code = `read ${data}`;
    socket.destroy();
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return { code, ms: performance.now() - begin };
}

for (const transport of transports()) {
  for (const where of ['in all', 'of the listener', 'of every slot'] as const) {
    test(`${transport}: a limit ${where}`, async (t) => {
      // On a busy machine a worker may not receive in time, and who waited there would go to the other one.
      const deck = await openDeck(t, { transport, takeBackMs: 0 });
      const { dispatcher, listener, port } = deck;
      for (let i = 0; i < 2; i++) {
        const { slot } = await deck.worker(['hold']);
        if (where === 'of every slot') slot.configure({ maxConnections: 1 });
      }
      if (where === 'in all') dispatcher.configure({ maxConnections: 2 });
      if (where === 'of the listener') listener.configure({ maxConnections: 2 });
      listener.configure({ overload: 'reset' });
      const held = [await hold(port), await hold(port)];
      for (let i = 0; i < 3; i++) t.equal((await end(port)).code, 'ECONNRESET');
      t.match(await settled(dispatcher, 2), {
        accepted: 5,
        waiting: 0,
        listeners: [{ turnedAway: 3, closed: 0, redealt: 0 }],
        slots: [{ handed: 1 }, { handed: 1 }],
      });
      held.shift()?.socket.destroy();
      await settled(dispatcher, 1);
      held.push(await hold(port));

      listener.configure({ overload: 'queue' });
      const waiting = hold(port);
      held.shift()?.socket.destroy();
      held.push(await waiting);
      t.equal(dispatcher.stats().listeners[0]?.turnedAway, 3, 'as it was before: it waits');
      for (const { socket } of held) socket.destroy();
    });
  }

  test(`${transport}: a window is no limit`, async (t) => {
    const deck = await openDeck(t, { transport, window: 1 });
    deck.listener.configure({ overload: 'reset', maxConnections: 1000 });
    await deck.worker(['hold']);
    const held = await Promise.all(Array.from({ length: 30 }, () => hold(deck.port)));
    t.match(deck.dispatcher.stats().listeners, [{ accepted: 30, turnedAway: 0 }]);
    for (const { socket } of held) socket.destroy();
  });

  test(`${transport}: maxQueueMs`, async (t) => {
    const deck = await openDeck(t, { transport });
    const { dispatcher, listener, port } = deck;
    await deck.worker(['hold']);
    listener.configure({ maxConnections: 1, maxQueueMs: 100 });
    const held = await hold(port);
    const ends = await Promise.all([end(port), end(port)]);
    for (const { code, ms } of ends) {
      t.equal(code, 'ECONNRESET');
      t.ok(ms > 90, `after ${ms} ms`);
    }
    t.match(dispatcher.stats().listeners, [{ turnedAway: 2, closed: 0 }]);
    listener.configure({ maxQueueMs: null });
    const patient = hold(port);
    const isDone = await Promise.race([
      patient,
      until('it would have been over', () => false, 300).catch(() => null),
    ]);
    t.equal(isDone, null, 'without it, it waits on');
    held.socket.destroy();
    (await patient).socket.destroy();
    t.equal(dispatcher.stats().listeners[0]?.turnedAway, 2);
  });
}
