// A UDP socket that workers share does not pass over in an upgrade. With reuseAddr the new workers bind another one at
// the same address, and answer there.

import dgram from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { startUpgradable } from '../fixtures/upgrade.js';

const PROGRAM = `
  const socket = require('node:dgram').createSocket({ type: 'udp4', reuseAddr: process.env.REUSE === '1' });
  socket.on('message', (text, { port, address }) => socket.send(text, port, address));
  socket.bind(Number(process.env.UDP), '127.0.0.1', () => {
    require('node:http').createServer((request, response) => response.end()).listen(0, '127.0.0.1');
  });
`;

/** One that the kernel would not choose by itself, and that nobody has. */
async function freePort(): Promise<number> {
  for (let port = 20_000 + (process.pid % 10_000); ; port++) {
    const socket = dgram.createSocket('udp4');
    const outcome = Promise.race([once(socket, 'listening'), once(socket, 'error')]);
    socket.bind(port, '127.0.0.1');
    const isFree = await outcome.then(
      () => true,
      () => false,
    );
    socket.close();
    if (isFree) return port;
  }
}

function program(t: Test): string {
  const file = path.join(temporaryDirectory(t), 'udp.cjs');
  writeFileSync(file, PROGRAM);
  return file;
}

async function isAnswered(t: Test, port: number): Promise<void> {
  const client = dgram.createSocket('udp4');
  const answer = once(client, 'message');
  client.send('still', port, '127.0.0.1');
  const [text] = (await answer) as [Buffer];
  t.equal(String(text), 'still', 'datagrams are answered');
  client.close();
}

for (const [name, env] of [
  ['with reuseAddr', { REUSE: '1' }],
  ['at a port that the kernel has chosen', { UDP: '0' }],
] as const) {
  test(name, async (t) => {
    const port = await freePort();
    const { pid, upgrade, stop, gone } = await startUpgradable(t, [program(t)], {
      UDP: String(port),
      ...env,
    });
    const old = pid();
    t.not(await upgrade(), old, 'goes on');
    await gone(old);
    if (!('UDP' in env)) await isAnswered(t, port);
    await stop();
  });
}
