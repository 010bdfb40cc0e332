// A program that is taken out of the configuration drains. A stop of all that comes then is its first one, not a second
// signal of somebody who does not want to wait: its requests are answered.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { SAME_STOP_MS } from '../../dist/service/signals.js';
import { begin, bodyOf, noneIsLeft, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { runPrograms } from '../fixtures/programs.js';

test('a stop while it drains', async (t) => {
  const directory = temporaryDirectory(t);
  const env = { XDG_RUNTIME_DIR: directory };
  const exec = path.join(directory, 'late.cjs');
  writeFileSync(
    exec,
    `require('node:http').createServer((request, response) => {
      response.write(' ');
      setTimeout(() => response.end('late'), ${2 * SAME_STOP_MS});
    }).listen(0, '127.0.0.1');`,
  );
  const api = { exec };
  const { run, port, change } = runPrograms(t, { web: {}, api }, [], env);
  await port('web');
  const response = await begin(await port('api'), '/');
  await run.says(/^rondo: api: ready$/m);
  change({ web: {} });
  run.child.kill('SIGHUP');
  await run.says(/^rondo: api: stopping$/m);
  // What comes sooner is the same stop to the program.
  await delay(SAME_STOP_MS + 200);
  run.child.kill('SIGTERM');
  t.equal((await bodyOf(response)).trim(), 'late');
  t.equal(await run.end, 0);
  t.notMatch(run.stderr(), /has failed/);
  await noneIsLeft(run);
});
