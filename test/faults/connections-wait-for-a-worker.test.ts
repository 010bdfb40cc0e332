// While there is no worker, at the start or after the last one has died, connections wait and are
// served by whichever worker comes.

import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { settles, tally } from '../fixtures/faults.js';
import { openDeck, transports } from '../fixtures/harness.js';

const CLIENTS = 30;

/** Resolves when the kernel has completed all, with the promises of what they will read. */
async function connectMany(port: number): Promise<Array<Promise<string>>> {
  const sockets = Array.from({ length: CLIENTS }, () => net.connect({ port, host: '127.0.0.1' }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets.map(async (socket) => {
    let text = '';
    for await (const chunk of socket) text += chunk;
    return text;
  });
}

for (const transport of transports()) {
  test(transport, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport });
    const early = await connectMany(port);
    if (transport === 'native') t.equal(dispatcher.stats().accepted, 0, 'they are in the backlog');
    const first = await start();
    t.strictSame(tally(await Promise.all(early)), { [`${first.pid}\n`]: CLIENTS });

    const second = await start();
    await Promise.all([first.kill(), second.kill()]);
    const late = await connectMany(port);
    if (transport === 'native') t.equal(dispatcher.stats().accepted, CLIENTS);
    const third = await start(['line'], { slot: second.slot });
    t.strictSame(tally(await Promise.all(late)), { [`${third.pid}\n`]: CLIENTS });
    await settles(t, () => dispatcher.stats(), {
      accepted: 2 * CLIENTS,
      waiting: 0,
      listeners: [{ closed: 0 }],
    });
  });
}
