// Several listeners at once: a server attached by name serves that one only, one attached without a
// name all that no other server of its process has by name.

import http from 'node:http';
import type net from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { fixture, openDeck, read, transports } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

const TIMES = 6;
/** What waits for a worker that is slow to begin is not given to another. */
const inTurn = { takeBackMs: 0 };

for (const transport of transports()) {
  test(`${transport}: among workers`, async (t) => {
    const { dispatcher, port: a, worker: start } = await openDeck(t, { transport, ...inTurn });
    const listen = async (name: string) => {
      const listener = await dispatcher.listen({ port: 0, host: '127.0.0.1', name });
      return (listener.address() as net.AddressInfo).port;
    };
    const [b, c] = [await listen('b'), await listen('c')];
    const ofA = await start(['line', '--listener=default']);
    const ofB = await start(['line', '--listener=b']);
    const ofAll = await start(['line']);
    const served = async (port: number): Promise<number[]> => {
      const pids = new Set<number>();
      for (let i = 0; i < TIMES; i++) pids.add(Number(await read(port)));
      return [...pids].sort((one, other) => one - other);
    };
    const sorted = (...pids: number[]) => pids.sort((one, other) => one - other);
    t.strictSame(await served(a), sorted(ofA.pid, ofAll.pid));
    t.strictSame(await served(b), sorted(ofB.pid, ofAll.pid));
    t.strictSame(await served(c), [ofAll.pid]);
    t.match(await settled(dispatcher), {
      accepted: 3 * TIMES,
      listeners: [
        { name: 'default', accepted: TIMES },
        { name: 'b', accepted: TIMES },
        { name: 'c', accepted: TIMES },
      ],
      slots: [{ refused: 0 }, { refused: 0 }, { refused: 0 }],
    });
  });

  test(`${transport}: within a worker`, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport });
    const other = await dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'other' });
    const { port: otherPort } = other.address() as net.AddressInfo;
    const file = fixture('protocol-worker.mjs');
    const worker = await start(['other=http', '*=line'], { file });
    for (let i = 0; i < 2; i++) await worker.event('listening');
    const request = async (port: number): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port, agent: false };
        http.get(options, (response) => resolve(text(response))).on('error', reject);
      });
    t.equal(await request(otherPort), `${worker.pid} /`, 'HTTP, by name');
    t.equal(await read(port), `${worker.pid}\n`, 'a line, without');
    await t.rejects(request(port), 'and no HTTP there');
  });

  test(`${transport}: a listener that is opened later, closed and opened again`, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport, ...inTurn });
    const named = await start(['line', '--listener=late'], { isUnready: true });
    const unnamed = await start(['line']);
    t.equal(await read(port), `${unnamed.pid}\n`);
    t.not(named.slot.state, 'ready', 'there is nothing for it to serve');
    for (let i = 0; i < 2; i++) {
      const listener = await dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'late' });
      const { port: latePort } = listener.address() as net.AddressInfo;
      await until('it serves', () => named.slot.state === 'ready');
      const lines = [await read(latePort), await read(latePort)];
      t.strictSame(lines.sort(), [`${named.pid}\n`, `${unnamed.pid}\n`].sort());
      await listener.close();
      await until('it serves nothing', () => named.slot.state === 'drained');
    }
    t.equal(await read(port), `${unnamed.pid}\n`);
  });
}
