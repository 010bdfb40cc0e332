// What the addon tells a supervisor about sockets and processes: the C++ behind it has a test of its
// own, this is about what JavaScript gets, and that it is what Node's own sockets say.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import net from 'node:net';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { close, socketpair } from 'rondo/fd';
import { type Test, test } from 'tap';
import { loadNative, type Native, type SocketName } from '../../src/native/index.js';
import { nativeOnly, openFds } from '../fixtures/harness.js';

const native = loadNative() as Native;
const { EBADF, ECHILD, EINVAL, ENOENT, ENOTSOCK, EAFNOSUPPORT } = constants.errno;

interface WithHandle {
  _handle: { fd: number };
}
const fdOf = (owner: object): number => (owner as WithHandle)._handle.fd;

async function listen(options: net.ListenOptions): Promise<net.Server> {
  const server = net.createServer().listen(options);
  await once(server, 'listening');
  return server;
}

async function end(server: net.Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/** Not of t.testdir(), whose names are too long for a socket. */
function newPath(t: Test): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return path.join(directory, 'socket');
}

test('bytes that wait are counted', nativeOnly, async (t) => {
  const server = await listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect({ port, host: '127.0.0.1' });
  const [[socket]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
    [net.Socket],
    unknown,
  ];
  socket.pause();
  t.equal(native.pendingBytes(fdOf(socket)), 0);
  client.write('12345');
  // The bytes are there when the kernel says so; no event of this process tells.
  while (native.pendingBytes(fdOf(socket)) === 0) await new Promise((then) => setImmediate(then));
  t.equal(native.pendingBytes(fdOf(socket)), 5);
  client.destroy();
  socket.destroy();
  await end(server);
  t.equal(native.pendingBytes(-1), -EBADF);
});

test('a socket is named as its server names it', nativeOnly, async (t) => {
  const file = newPath(t);
  const before = openFds();
  for (const host of ['127.0.0.1', '::1']) {
    const server = await listen({ port: 0, host });
    const { address, port, family } = server.address() as net.AddressInfo;
    t.strictSame(native.socketName(fdOf(server)), {
      family: family === 'IPv6' ? 6 : 4,
      host: address,
      port,
      isListening: true,
    });
    await end(server);
  }
  const server = await listen({ path: file });
  const named = { family: 1, host: file, port: 0, isListening: true };
  t.strictSame(native.socketName(fdOf(server)), named);
  await end(server);
  const [a, b] = socketpair();
  const unnamed: SocketName = { family: 1, host: '', port: 0, isListening: false };
  t.strictSame(native.socketName(a), unnamed, 'one without a name, that does not listen');
  for (const fd of [a, b]) close(fd);
  const directory = openSync('.', 'r');
  t.equal(native.socketName(directory), -ENOTSOCK);
  close(directory);
  t.equal(native.socketName(directory), -EBADF);
  t.equal(openFds(), before, 'no fd is left');
});

test('a child of libuv is left to libuv', nativeOnly, async (t) => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  t.equal(native.reap(child.pid as number), 0, 'it lives');
  child.stdin.end();
  t.strictSame(await once(child, 'exit'), [0, null]);
  t.equal(native.reap(child.pid as number), -ECHILD, 'and was reaped where it belongs');
  for (const pid of [0, -1]) t.equal(native.reap(pid), -EINVAL);
});

test('what cannot be done is an error number', nativeOnly, async (t) => {
  t.equal(native.notify(newPath(t), 'READY=1'), -ENOENT);
  t.equal(native.notify('', 'READY=1'), -EINVAL);
  t.equal(native.notify('vsock:2:1', 'READY=1'), -EAFNOSUPPORT);
  if (process.platform === 'linux') {
    t.equal(native.dieWithParent(-1), -EINVAL);
    t.equal(native.dieWithParent(0), 0);
  }
});
