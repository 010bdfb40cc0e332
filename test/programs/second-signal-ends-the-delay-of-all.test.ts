// As of one program: with --stop-delay a second signal to the process of several ends the delay, and no request is
// killed by it; also when it is sent to the whole group. A third one kills.

import { test } from 'tap';
import { ask, begin, bodyOf, noneIsLeft } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';
import { runPrograms } from '../fixtures/programs.js';

const LONG = '60000';
const WEB = { exec: fixture('cluster-app.mjs'), stopDelayMs: 60_000 };

for (const [whom, toGroup] of [
  ['the process', false],
  ['the group', true],
] as const) {
  test(`a second signal to ${whom} ends the delay`, async (t) => {
    const { run, port, pid } = runPrograms(t, { web: WEB, api: {} }, ['--drain-timeout', LONG]);
    const web = await port('web');
    await port('api');
    const send = (): void => {
      const pids = toGroup ? [pid('web'), run.child.pid as number] : [run.child.pid as number];
      for (const one of pids) process.kill(one, 'SIGTERM');
    };
    send();
    await run.says(/^rondo: web: leaving: all is served for 60000 ms more/m);
    t.match(JSON.parse(await ask(web)), { pid: Number }, 'all is served meanwhile');
    const response = await begin(web, '/slow');
    const again = setInterval(send, 1_100);
    t.teardown(() => clearInterval(again));
    await run.says(/^rondo: web: stopping$/m);
    clearInterval(again);
    t.match(JSON.parse(await bodyOf(response)), { pid: Number }, 'what is in flight is answered');
    t.equal(await run.end, 0);
    t.notMatch(run.stderr(), /SIGKILL/);
    await noneIsLeft(run);
  });
}

test('a third one kills', async (t) => {
  const { run, port } = runPrograms(t, { web: WEB, api: {} }, ['--drain-timeout', LONG]);
  const web = await port('web');
  await port('api');
  const response = await begin(web, '/stuck');
  run.child.kill('SIGTERM');
  await run.says(/leaving/);
  const again = setInterval(() => run.child.kill('SIGTERM'), 400);
  t.teardown(() => clearInterval(again));
  await run.says(/^rondo: web: stopping$/m);
  t.equal(await run.end, 128 + 15);
  clearInterval(again);
  response.destroy();
  await noneIsLeft(run);
});
