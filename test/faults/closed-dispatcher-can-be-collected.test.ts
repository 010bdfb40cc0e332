// A dispatcher that was closed is garbage like any object, before the end of the process and at it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'tap';
import { transports } from '../fixtures/harness.js';

const PROGRAM = `
  import { readdirSync } from 'node:fs';
  import { setImmediate as turn } from 'node:timers/promises';
  import { Dispatcher } from 'rondo';
  const references = [];
  async function openAndClose() {
    const dispatcher = new Dispatcher({ transport: process.argv[1] });
    references.push(new WeakRef(dispatcher));
    await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    dispatcher.openSlot().stdio;
    await dispatcher.close();
  }
  await openAndClose();
  const before = readdirSync('/proc/self/fd').length;
  for (let i = 0; i < 30; i++) await openAndClose();
  const isCollected = () => references.every((reference) => reference.deref() === undefined);
  for (let i = 0; i < 100 && !isCollected(); i++) {
    await turn();
    gc();
  }
  if (!isCollected()) process.exitCode = 3;
  if (readdirSync('/proc/self/fd').length !== before) process.exitCode = 4;
`;

for (const transport of transports()) {
  test(transport, async (t) => {
    const args = ['--expose-gc', '--input-type=module', '-e', PROGRAM, transport];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    t.strictSame(await once(child, 'exit'), [0, null]);
  });
}
