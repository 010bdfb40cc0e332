// pause() stops the accepting, and what comes meanwhile is served after resume().

import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { openClient } from '../fixtures/faults.js';
import { openDeck, read, transports } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

const CLIENTS = 5;

for (const transport of transports()) {
  test(transport, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport });
    const first = await start();
    t.equal(await read(port), `${first.pid}\n`);

    dispatcher.pause();
    dispatcher.pause();
    const sockets = [];
    for (let i = 0; i < CLIENTS; i++) sockets.push(await openClient(port));
    let served = 0;
    for (const socket of sockets) socket.once('readable', () => served++);
    // The start of a worker takes a multiple of what the service of a connection takes, and goes
    // through the same queue.
    const second = await start();
    // So does a listener that is opened meanwhile.
    const late = await dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'late' });
    const lateSocket = await openClient((late.address() as { port: number }).port);
    lateSocket.once('readable', () => served++);
    const third = await start();
    t.equal(served, 0, 'nobody has been served');
    // With ipc they wait in the primary.
    if (transport === 'native') t.equal(dispatcher.stats().accepted, 1);
    t.equal(dispatcher.stats().starvedMs, 0, 'which is no starvation');

    dispatcher.resume();
    dispatcher.resume();
    const lines = await Promise.all([...sockets, lateSocket].map((socket) => text(socket)));
    const pids = new Set(lines.map(Number));
    t.strictSame([...pids].sort(), [first.pid, second.pid, third.pid].sort());
    t.match(await settled(dispatcher), { accepted: 2 + CLIENTS });

    // A dispatcher that is paused can be closed.
    dispatcher.pause();
    const last = await openClient(port);
    const closed = new Promise((resolve) => last.once('close', resolve));
    await dispatcher.close();
    await closed;
  });
}
