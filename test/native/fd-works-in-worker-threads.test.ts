// The addon is loaded once per thread and keeps nothing global: threads use it side by side, end
// while it is in use, and load it again.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { close, recvFds, sendFds, socketpair } from 'rondo/fd';
import { test } from 'tap';
import { nativeOnly, openFds } from '../fixtures/harness.js';

const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { close, recvFds, sendFds, socketpair } = require('rondo/fd');
  const { channel, rounds } = workerData;
  for (let i = 0; i < rounds; i++) {
    const [a, b] = socketpair();
    sendFds(a, [a, b], Buffer.from(String(i)));
    const { fds, payload } = recvFds(b);
    if (String(payload) !== String(i)) throw new Error('another payload');
    for (const fd of [a, b, ...fds]) close(fd);
  }
  sendFds(channel, [channel], Buffer.from('from a thread'));
  parentPort.postMessage('done');
  if (workerData.stays) setInterval(() => recvFds(channel), 1);
`;

function start(channel: number, more: object = {}): Worker {
  return new Worker(PROGRAM, { eval: true, workerData: { channel, rounds: 200, ...more } });
}

test('threads side by side, and one after the other', nativeOnly, async (t) => {
  await once(start(socketpair()[0]), 'exit');
  const before = openFds();
  const pairs = Array.from({ length: 4 }, socketpair);
  for (let round = 0; round < 2; round++) {
    const codes = await Promise.all(
      pairs.map(async ([theirs]) => {
        const [code] = (await once(start(theirs), 'exit')) as [number];
        return code;
      }),
    );
    t.strictSame(codes, [0, 0, 0, 0]);
    for (const [, ours] of pairs) {
      const message = recvFds(ours);
      t.equal(String(message?.payload), 'from a thread');
      for (const fd of message?.fds ?? []) close(fd);
    }
  }
  for (const fd of pairs.flat()) close(fd);
  t.equal(openFds(), before, 'no fd is left');
});

test('a thread that is terminated', nativeOnly, async (t) => {
  const [ours, theirs] = socketpair();
  const worker = start(theirs, { stays: true });
  await once(worker, 'message');
  await worker.terminate();
  const message = recvFds(ours);
  t.equal(String(message?.payload), 'from a thread', 'what it sent is there');
  for (const fd of message?.fds ?? []) close(fd);
  t.equal(sendFds(ours, [], Buffer.from('x')), 1, 'and its fds are the process own');
  t.equal(String(recvFds(theirs)?.payload), 'x');
  close(ours);
  close(theirs);
});
