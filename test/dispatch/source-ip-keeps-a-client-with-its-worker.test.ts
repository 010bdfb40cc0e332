// With source-ip a client's connections go to one worker as long as that serves, clients are spread, and a
// worker that goes moves its own clients only. While it has no room they wait for it, for a while.

import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { proceed, stop, until } from '../fixtures/faults.js';
import { openDeck, transports, type Worker } from '../fixtures/harness.js';

const linuxOnly = process.platform === 'linux' ? {} : { skip: 'needs all of 127.0.0.0/8' };

const CLIENTS = Array.from({ length: 24 }, (_, i) => `127.0.0.${i + 10}`);

interface Served {
  pid: number;
  ms: number;
}

/** Connects from that address, and resolves with who has greeted it. */
async function connect(port: number, localAddress: string): Promise<Served> {
  const begin = performance.now();
  const socket = net.connect({ port, host: '127.0.0.1', localAddress });
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return { pid: Number(data), ms: performance.now() - begin };
}

async function homes(port: number): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const client of CLIENTS) found.set(client, (await connect(port, client)).pid);
  return found;
}

for (const transport of transports()) {
  test(`${transport}: as long as it serves`, linuxOnly, async (t) => {
    const deck = await openDeck(t, { transport, policy: 'source-ip' });
    const workers: Worker[] = [];
    for (let i = 0; i < 3; i++) workers.push(await deck.worker());
    const before = await homes(deck.port);
    t.strictSame(await homes(deck.port), before, 'the same ones again');
    t.equal(new Set(before.values()).size, 3, 'every worker has some');
    const gone = workers[1] as Worker;
    await gone.kill();
    const after = await homes(deck.port);
    for (const [client, pid] of before) {
      if (pid !== gone.pid) t.equal(after.get(client), pid, `${client} stays`);
      else t.not(after.get(client), pid, `${client} moves`);
    }
    const heir = await deck.worker(['line'], { slot: gone.slot });
    for (const [client, pid] of await homes(deck.port)) {
      const was = before.get(client);
      t.equal(pid, was === gone.pid ? heir.pid : was, `${client} is back`);
    }
  });

  test(`${transport}: while it is busy and another is not`, linuxOnly, async (t) => {
    const policy = { name: 'source-ip', waitMs: 60_000 } as const;
    const deck = await openDeck(t, { transport, policy });
    const workers = [await deck.worker(), await deck.worker()] as const;
    const client = CLIENTS[0] as string;
    const { pid } = await connect(deck.port, client);
    const home = workers.find((worker) => worker.pid === pid) as Worker;
    for (let i = 0; i < 5; i++) {
      home.child.send({ do: 'spin', ms: 60 });
      t.equal((await connect(deck.port, client)).pid, pid, 'nobody takes it from it');
    }
  });

  test(`${transport}: while it has no room`, linuxOnly, async (t) => {
    const policy = { name: 'source-ip', waitMs: 60_000 } as const;
    const deck = await openDeck(t, { transport, policy, window: 1, takeBackMs: 0 });
    const workers = [await deck.worker(), await deck.worker()] as const;
    const client = CLIENTS[0] as string;
    const { pid } = await connect(deck.port, client);
    const home = workers.find((worker) => worker.pid === pid) as Worker;
    await stop(pid);
    const served: number[] = [];
    const connections = Array.from({ length: 3 }, async () => {
      served.push((await connect(deck.port, client)).pid);
    });
    const stats = () => deck.dispatcher.stats();
    await until('one is pending, and others wait', () => {
      return stats().slots[home.slot.id]?.pending === 1 && stats().waiting === 2;
    });
    deck.listener.configure({ policy: { ...policy, waitMs: 150 } });
    const short = await connect(deck.port, client);
    t.not(short.pid, pid, 'it goes to the next of its rank');
    t.ok(short.ms > 140, `after ${short.ms} ms`);
    t.equal(served.length, 0, 'those that may wait longer still do');
    proceed(pid);
    await Promise.all(connections);
    t.strictSame(served, [pid, pid, pid], 'and are served by their own');
    t.match(stats().listeners, [{ closed: 0, turnedAway: 0 }]);
  });

  test(`${transport}: a bound`, linuxOnly, async (t) => {
    const policy = { name: 'source-ip', bound: 1.5 } as const;
    const deck = await openDeck(t, { transport, policy });
    for (let i = 0; i < 2; i++) await deck.worker(['hold']);
    const sockets: net.Socket[] = [];
    for (let i = 1; i <= 12; i++) {
      const socket = net.connect({ port: deck.port, host: '127.0.0.1', localAddress: '127.0.0.9' });
      sockets.push(socket);
      await once(socket, 'data');
    }
    await until('they are counted', () => {
      const open = deck.dispatcher.stats().slots.map((slot) => slot.open);
      return open.reduce((a, b) => a + b) === 12;
    });
    const open = deck.dispatcher.stats().slots.map((slot) => slot.open);
    t.equal(Math.max(...open), 9, 'one client has at most 1.5 times the share of one worker');
    for (const socket of sockets) socket.destroy();
  });
}
