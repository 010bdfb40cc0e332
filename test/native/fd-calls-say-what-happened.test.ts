// rondo/fd within one process: payloads, what is full, empty or closed, and what is refused.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { close, MAX_FDS, MAX_PAYLOAD, recvFds, sendFds, socketpair } from 'rondo/fd';
import { type Test, test } from 'tap';
import { nativeOnly, openFds } from '../fixtures/harness.js';

/** A test with a pair, closed at its end, after which as many fds must be open as before. */
function pairTest(name: string, then: (t: Test, a: number, b: number) => void): void {
  test(name, nativeOnly, async (t) => {
    const before = openFds();
    const [a, b] = socketpair();
    then(t, a, b);
    for (const fd of [a, b]) close(fd);
    t.equal(openFds(), before, 'no fd is left');
  });
}

const flagsOf = (fd: number): number =>
  Number.parseInt(
    /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '',
    8,
  );

const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;

pairTest('a pair is close-on-exec and non-blocking, and so is what comes', (t, a, b) => {
  sendFds(a, [a]);
  const received = recvFds(b)?.fds ?? [];
  t.equal(received.length, 1);
  for (const fd of [a, b, ...received]) {
    t.equal(flagsOf(fd) & O_CLOEXEC, O_CLOEXEC);
    t.equal(flagsOf(fd) & O_NONBLOCK, O_NONBLOCK);
  }
  for (const fd of received) close(fd);
});

pairTest('payloads', (t, a, b) => {
  t.equal(sendFds(a, []), 1, 'one byte where none is given');
  t.strictSame(recvFds(b), { fds: [], payload: Buffer.of(0) });
  for (const length of [1, 1000, MAX_PAYLOAD]) {
    const payload = Buffer.alloc(length, 'p');
    t.equal(sendFds(a, [], payload), length);
    t.ok(recvFds(b)?.payload.equals(payload), `${length} bytes`);
  }
  const part = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  sendFds(a, [], part);
  t.strictSame(recvFds(b)?.payload, Buffer.of(2, 3), 'a view of a larger buffer');
  sendFds(a, [], Buffer.from('first'));
  sendFds(a, [], Buffer.from('second'));
  t.equal(String(recvFds(b)?.payload), 'first', 'messages keep their boundaries');
  t.equal(String(recvFds(b)?.payload), 'second');
});

pairTest('empty and full are values', (t, a, b) => {
  t.equal(recvFds(b), null);
  let sent = 0;
  while (sent < 100_000 && sendFds(a, [a]) > 0) sent++;
  t.ok(sent > 10 && sent < 100_000, `full after ${sent}`);
  t.equal(sendFds(a, [a]), 0);
  for (let i = 0; i < sent; i++) {
    const { fds } = recvFds(b) ?? { fds: [] };
    if (fds.length !== 1) t.fail(`message ${i} has ${fds.length} fds`);
    for (const fd of fds) close(fd);
  }
  t.equal(recvFds(b), null, 'all of it came, and nothing of what was not sent');
});

test('a closed end', nativeOnly, async (t) => {
  const before = openFds();
  const [a, b] = socketpair();
  sendFds(a, [], Buffer.from('last'));
  close(a);
  t.equal(String(recvFds(b)?.payload), 'last', 'what was sent before comes');
  t.strictSame(recvFds(b), { fds: [], payload: Buffer.alloc(0) }, 'then the end');
  t.throws(() => sendFds(b, []), {
    code: 'EPIPE',
    syscall: 'sendmsg',
    message: 'sendmsg EPIPE: broken pipe',
  });
  close(b);
  t.equal(openFds(), before, 'no fd is left');
});

pairTest('the number of fds', (t, a, b) => {
  const before = openFds();
  sendFds(a, new Array(MAX_FDS).fill(a));
  const message = recvFds(b);
  t.equal(message?.fds.length, 253);
  t.equal(new Set(message?.fds).size, 253);
  for (const fd of message?.fds ?? []) close(fd);
  t.throws(() => sendFds(a, new Array(254).fill(a)), { code: 'ERR_RONDO_INVALID_OPTION' });
  t.equal(recvFds(b), null, 'nothing is sent of too many');
  for (const [sent, max] of [
    [1, 0],
    [2, 1],
    [100, 3],
  ] as const) {
    sendFds(a, new Array(sent).fill(a), Buffer.from('x'));
    t.throws(() => recvFds(b, max), { code: 'ERR_RONDO_FDS_LOST', message: new RegExp(`${max}`) });
    t.equal(openFds(), before, `${sent} fds for ${max}: all are closed`);
  }
  sendFds(a, []);
  t.strictSame(recvFds(b, 0)?.fds, [], 'and the next message comes');
});

pairTest('bad input', (t, a, b) => {
  const call = (...args: unknown[]): unknown =>
    (sendFds as (...args: unknown[]) => unknown)(...args);
  const take = (...args: unknown[]): unknown =>
    (recvFds as (...args: unknown[]) => unknown)(...args);
  const noFds = [-1, 1.5, '1', null, undefined, Number.NaN, 2 ** 31, {}, 1n];
  const wrong: Array<[name: string, then: () => unknown]> = [
    ...noFds.flatMap(
      (fd): Array<[string, () => unknown]> => [
        ['socket', () => call(fd, [])],
        ['socket', () => take(fd)],
        ['fds', () => call(a, [a, fd])],
        ['fd', () => (close as (fd: unknown) => void)(fd)],
      ],
    ),
    ...[null, undefined, 1, 'x', { length: 1 }, new Array(1)].map(
      (fds): [string, () => unknown] => ['fds', () => call(a, fds)],
    ),
    ...[null, 'text', [1], new Uint16Array(1), new ArrayBuffer(1)].map(
      (payload): [string, () => unknown] => ['payload', () => call(a, [], payload)],
    ),
    ['payload', () => call(a, [], new Uint8Array(0))],
    ['payload', () => call(a, [], new Uint8Array(MAX_PAYLOAD + 1))],
    ...[-1, 254, 1.5, '1', null].map((max): [string, () => unknown] => ['max', () => take(a, max)]),
  ];
  for (const [name, then] of wrong) {
    t.throws(then, {
      code: 'ERR_RONDO_INVALID_OPTION',
      message: new RegExp(`^The option '${name}' must be .*\\. Received `),
    });
  }
  t.equal(recvFds(b), null, 'nothing was sent');
});

pairTest('fds that are none, or no sockets', (t, a, b) => {
  const gone = socketpair();
  for (const fd of gone) close(fd);
  t.throws(() => close(gone[0]), { code: 'EBADF', syscall: 'close', message: /^close EBADF: / });
  t.throws(() => sendFds(gone[0], []), { code: 'EBADF', syscall: 'sendmsg' });
  t.throws(() => recvFds(gone[0]), { code: 'EBADF', syscall: 'recvmsg' });
  t.throws(() => sendFds(a, [a, gone[0]]), { code: 'EBADF', syscall: 'sendmsg' });
  t.equal(recvFds(b), null, 'all or nothing');
});

test('without the addon every call says so', async (t) => {
  const program = `
    import * as fd from 'rondo/fd';
    for (const then of [fd.socketpair, () => fd.sendFds(0, []), () => fd.recvFds(0), () => fd.close(0)]) {
      try { then(); } catch ({ code }) { console.log(code); }
    }`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, RONDO_ADDON: '/nonexistent.node' },
    encoding: 'utf8',
  });
  t.equal(output, 'ERR_RONDO_NATIVE_MISSING\n'.repeat(4));
});
