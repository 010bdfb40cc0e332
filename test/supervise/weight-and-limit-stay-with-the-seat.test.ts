// What a seat is given, a weight and a limit of connections, holds for its worker and for those that follow, and for
// no other seat's, though a dispatcher's slots go from one seat to another.

import { once } from 'node:events';
import net from 'node:net';
import type { SlotStats } from 'rondo';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { openSupervisor, type Supervised } from '../fixtures/supervisor.js';

const QUICK = { minUptimeMs: 50, idleGraceMs: 50 };

/** The slot of each seat's ready worker, in the order of the seats. */
async function slotsOf(supervised: Supervised): Promise<SlotStats[]> {
  const { seats, dispatcher } = await supervised.stats();
  return seats.map(({ workers }) => {
    const { pid } = workers.find(({ state }) => state === 'ready') ?? {};
    return dispatcher?.slots.find((slot) => slot.pid === pid) as SlotStats;
  });
}

test('the weight', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, policy: 'weighted', ...QUICK });
  await supervised.call('start');
  await supervised.call('configureSeat', 1, { weight: 3 });
  t.match((await supervised.stats()).seats, [
    { weight: 1, maxConnections: null },
    { weight: 3, maxConnections: null },
  ]);
  const wanted = [{ weight: 1 }, { weight: 3 }];
  t.match(await slotsOf(supervised), wanted);

  await supervised.call('reload');
  t.match(await slotsOf(supervised), wanted, 'over a reload');
  await supervised.call('restart', 1);
  await supervised.call('restart', 0);
  t.match(await slotsOf(supervised), wanted, 'over restarts');
  for (const pid of await supervised.readyPids()) {
    const count = supervised.seen('worker:ready').length;
    process.kill(pid, 'SIGKILL');
    await supervised.until('worker:ready', count + 1);
  }
  t.match(await slotsOf(supervised), wanted, 'over deaths');
});

test('the limit', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, ...QUICK });
  await supervised.call('start');
  await supervised.call('configureSeat', 0, { maxConnections: 1 });
  await supervised.call('reload');
  const sockets: net.Socket[] = [];
  for (let i = 0; i < 6; i++) {
    const socket = net.connect(supervised.port(), '127.0.0.1');
    await once(socket, 'connect');
    sockets.push(socket);
  }
  const open = async () => (await slotsOf(supervised)).map((slot) => slot.open).join();
  await until('the other one has the rest', async () => (await open()) === '1,5');
  for (const socket of sockets) socket.destroy();
  await supervised.call('configureSeat', 0, { maxConnections: null });
  t.match(await slotsOf(supervised), [{ maxConnections: null }, { maxConnections: null }]);
});

test('misuse', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1, ...QUICK });
  await t.rejects(supervised.call('configureSeat', 0, {}), { code: 'ERR_RONDO_SUPERVISOR_STATE' });
  await supervised.call('start');
  const invalid = { code: 'ERR_RONDO_INVALID_OPTION' };
  await t.rejects(supervised.call('configureSeat', 1, { weight: 2 }), {
    ...invalid,
    option: 'seat',
  });
  await t.rejects(supervised.call('configureSeat', 0, { weight: 0 }), {
    ...invalid,
    option: 'weight',
  });
  const unknown = { code: 'ERR_RONDO_UNKNOWN_OPTION', option: 'wieght' };
  await t.rejects(supervised.call('configureSeat', 0, { wieght: 2 }), unknown);
  t.match((await supervised.stats()).seats, [{ weight: 1 }]);
});

test('listeners are paused and limited by id or name', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, ...QUICK });
  await supervised.call('start');
  const listener = async () => (await supervised.stats()).dispatcher?.listeners[0];
  const { id, name } = (await listener()) as { id: number; name: string };
  await supervised.call('configureListener', name, { policy: 'least-connections' });
  await supervised.call('pause', id);
  t.match(await listener(), { policy: 'least-connections', paused: true });
  const waiting = fetch(`http://127.0.0.1:${supervised.port()}/`);
  await supervised.call('reload');
  t.match(await listener(), { policy: 'least-connections', paused: true }, 'over a reload');
  await supervised.call('resume');
  t.equal((await waiting).status, 200);
  await supervised.call('pause');
  t.match(await listener(), { paused: true }, 'all of them');
  await supervised.call('resume', name);
  t.match(await listener(), { paused: false });
  const invalid = { code: 'ERR_RONDO_INVALID_OPTION', option: 'listener' };
  await t.rejects(supervised.call('pause', 9), invalid);
  await t.rejects(supervised.call('configureListener', 'x', {}), invalid);
  const unknown = { code: 'ERR_RONDO_UNKNOWN_OPTION' };
  await t.rejects(supervised.call('configureListener', id, { max: 1 }), unknown);
});
