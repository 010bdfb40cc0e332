// rondo/fd between two processes: what one has open, the other reads, serves and closes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import net from 'node:net';
import { close, MAX_FDS, recvFds, sendFds, socketpair } from 'rondo/fd';
import { type Test, test } from 'tap';
import { limitFds } from '../fixtures/faults.js';
import { fixture, nativeOnly, openFds } from '../fixtures/harness.js';

interface Peer {
  channel: number;
  ask(task: string): Promise<Record<string, unknown>>;
}

/** A test with a process at the other end, which must end by itself and leave no fd here. */
function peerTest(
  name: string,
  then: (t: Test, peer: Peer) => Promise<void>,
  { fdLimit = 1024 } = {},
): void {
  test(name, nativeOnly, async (t) => {
    const before = openFds();
    const [channel, theirs] = socketpair();
    const { through, spawn: limited } = limitFds(fdLimit);
    const [command = '', ...rest] = [...through, process.execPath, fixture('fd-taker.mjs')];
    const child = spawn(command, rest, {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', theirs],
      env: { ...process.env, ...limited.env },
    });
    t.teardown(() => child.kill('SIGKILL'));
    close(theirs);
    await once(child, 'message');
    await then(t, {
      channel,
      async ask(task) {
        const answer = once(child, 'message');
        child.send(task);
        return (await answer)[0] as Record<string, unknown>;
      },
    });
    const exit = once(child, 'exit');
    child.send('end');
    t.strictSame(await exit, [0, null], 'the other process ends by itself');
    close(channel);
    // Node closes its end of the IPC channel in the next turns.
    for (let turn = 0; turn < 100 && openFds() !== before; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    t.equal(openFds(), before, 'no fd is left');
  });
}

peerTest('a file and a TCP socket', async (t, { channel, ask }) => {
  const directory = t.testdir({ file: 'what the file says' });
  const file = openSync(`${directory}/file`, 'r');
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect(port, '127.0.0.1').setEncoding('utf8');
  const [socket] = (await once(server, 'connection')) as [net.Socket & { _handle: { fd: number } }];

  t.equal(sendFds(channel, [file, socket._handle.fd], Buffer.from('here')), 4);
  closeSync(file);
  socket.destroy();
  const closed = once(client, 'close');
  let text = '';
  client.on('data', (chunk) => {
    text += chunk;
  });
  t.strictSame(await ask('serve'), { count: 2 });
  await closed;
  t.equal(text, 'here: what the file says', 'are used after they were closed here');
  server.close();
  await once(server, 'close');
});

peerTest(`${MAX_FDS} fds at once`, async (t, { channel, ask }) => {
  const pairs = Array.from({ length: 127 }, socketpair);
  const fds = pairs.flat().slice(0, MAX_FDS);
  t.equal(fds.length, 253);
  sendFds(channel, fds);
  for (const fd of pairs.flat()) close(fd);
  t.strictSame(await ask('count'), { count: 253, distinct: 253 });
});

const noRoom = async (t: Test, { channel, ask }: Peer): Promise<void> => {
  const fds = new Array(100).fill(channel);
  sendFds(channel, fds);
  t.strictSame(await ask('lose'), { code: 'ERR_RONDO_FDS_LOST', next: null });
  sendFds(channel, fds.slice(0, 10));
  t.match(await ask('count'), { count: 10 }, 'were all closed there, for others come');
};

peerTest('fds for which the other process has no room', noRoom, { fdLimit: 60 });

peerTest('back again', async (t, { channel, ask }) => {
  t.equal(recvFds(channel), null);
  t.strictSame(await ask('reply'), { sent: 5 });
  const {
    fds: [theirs = -1],
    payload,
  } = recvFds(channel) ?? { fds: [] };
  t.equal(String(payload), 'reply');
  t.equal(sendFds(channel, [], Buffer.from('round')), 5);
  t.equal(recvFds(theirs)?.payload.toString(), 'round', "their end is this process's too");
  close(theirs);
});
