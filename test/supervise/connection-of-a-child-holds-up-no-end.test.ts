// A program may give connections to child processes of its own. Its worker waits for those that they have, and ends when
// there are none: also when the child has ended, and where Node cannot close such a server.

import net from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const PROGRAM = fixture('gives-sockets-away.cjs');

for (const kind of ['net', 'http']) {
  test(kind, nativeOnly, async (t) => {
    const args = ['start', '-w', '1', '--drain-timeout', '600000', PROGRAM];
    const run = runCli(t, args, { KIND: kind });
    const client = net.connect(await run.listening(1), '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    t.match(await text(client), /child$/);
    if (kind === 'net') await until('its child has ended', () => /child ended/.test(run.stdout()));
    run.child.kill('SIGTERM');
    t.equal(await run.end, 0);
    t.match(run.stderr(), /ended with code 0 .*0 open/);
    t.notMatch(run.stderr(), /uncaught/);
  });
}
