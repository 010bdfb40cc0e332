// A burst of more connections than Node's own backlog of 511 holds, on a worker that is busy, and the
// server speaks first: the listener's backlog is rondo's 4096, so nobody's handshake is dropped, and
// nobody is left with a connection that the server does not know.

import { readFileSync } from 'node:fs';
import type net from 'node:net';
import { test } from 'tap';
import { preloaded, startProgram } from '../fixtures/cluster.js';
import { read } from '../fixtures/harness.js';

const CLIENTS = 1500;
const somaxconn = Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1'));
const skip = somaxconn < 4096 ? `net.core.somaxconn is ${somaxconn}` : preloaded.options.skip;

test('with the preload', skip === undefined ? {} : { skip }, async (t) => {
  const program = await startProgram(t, preloaded);
  const port = await program.worker(1, async (scope) => {
    const server = scope.net.createServer((socket) => socket.end(`${process.pid}\n`));
    scope.server = server;
    server.listen(0, '127.0.0.1');
    await scope.once(server, 'listening');
    return (server.address() as net.AddressInfo).port;
  });
  const blocked = program.worker(1, () => {
    const end = performance.now() + 1000;
    while (performance.now() < end);
  });
  const begin = performance.now();
  const lines = await Promise.all(Array.from({ length: CLIENTS }, () => read(port)));
  await blocked;
  t.strictSame(new Set(lines), new Set([`${program.pids[0]}\n`]));
  // A client whose last ACK was dropped hears nothing before the kernel sends its SYN-ACK again, and then
  // only if there is room; some wait for 15 s and more.
  t.comment(`${Math.round(performance.now() - begin)} ms`);
});
