// In the listener of a request a server is what it is in plain Node: nothing of rondo's is between the two, and so not in
// the stack of an error.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { BIN } from '../fixtures/cluster-cli.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

test('http', nativeOnly, async (t) => {
  const program = fixture('stack-of-a-request.mjs');
  const holder = net.createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as net.AddressInfo;
  holder.close();
  await once(holder, 'close');
  const run = (...before: string[]): { stdout: string; stderr: string } =>
    spawnSync(
      process.execPath,
      [...before, program, ...(before.length > 0 ? ['--'] : []), `${port}`],
      {
        encoding: 'utf8',
      },
    );
  const plain = run();
  t.match(plain.stdout, /at Server\.emit \(node:events[^]*\nown emit: false\n$/);
  const { stdout, stderr } = run(
    BIN,
    'start',
    '-w',
    '1',
    '--max-restarts',
    '0',
    '--control',
    'off',
  );
  t.equal(stdout, plain.stdout, stderr);
});
