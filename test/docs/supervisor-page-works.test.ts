// docs/supervisor.md: its program is reloaded and stopped by signals, and its command lines do what stands behind them.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { ask } from '../fixtures/cluster-cli.js';
import { commandsOf, Page } from '../fixtures/docs-page.js';
import { Place } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';

test('docs/supervisor.md', nativeOnly, async (t) => {
  const page = Page.open('docs/supervisor.md');
  const place = new Place(t);
  for (const name of ['primary.mjs', 'server.mjs']) place.write(name, page.program(name));

  const primary = place.start(page.command('node primary.mjs'));
  const port = await primary.port();
  const pids = new Set<string>();
  while (pids.size < 4) pids.add(await ask(port));
  process.kill(Number(/\d+/.exec([...pids][0] as string)), 'SIGKILL');
  t.match(await primary.prints(/worker \d has ended: exit\n/), Array, 'the event');
  while (pids.size < 5) pids.add(await ask(port));
  primary.child.kill('SIGHUP');
  await primary.prints(/has ended: reload\n/);
  primary.child.kill('SIGTERM');
  t.equal((await primary.ended)[0], 0);

  const [start = '', reload = ''] = commandsOf(page.take('sh', '--pidfile'));
  const rondo = place.start(start);
  await rondo.prints(/(ready after.*){4}/s);
  t.equal(
    Number(readFileSync(path.join(place.directory, 'rondo.pid'), 'utf8')),
    rondo.child.pid,
    'the pid file',
  );
  await place.run(reload);
  await rondo.prints(/reload: begins/);
  await rondo.prints(/reload: done/);

  const [status = '', again = '', upgrade = ''] = commandsOf(page.take('sh', 'rondo status'));
  t.match(await place.run(status), { code: 0, output: /4 of 4 workers ready/ });
  t.match(await place.run(again), { code: 0, output: /^reloaded in/ });
  t.match(await place.run(upgrade), { code: 0 });
  t.match(await place.run('rondo stop'), { code: 0 });
  t.notOk(existsSync(path.join(place.directory, 'rondo.pid')));
  page.close(t);
});
