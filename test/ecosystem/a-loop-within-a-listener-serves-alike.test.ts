// deasync runs the event loop until something has happened, wherever it is called: in the listener of a connection other
// connections are served meanwhile, the next one of the same batch, too.

import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { receivedByRondo, started, WORKERS } from './program.js';

const CLIENTS = 60;

const start = started('deasync.cjs');

async function ask(port: number): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return text(socket);
}

for (const isRondo of [false, true]) {
  test(isRondo ? 'with rondo' : 'plain Node', nativeOnly, async (t) => {
    const program = await start(isRondo);
    t.teardown(() => program.stop());
    const answers = await Promise.all(Array.from({ length: CLIENTS }, () => ask(program.port)));
    t.strictSame(
      answers,
      Array.from({ length: CLIENTS }, () => 'served'),
    );
    t.equal(receivedByRondo(program.primary), isRondo ? CLIENTS : null);
    t.equal(new Set(program.workers).size, WORKERS);
  });
}
