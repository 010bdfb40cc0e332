// A new release may listen elsewhere, because it is to, or because it has looked whether its port is free. The
// address that nobody listens on any more is closed, and the log says so.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'tap';
import { ask, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';

test('a release that listens elsewhere', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'app.cjs');
  const write = (host: string): void =>
    writeFileSync(
      file,
      `require('node:http').createServer((request, response) => response.end('${host}'))
        .listen(0, '${host}');`,
    );
  write('127.0.0.1');
  const run = runCli(t, ['start', file, '-w', '2', '--min-uptime', '1']);
  const port = await run.listening(2);
  t.equal(await ask(port), '127.0.0.1');
  run.child.kill('SIGHUP');
  await run.says(/^rondo: reload: done$/m);
  t.notMatch(run.stderr(), ' is closed', 'the same addresses');
  write('127.0.0.2');
  run.child.kill('SIGHUP');
  const [line] = await run.says(/^rondo: .* is closed, .*$/m);
  t.equal(line, `rondo: 127.0.0.1:${port} is closed, as no worker listens there since the reload`);
  const client = net.connect(port, '127.0.0.1');
  await t.rejects(once(client, 'connect'), { code: 'ECONNREFUSED' });
});
