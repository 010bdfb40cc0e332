// configure() changes the policy, the window and takeBackMs of a dispatcher that runs: what comes from
// then on goes by the new values, and what was handed off before is served all the same.

import { once } from 'node:events';
import type { Dispatcher, DispatcherOptions } from 'rondo';
import { test } from 'tap';
import { proceed, settles, stop, tally, until } from '../fixtures/faults.js';
import { hold, nativeOnly, openDeck, read, transports } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

/** As many clients that read one line each. */
function burst(port: number, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => read(port)));
}

for (const transport of transports()) {
  test(`${transport}: the window`, async (t) => {
    const deck = await openDeck(t, { transport, window: 4, takeBackMs: 0 });
    const { dispatcher, port, worker: start } = deck;
    const standing = await start();
    await stop(standing.pid);
    const pending = (): number => dispatcher.stats().slots[standing.slot.id]?.pending ?? -1;
    const clients = Array.from({ length: 20 }, () => read(port));

    await until('its window is full', () => pending() === 4);
    dispatcher.configure({ window: 2 });
    t.equal(dispatcher.stats().window, 2);
    clients.push(read(port));
    dispatcher.configure({ window: 7 });
    // Had the smaller one taken anything back, it would have been dealt again.
    await until('a larger one is filled', () => pending() === 7);
    dispatcher.configure({ window: 1 });

    proceed(standing.pid);
    t.strictSame(tally(await Promise.all(clients)), { [`${standing.pid}\n`]: 21 });
    t.match(await settled(dispatcher), { accepted: 21, listeners: [{ redealt: 0, closed: 0 }] });

    await stop(standing.pid);
    const more = Array.from({ length: 10 }, () => read(port));
    await until('of the last one, one is used', () => pending() === 1);
    proceed(standing.pid);
    await Promise.all(more);
    t.match(await settled(dispatcher), { accepted: 31, listeners: [{ redealt: 0, closed: 0 }] });
  });

  test(`${transport}: the policy`, async (t) => {
    const deck = await openDeck(t, { transport, policy: 'least-connections' });
    const { dispatcher, port, worker: start } = deck;
    const pids = [String((await start(['hold'])).pid), String((await start(['hold'])).pid)];
    const sockets: Array<Awaited<ReturnType<typeof hold>>> = [];
    const open = (): string =>
      dispatcher
        .stats()
        .slots.map((slot) => slot.open)
        .join();
    const connect = async (): Promise<number> => {
      sockets.push(await hold(port));
      return pids.indexOf(sockets.at(-1)?.line ?? '');
    };
    t.strictSame([await connect(), await connect(), await connect()], [0, 1, 0]);
    await until('they are counted', () => open() === '2,1');

    dispatcher.configure({ policy: 'round-robin' });
    t.equal(dispatcher.stats().policy, 'round-robin');
    t.strictSame([await connect(), await connect(), await connect()], [1, 0, 1], 'in turn');
    const [second] = sockets.splice(1, 1);
    second?.socket.end();
    if (second !== undefined) await once(second.socket, 'close');
    await until('one has gone', () => open() === '3,2');

    dispatcher.configure({ policy: 'least-connections' });
    t.strictSame([await connect(), await connect()], [1, 0], 'first the one that has fewer');
    for (const { socket } of sockets) socket.destroy();
    await until('all are over', () => open() === '0,0');
  });

  test(`${transport}: what is left out stays`, async (t) => {
    const options: DispatcherOptions = { policy: 'least-connections', window: 3, takeBackMs: 50 };
    const { dispatcher } = await openDeck(t, { ...options, transport });
    const figures = ({ policy, window }: ReturnType<Dispatcher['stats']>) => [policy, window];
    dispatcher.configure({});
    t.strictSame(figures(dispatcher.stats()), ['least-connections', 3]);
    dispatcher.configure({ window: 'auto', policy: undefined } as object);
    t.strictSame(figures(dispatcher.stats()), ['least-connections', 'auto']);
    dispatcher.configure({ policy: 'round-robin' });
    t.strictSame(figures(dispatcher.stats()), ['round-robin', 'auto']);
  });

  test(`${transport}: what cannot be`, async (t) => {
    const { dispatcher } = await openDeck(t, { transport, window: 3 });
    const wrong: Array<[object, string, RegExp]> = [
      [
        { window: 5, transport },
        'ERR_RONDO_INVALID_OPTION',
        /^The option 'transport' must be left/,
      ],
      [{ window: 0 }, 'ERR_RONDO_INVALID_OPTION', /^The option 'window' must be /],
      [{ window: 5, policy: 'x' }, 'ERR_RONDO_INVALID_OPTION', /^The option 'policy' must be /],
      [{ takeBackMs: 49 }, 'ERR_RONDO_INVALID_OPTION', /^The option 'takeBackMs' must be /],
      [{ windows: 5 }, 'ERR_RONDO_UNKNOWN_OPTION', /^There is no option 'windows'/],
    ];
    for (const [options, code, message] of wrong) {
      t.throws(() => dispatcher.configure(options), { code, message });
    }
    t.throws(() => dispatcher.configure(null as never), { code: 'ERR_RONDO_INVALID_OPTION' });
    t.equal(dispatcher.stats().window, 3, 'changes nothing');
    await dispatcher.close();
    t.throws(() => dispatcher.configure({ window: 5 }), { code: 'ERR_RONDO_CLOSED' });
    t.equal(dispatcher.stats().window, 3);
  });
}

test('native: takeBackMs', nativeOnly, async (t) => {
  const deck = await openDeck(t, { transport: 'native', takeBackMs: 0, window: 2 });
  const { dispatcher, port, worker: start } = deck;
  const [standing, running] = [await start(), await start()];
  const slot = () => dispatcher.stats().slots[standing.slot.id];
  await stop(standing.pid);
  const clients = burst(port, 10);
  await until('the others are served', () => slot()?.pending === 2);
  t.match(slot(), { pending: 2, reclaimed: 0 }, 'it would keep them for ever');
  dispatcher.configure({ takeBackMs: 50 });
  t.strictSame(tally(await clients), { [`${running.pid}\n`]: 10 }, 'but now at once');
  await settles(t, slot, { pending: 0, reclaimed: 2 });
  proceed(standing.pid);
});
