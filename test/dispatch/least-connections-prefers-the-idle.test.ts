// With least-connections the worker that serves the fewest gets the next one; among equals the next in
// turn.

import { once } from 'node:events';
import type net from 'node:net';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { hold, openDeck, transports } from '../fixtures/harness.js';

const WORKERS = 3;

for (const transport of transports()) {
  test(transport, async (t) => {
    const deck = await openDeck(t, { transport, policy: 'least-connections' });
    const { dispatcher, port, worker: start } = deck;
    const pids: string[] = [];
    for (let i = 0; i < WORKERS; i++) pids.push(String((await start(['hold'])).pid));
    const sockets: Array<{ slot: number; socket: net.Socket }> = [];
    const open = () => dispatcher.stats().slots.map((slot) => slot.open);
    const connect = async (): Promise<number> => {
      const { socket, line } = await hold(port);
      const slot = pids.indexOf(line);
      sockets.push({ slot, socket });
      return slot;
    };
    const leave = async (slot: number): Promise<void> => {
      const index = sockets.findIndex((entry) => entry.slot === slot);
      const [{ socket }] = sockets.splice(index, 1) as [(typeof sockets)[0]];
      const before = open()[slot] as number;
      socket.end();
      await once(socket, 'close');
      await until('it is counted', () => open()[slot] === before - 1);
    };

    const first: number[] = [];
    for (let i = 0; i < 2 * WORKERS; i++) first.push(await connect());
    t.strictSame(first, [0, 1, 2, 0, 1, 2], 'all have the same, so they are served in turn');
    await until('it is counted', () => open().join() === '2,2,2');

    await leave(1);
    t.equal(await connect(), 1, 'not the next in turn, which is 0');
    await leave(2);
    await leave(2);
    await leave(1);
    const next = [await connect(), await connect(), await connect()];
    t.strictSame(next, [2, 1, 2], 'with 2, 1, 0; then 2, 1, 1, from 2 on; then 2, 2, 1');
    await until('it is counted', () => open().join() === '2,2,2');
    for (const { socket } of sockets) socket.destroy();
    await until('all are over', () => open().every((count) => count === 0));
  });
}
