// WebSocket servers: a hundred connections that are open at the same time are upgraded, and echoed
// by the worker that has them, with the preload as without.

import { once } from 'node:events';
import { io } from 'socket.io-client';
import { test } from 'tap';
import { WebSocket } from 'ws';
import { nativeOnly } from '../fixtures/harness.js';
import { type Client, compare } from './compare.js';
import { app, started } from './program.js';

const CONNECTIONS = 100;

/** Resolves for all when the last has come. */
function barrier(count: number): () => Promise<void> {
  let { promise, open } = gate();
  let missing = count;
  return () => {
    const here = promise;
    if (--missing === 0) {
      open();
      ({ promise, open } = gate());
      missing = count;
    }
    return here;
  };
}

function gate(): { promise: Promise<void>; open: () => void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

test('ws', nativeOnly, (t) => {
  const allAreOpen = barrier(CONNECTIONS);
  const client: Client = async (port) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/path?query`);
    const upgrade = once(socket, 'upgrade');
    const welcome = once(socket, 'message');
    const [{ headers }] = await upgrade;
    const answers: unknown[] = [headers.upgrade, String((await welcome)[0])];
    await allAreOpen();
    for (const sent of ['a text', Buffer.alloc(100_000, 'binary')]) {
      socket.send(sent);
      const [data, isBinary] = await once(socket, 'message');
      answers.push(isBinary, data.equals(Buffer.from(sent)));
    }
    socket.close(1000, 'done');
    answers.push((await once(socket, 'close'))[0]);
    return { workers: [Number(headers['x-worker'])], answers };
  };
  return compare(t, started('cluster.mjs', app('ws.mjs')), client, CONNECTIONS);
});

test('Socket.IO', nativeOnly, (t) => {
  const allAreOpen = barrier(CONNECTIONS);
  const client: Client = async (port) => {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
    const [worker, ...answers] = await new Promise<unknown[]>((resolve, reject) => {
      socket.once('welcome', (...args) => resolve(args));
      socket.once('connect_error', reject);
    });
    await allAreOpen();
    answers.push(await socket.timeout(5000).emitWithAck('echo', { text: 'and back' }));
    answers.push(await socket.timeout(5000).emitWithAck('echo', Buffer.alloc(100_000, 'binary')));
    socket.disconnect();
    return { workers: [Number(worker)], answers };
  };
  return compare(t, started('cluster.mjs', app('socket-io.cjs')), client, CONNECTIONS);
});
