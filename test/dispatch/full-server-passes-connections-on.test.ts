// A server at its maxConnections sends a connection back, and another worker serves it. If all are full,
// it is dropped, once, as by a server that listens itself.

import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { hold, openDeck, read, transports } from '../fixtures/harness.js';
import { settled, sum } from '../fixtures/settled.js';

/** What a server that listens itself does at `maxConnections = 0`: Node 20 takes it for no limit. */
async function isZeroNoLimit(): Promise<boolean> {
  const server = net.createServer((socket) => socket.end('served'));
  server.maxConnections = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const text = await read((server.address() as net.AddressInfo).port);
  server.close();
  return text === 'served';
}

/** What waits for a worker that is slow to begin is not given to another. */
const inTurn = { takeBackMs: 0 };

for (const transport of transports()) {
  test(`${transport}: refused by one, served by the other`, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport, ...inTurn });
    const full = await start(['hold', '--max=1']);
    const other = await start(['hold']);
    const held = [await hold(port), await hold(port), await hold(port), await hold(port)];
    const lines = held.map(({ line }) => Number(line));
    t.strictSame(lines, [full.pid, other.pid, other.pid, other.pid]);
    t.match(await settled(dispatcher, 4), {
      accepted: 4,
      // The third. It counts for the one that refused it, so the fourth is the other's.
      listeners: [{ redealt: 1, closed: 0 }],
      slots: [
        { refused: 1, received: 2, open: 1 },
        { refused: 0, received: 3, open: 3 },
      ],
    });
    full.send({ do: 'stats' });
    t.match(await full.event('stats'), { connections: 1, drops: 0 });
    for (const { socket } of held) socket.destroy();
  });

  test(`${transport}: refused by all, dropped by one`, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport, ...inTurn });
    const workers = [];
    for (let i = 0; i < 3; i++) workers.push(await start(['hold', '--max=1']));
    const held = [await hold(port), await hold(port), await hold(port)];
    t.equal(await read(port), '', 'closed without a word');
    let drops = 0;
    for (const worker of workers) {
      worker.send({ do: 'stats' });
      drops += (await worker.event('stats')).drops as number;
    }
    t.equal(drops, 1, "exactly one 'drop'");
    const { slots, listeners } = await settled(dispatcher, 3);
    const figures = (['handed', 'received', 'refused'] as const).map((name) => sum(slots, name));
    t.strictSame(figures, [6, 6, 2]);
    t.match(listeners, [{ accepted: 4, redealt: 2, closed: 0 }]);

    const [freed] = held;
    freed?.socket.end();
    await once(freed?.socket as NodeJS.EventEmitter, 'close');
    await settled(dispatcher, 2);
    const next = await hold(port);
    t.equal(next.line, freed?.line, 'served by the one that has room again');
    for (const { socket } of [...held, next]) socket.destroy();
  });

  test(`${transport}: dropMaxConnection drops at once`, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport, ...inTurn });
    const full = await start(['hold', '--max=1', '--drop=at-once']);
    const other = await start(['hold']);
    const held = [await hold(port), await hold(port)];
    t.equal(await read(port), '', 'dropped, though another has room');
    t.match(await full.event('drop'), { drops: 1 });
    const last = await hold(port);
    t.equal(Number(last.line), other.pid);
    t.match((await settled(dispatcher, 3)).slots, [{ refused: 0 }, { refused: 0 }]);
    for (const { socket } of [...held, last]) socket.destroy();
  });

  test(`${transport}: maxConnections 0 is what it is for Node`, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport, ...inTurn });
    const pids = [];
    for (let i = 0; i < 2; i++) pids.push((await start(['line', '--max=0'])).pid);
    const isNoLimit = await isZeroNoLimit();
    const lines = [await read(port), await read(port)];
    t.strictSame(lines, isNoLimit ? pids.map((pid) => `${pid}\n`) : ['', '']);
    const { slots } = await settled(dispatcher);
    t.equal(sum(slots, 'refused'), isNoLimit ? 0 : 2);
  });
}
