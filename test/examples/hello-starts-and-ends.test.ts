// What `npm start` runs: every worker answers in turn, and the two ways it can end.

import { once } from 'node:events';
import net from 'node:net';
import os from 'node:os';
import { test } from 'tap';
import { get, isAnyLeft, isFree, startExample } from '../fixtures/examples.js';
import { transports } from '../fixtures/harness.js';

for (const transport of transports()) {
  const env = transport === 'ipc' ? { RONDO_NATIVE: '0' } : {};

  test(`${transport}: serves until Ctrl-C`, async (t) => {
    const hello = startExample(t, 'hello.mjs', env);
    const [, url, workers, inUse] = await hello.prints(
      /^(http:\/\/localhost:\d+) is served by (\d+) workers \((\w+) transport\)\.\n/,
    );
    t.equal(inUse, transport);
    t.equal(Number(workers), os.availableParallelism());
    await hello.prints(new RegExp(`curl ${url}\n`));
    const port = Number(url?.split(':')[2]);

    const answers = new Set<string>();
    while (answers.size < Number(workers)) {
      const answer = await get(port);
      t.match(answer, /^Hello from worker \d+ \(process \d+\)\n$/);
      answers.add(answer);
    }
    const [first, second, ...later] = await Promise.all(
      [...answers, ...answers].map(() => get(port)),
    );
    for (const answer of [first, second, ...later]) t.ok(answers.has(answer as string));

    // A client that stays connected keeps nothing running.
    const idle = net.connect(port, '127.0.0.1');
    idle.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(idle, 'data');
    idle.on('error', () => {});
    await hello.interrupt(t);
    idle.destroy();
    t.ok(await isFree(port), 'the port is free');
    t.equal(hello.output().split('\n').length, 4, 'it has printed three lines');
  });

  test(`${transport}: a port that is taken`, async (t) => {
    const holder = net.createServer().listen(0);
    await once(holder, 'listening');
    const { port } = holder.address() as net.AddressInfo;
    const hello = startExample(t, 'hello.mjs', { ...env, PORT: String(port) });
    t.strictSame(await once(hello.child, 'close'), [1, null], 'exit code 1');
    t.match(
      hello.output(),
      new RegExp(`^[^\n]*address already in use[^\n]*:${port}[^\n]*PORT=[^\n]*\n$`),
    );
    t.notOk(isAnyLeft(hello.child), 'no process of it is left');
    holder.close();
  });
}

test('a port that is none', async (t) => {
  const hello = startExample(t, 'hello.mjs', { PORT: 'eight' });
  t.strictSame(await once(hello.child, 'close'), [1, null]);
  t.match(hello.output(), /^[^\n]*'port'[^\n]*NaN[^\n]*\n$/);
});
