// Several programs of one configuration cannot be upgraded in place, neither all nor one of them: whoever tries is told
// so, and what to do, and everything serves on.

import { test } from 'tap';
import { ask, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { runPrograms } from '../fixtures/programs.js';
import { commandsIn, fails } from '../fixtures/rondo-commands.js';

const REFUSED =
  /o upgrade: several programs .* cannot be upgraded in place\. A reload \(SIGHUP\) .* restart rondo.*--program/;

test('by a signal and by a command', async (t) => {
  const env = { XDG_RUNTIME_DIR: temporaryDirectory(t) };
  const rondo = commandsIn(t, env);
  const { run, port, pid } = runPrograms(t, { web: {}, api: {} }, [], env);
  const [web] = [await port('web'), await port('api')];
  await run.says(/^rondo: web: ready$/m);
  await run.says(/^rondo: api: ready$/m);
  run.child.kill('SIGUSR2');
  await run.says(new RegExp(`^rondo: n${REFUSED.source}`, 'm'));
  process.kill(pid('web'), 'SIGUSR2');
  await run.says(new RegExp(`^rondo: web: N${REFUSED.source}`, 'm'));
  await fails(t, rondo('upgrade', '--name', 'web'), 1, REFUSED);
  await fails(t, rondo('upgrade'), 3, /there are several; say which by --name: api .*, web /);
  t.match(JSON.parse(await ask(web)), { version: '1' });
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});
