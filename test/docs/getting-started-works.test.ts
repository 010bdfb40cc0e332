// docs/start.md from its first line to its last, as a reader does it: each command is run, and prints what it says there.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { consoleOf, Page } from '../fixtures/docs-page.js';
import { Place, plain } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';

test('docs/start.md', nativeOnly, async (t) => {
  const page = Page.open('docs/start.md');
  const place = new Place(t);
  const same = (real: string, said: string, message: string): void => {
    const [whole = '', cut] = said.split('\n…');
    const its = plain(real, place.directory);
    if (cut === undefined) t.equal(its, plain(whole), message);
    else t.ok(its.startsWith(`${plain(whole)}\n`), message, { its });
  };

  t.equal(page.command('npm install'), 'npm install rondo', 'it is installed here');
  place.write('server.mjs', page.program('server.mjs'));
  const server = place.start(page.command('rondo start'));
  place.use(await server.port());
  const log = page.take('', 'rondo: 0.1.0').trimEnd().split('\n');
  await server.prints(/(ready after.*){2}listening on \S+\n/s);
  const logged = server
    .output()
    .split('\n')
    .map((line) => plain(line));
  for (const line of log) t.ok(logged.includes(plain(line)), line);

  const pids = new Set<string>();
  for (const { command, shown } of consoleOf(page.take('console', 'curl'))) {
    const { output } = await place.run(command);
    same(output, shown, command);
    pids.add(output);
  }
  t.equal(pids.size, 2, 'another worker each time');

  const [status] = consoleOf(page.take('console', 'rondo status'));
  same((await place.run(status?.command ?? '')).output, status?.shown ?? '', 'rondo status');

  const file = path.join(place.directory, 'server.mjs');
  const edit = (change: (text: string) => string): void =>
    place.write('server.mjs', change(readFileSync(file, 'utf8')));
  edit((text) => text.replace('Hello', 'Good evening'));
  for (const { command, shown } of consoleOf(page.take('console', 'reloaded in'))) {
    same((await place.run(command)).output, shown, command);
  }
  edit((text) => `${text}throw new Error('not configured');\n`);
  const last = page.take('console', 'not configured');
  t.match(last, /\$ npx rondo reload\n.*\n\$ echo \$\?\n1\n/s);
  const [reload, , curl] = consoleOf(last);
  const { code, output } = await place.run(reload?.command ?? '');
  same(output, reload?.shown ?? '', 'the error is shown');
  t.equal(code, 1);
  same((await place.run(curl?.command ?? '')).output, curl?.shown ?? '', 'the old one serves');

  await place.stop(server);
  page.close(t);
});
