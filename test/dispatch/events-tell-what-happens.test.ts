// The events of a dispatcher: what they carry, and in which order they come.

import { once } from 'node:events';
import { Dispatcher } from 'rondo';
import { test } from 'tap';
import { openClient, proceed, stop, until } from '../fixtures/faults.js';
import { openDeck, read, transports, untilGone } from '../fixtures/harness.js';

for (const transport of transports()) {
  test(`${transport}: listening and close`, async (t) => {
    const dispatcher = new Dispatcher({ transport });
    const log: unknown[] = [];
    dispatcher.on('listening', (...args) => log.push(['listening', ...args]));
    dispatcher.on('close', (...args) => log.push(['close', ...args]));
    const one = await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    t.strictSame(log.splice(0), [['listening', one]], 'once it is open');
    const two = await dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'two' });
    t.equal((log.splice(0)[0] as unknown[])[1], two);
    await one.close();
    t.strictSame(log, [], 'nothing of a single listener');
    await dispatcher.close();
    t.strictSame(log, [['close']]);
  });

  test(`${transport}: slot:ready and slot:gone`, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport });
    const log: unknown[] = [];
    dispatcher.on('slot:ready', (...args) => log.push(['ready', ...args]));
    dispatcher.on('slot:gone', (slot, info) =>
      log.push(['gone', slot, info, slot.state, slot.child]),
    );
    const { slot, pid, send, kill } = await start();
    t.strictSame(log.splice(0), [['ready', slot]]);
    t.equal(slot.state, 'ready');
    t.equal(slot.child?.pid, pid);
    t.equal(await read(port), `${pid}\n`);
    const gone = untilGone(dispatcher, slot);
    send({ do: 'exit', code: 7 });
    await gone;
    const exited = { pid, code: 7, signal: null, reclaimed: 0 };
    t.strictSame(log.splice(0), [['gone', slot, exited, 'open', null]], 'by itself');

    const second = await start(['line'], { slot });
    await second.kill('SIGTERM');
    const killed = { pid: second.pid, code: null, signal: 'SIGTERM', reclaimed: 0 };
    t.strictSame(log.splice(0), [
      ['ready', slot],
      ['gone', slot, killed, 'open', null],
    ]);
    t.not(second.kill, kill);
  });

  test(`${transport}: starved and flowing`, async (t) => {
    const { dispatcher, port, worker: start } = await openDeck(t, { transport, takeBackMs: 0 });
    const log: string[] = [];
    dispatcher.on('starved', () => log.push('starved'));
    dispatcher.on('flowing', () => log.push('flowing'));

    // Nobody is there.
    const starved = once(dispatcher, 'starved');
    const flowing = once(dispatcher, 'flowing');
    const early = read(port);
    await starved;
    const worker = await start();
    t.equal(await early, `${worker.pid}\n`);
    await flowing;
    t.strictSame(log.splice(0), ['starved', 'flowing']);
    const { starvedMs } = dispatcher.stats();
    t.ok(starvedMs >= 90, `${starvedMs} ms`);

    // Nobody receives.
    const again = once(dispatcher, 'starved');
    await stop(worker.pid);
    const clients = Array.from({ length: 10 }, () => openClient(port));
    await again;
    const over = once(dispatcher, 'flowing');
    proceed(worker.pid);
    await over;
    for (const client of clients) (await client).destroy();
    await until('all are over', () => dispatcher.stats().slots[0]?.open === 0);
    t.strictSame(log.splice(0), ['starved', 'flowing']);
    t.ok(dispatcher.stats().starvedMs > starvedMs);
  });
}
