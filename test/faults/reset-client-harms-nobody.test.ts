// Clients that reset their connections before a worker has received them, or while they wait in the
// backlog, crash nothing, and everybody else is served. The counts say what happened.

import { test } from 'tap';
import { openClient, proceed, settles, stop, tally, until } from '../fixtures/faults.js';
import { openDeck, read, transports } from '../fixtures/harness.js';

const WINDOW = 4;

for (const transport of transports()) {
  for (const kind of ['line', 'hold', 'http']) {
    test(`${transport}: ${kind}`, async (t) => {
      const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
      const { dispatcher, port, worker: start } = deck;
      const worker = await start([kind]);
      const figures = () => dispatcher.stats().slots[0];
      await stop(worker.pid);
      const clients = [];
      // The first are handed off and wait to be received, the others wait in front.
      for (let i = 0; i < 3 * WINDOW; i++) clients.push(await openClient(port));
      await until('the window is full', () => figures()?.pending === WINDOW);
      for (const socket of clients) socket.resetAndDestroy();
      proceed(worker.pid);
      await until('all went to the worker', () => figures()?.received === 3 * WINDOW);
      await until('and are over', () => figures()?.open === 0);

      const next = await openClient(port);
      if (kind === 'http') next.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      const [chunk] = await next.take(1).toArray();
      t.match(String(chunk), new RegExp(`^${worker.pid}$`, 'm'), 'the same process serves');
      next.destroy();
      await settles(t, () => dispatcher.stats(), {
        accepted: 3 * WINDOW + 1,
        waiting: 0,
        listeners: [{ closed: 0, acceptErrors: {} }],
      });
      t.equal(worker.child.exitCode, null);
    });
  }

  test(`${transport}: taken back from a dead worker`, async (t) => {
    const deck = await openDeck(t, { transport, window: WINDOW, takeBackMs: 0 });
    const { dispatcher, port, worker: start } = deck;
    const doomed = await start();
    await stop(doomed.pid);
    const gone = await openClient(port);
    const living = [1, 2, 3].map(() => read(port));
    await until('handed', () => dispatcher.stats().slots[0]?.pending === WINDOW);
    gone.resetAndDestroy();
    await doomed.kill();
    const heir = await start();
    t.strictSame(tally(await Promise.all(living)), { [`${heir.pid}\n`]: 3 });
    await settles(t, () => dispatcher.stats(), {
      waiting: 0,
      listeners: [{ redealt: WINDOW, closed: 0 }],
    });
    t.equal(heir.child.exitCode, null);
  });
}
