// A worker that would send a connection back when its slot has just been closed can ask nobody else: the
// server drops it, as a full one does, or it closes with the server. Nobody waits for ever, and no fd leaks.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Dispatcher } from 'rondo';
import { test } from 'tap';
import { openClient, until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

interface Message {
  event: string;
  fds?: number;
}

for (const [what, more] of [
  ['the server is full', []],
  ['the server is closed', ['close']],
] as const) {
  test(what, nativeOnly, async (t) => {
    const file = path.join(t.testdir(), 'go');
    const dispatcher = new Dispatcher({ window: 8 });
    const listener = await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    const { port } = listener.address() as AddressInfo;
    const slot = dispatcher.openSlot();
    const child = spawn(process.execPath, [fixture('released-worker.mjs'), file, ...more], {
      stdio: slot.stdio,
      env: { ...process.env, ...slot.env },
    });
    slot.assign(child);
    const said: Message[] = [];
    child.on('message', (message) => said.push(message as Message));
    const hears = (event: string) =>
      until(event, () => said.some((message) => message.event === event));
    t.teardown(async () => {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
      await dispatcher.close();
    });
    await hears('listening');

    // Both in one batch.
    dispatcher.pause();
    const clients = [await openClient(port), await openClient(port)] as const;
    const ended = clients.map((client) => once(client, 'close'));
    dispatcher.resume();
    await hears('received');
    const fds = readdirSync('/proc/self/fd').length;
    slot.close();
    await until('the channel is closed', () => readdirSync('/proc/self/fd').length < fds);
    writeFileSync(file, '');

    const [text] = await once(clients[0], 'data');
    t.equal(String(text), 'served');
    clients[1].resume();
    await ended[1];
    if (more.length === 0) await hears('drop');
    else t.notOk(said.some(({ event }) => event === 'drop'));
    clients[0].destroy();
    await hears('closed');
    const before = said.find(({ event }) => event === 'listening')?.fds as number;
    const after = said.find(({ event }) => event === 'closed')?.fds as number;
    t.ok(after <= before, `${after} fds, before ${before}`);
  });
}
