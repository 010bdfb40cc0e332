// Who does not have the token is not let in, and a bad frame of one who has ends that connection alone.

import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { startHubs, variableOf } from '../fixtures/hub.js';

const PREAMBLE = Buffer.from([0x72, 0x6e, 0x64, 0x6f, 1]);

function parts(variable: string): { token: Buffer; address: string } {
  const [, , , , token, ...address] = variable.split('.');
  return {
    token: Buffer.from(token as string, 'hex'),
    address: address.join('.').replace(/^@/, '\0'),
  };
}

/** Resolves when the other side has closed it. */
async function isClosed(address: string, ...chunks: Buffer[]): Promise<void> {
  const socket = net.connect(address);
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  for (const chunk of chunks) socket.write(chunk);
  socket.resume();
  await closed;
}

function frame(length: number, ...bytes: number[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return Buffer.concat([head, Buffer.from(bytes)]);
}

/** Of the abstract sockets that a process listens on, by what the kernel says. */
function addressesOf(inodes: string[], table: string): string[] {
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , flags, , , inode, path]) => {
      const isListening = flags === '00010000';
      return isListening && inodes.includes(inode as string) && path?.startsWith('@rondo-');
    })
    .map((row) => `\0${(row[7] as string).slice(1)}`);
}

test('wrong token, garbage, half a frame, huge length', async (t) => {
  const program = await startHubs(t, 2);
  const { token, address } = parts(await variableOf(program));
  const [own] = await program
    .worker(2, async ({ fs }) => {
      await record('n');
      const inodes = fs.readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]/.exec(fs.readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? [];
        } catch {
          return [];
        }
      });
      return [inodes, fs.readFileSync('/proc/net/unix', 'latin1')] as const;
    })
    .then(([inodes, table]) => addressesOf(inodes, table));
  t.notMatch(address, token.toString('hex'), 'the address does not tell the token');
  const wrong = Buffer.from(token);
  wrong[31] = (wrong[31] as number) ^ 1;
  for (const place of [address, own as string]) {
    await isClosed(place, PREAMBLE, wrong);
    await isClosed(place, Buffer.alloc(37, 'x'));
    await isClosed(place, Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    await isClosed(place, PREAMBLE, token, frame(0xffffffff));
    await isClosed(place, PREAMBLE, token, frame(0));
    await isClosed(place, PREAMBLE, token, frame(3, 1, 2, 3));
    await isClosed(place, PREAMBLE, token, frame(3, 0xff, 0x0f, 0x7b));
    // Half of it, and then it goes.
    const half = net.connect(place);
    half.write(Buffer.concat([PREAMBLE, token, frame(1_000, 1)]));
    half.end();
    half.resume();
    await once(half, 'close');
  }
  // More than are let in without a word (64): the first of them go, and a member finds its way.
  const silent = Array.from({ length: 80 }, () => net.connect(own as string));
  for (const socket of silent) socket.on('error', () => {}).resume();
  await until('some of them are closed', () => silent.filter((one) => one.destroyed).length >= 16);
  t.equal(
    await program.worker(1, async () => {
      await hub.ready();
      return hub.sendTo(1, 'n', 'still');
    }),
    true,
  );
  t.match(
    await program.worker(2, async () => [(await untilGot(1)).map(({ args }) => args), hub.stats()]),
    [[['still']], { received: 1, refused: 7 + 17 }],
    'each is counted',
  );
  for (const socket of silent) socket.destroy();
});
