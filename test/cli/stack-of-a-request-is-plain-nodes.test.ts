// In the listener of a request a server is what it is in plain Node: nothing of rondo's is between the two, and so not in
// the stack of an error.

import { spawnSync } from 'node:child_process';
import { test } from 'tap';
import { BIN } from '../fixtures/cluster-cli.js';
import { freePort } from '../fixtures/free-port.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

test('http', nativeOnly, async (t) => {
  const program = fixture('stack-of-a-request.mjs');
  const port = String(await freePort());
  const run = (args: string[]): { stdout: string; stderr: string } =>
    spawnSync(process.execPath, args, { encoding: 'utf8' });
  const plain = run([program, port]);
  t.match(plain.stdout, /at Server\.emit \(node:events[\s\S]*\nown emit: false\n$/);
  const start = [BIN, 'start', '-w', '1', '--max-restarts', '0', '--control', 'off'];
  const { stdout, stderr } = run([...start, program, '--', port]);
  t.equal(stdout, plain.stdout, stderr);
});
