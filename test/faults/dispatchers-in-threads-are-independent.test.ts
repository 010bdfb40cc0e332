// The main thread and two others load the addon and run a dispatcher each. Closing one, or terminating
// the thread of one under load, harms neither the others nor the process, and leaves no fd.

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker as Thread } from 'node:worker_threads';
import { test } from 'tap';
import { isAlive, until } from '../fixtures/faults.js';
import { fixture, openDeck, openFds, read, transports } from '../fixtures/harness.js';

interface Started {
  thread: Thread;
  port: number;
  pid: number;
}

/** Without what tap loads into this process: each would end what the others have started. */
function openThread(transport: string): Thread {
  const workerData = { transport };
  return new Thread(fixture('dispatcher-thread.mjs'), { workerData, execArgv: [] });
}

async function startThread(transport: string): Promise<Started> {
  const thread = openThread(transport);
  await once(thread, 'message');
  const [{ port, pid }] = (await once(thread, 'message')) as [{ port: number; pid: number }];
  return { thread, port, pid };
}

for (const transport of transports()) {
  test(transport, async (t) => {
    const deck = await openDeck(t, { transport });
    const worker = await deck.worker();
    const before = openFds();
    const threads = await Promise.all([startThread(transport), startThread(transport)]);
    const [first, second] = threads as [Started, Started];
    t.teardown(async () => {
      await Promise.all(threads.map(({ thread }) => thread.terminate()));
      for (const { pid } of threads) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    for (let i = 0; i < 5; i++) {
      const lines = [deck.port, first.port, second.port].map((port) => read(port));
      t.strictSame(
        await Promise.all(lines),
        [worker.pid, first.pid, second.pid].map((pid) => `${pid}\n`),
        'each deals to its own worker',
      );
    }

    const ended = Promise.all([once(first.thread, 'message'), once(first.thread, 'exit')]);
    first.thread.postMessage('close');
    t.strictSame(await ended, [['closed'], [0]]);
    await t.rejects(read(first.port), { code: 'ECONNREFUSED' });
    t.equal(await read(second.port), `${second.pid}\n`, 'the other thread goes on');

    // Under load: some of these are served, the others must not hang.
    const clients = Promise.allSettled(Array.from({ length: 200 }, () => read(second.port)));
    await read(second.port);
    t.equal(await second.thread.terminate(), 1);
    await clients;
    await t.rejects(read(second.port), { code: 'ECONNREFUSED' });
    await until('its worker ends', () => !isAlive(second.pid));
    await until('no fd is left', () => openFds() <= before);
    t.equal(await read(deck.port), `${worker.pid}\n`, 'the main thread goes on');
  });

  test(`${transport}: terminated at any time`, async (t) => {
    const before = openFds();
    for (let i = 0; i < 5; i++) {
      const thread = openThread(transport);
      // Not earlier: Node leaves the module files open that it was reading.
      await once(thread, 'message');
      await delay(15 * i);
      await thread.terminate();
    }
    await until('no fd is left', () => openFds() <= before);
    t.pass('no fd is left');
  });
}
