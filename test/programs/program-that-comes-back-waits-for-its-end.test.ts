// A program that is taken out of the configuration, and put in again while it still drains, starts when its former
// process has ended: that has the name of the control socket, and perhaps the port.

import { test } from 'tap';
import { begin, noneIsLeft, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';
import { runPrograms } from '../fixtures/programs.js';

test('gone and back', async (t) => {
  const env = { XDG_RUNTIME_DIR: temporaryDirectory(t) };
  const api = { exec: fixture('cluster-app.mjs') };
  const { run, port, pid, change } = runPrograms(t, { web: {}, api }, [], env);
  await port('web');
  const first = await port('api');
  await run.says(/^rondo: api: ready$/m);
  const former = pid('api');
  const response = await begin(first, '/stuck');
  change({ web: {} });
  run.child.kill('SIGHUP');
  await run.says(/^rondo: api: stopping$/m);
  await run.says(/^rondo: web: reload: done$/m);
  change({ web: {}, api });
  run.child.kill('SIGHUP');
  await run.says(/^rondo: web: reload: done$[\s\S]*^rondo: web: reload: done$/m);
  t.equal(pid('api'), former, 'not while its request is in flight');
  response.destroy();
  await port('api', 2);
  await run.says(/^rondo: api: ready$[\s\S]*^rondo: api: ready$/m);
  t.not(pid('api'), former);
  const log = run.stderr();
  t.ok(
    log.indexOf('api: ended with code 0') < log.lastIndexOf('api: starts (pid'),
    'in that order',
  );
  t.notMatch(log, /api: has failed/);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  await noneIsLeft(run);
});
