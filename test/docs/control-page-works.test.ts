// docs/operate/control.md: its commands, one after another, are given to a rondo that runs, and print what stands there. Numbers
// and process ids differ.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { blocksOf, consoleOf, readPage } from '../fixtures/docs-page.js';
import { Place, plain } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';

const PROGRAM = `import http from 'node:http';
http.createServer((_request, response) => response.end('ok')).listen(8000, '127.0.0.1');
`;
const BAD = `throw new Error('DATABASE_URL is not set');\n`;

/** What is not of one rondo alone: two that run, and a start beside one that runs. */
const ELSEWHERE = ['there are several', 'is in use by process', "cannot be '/etc/passwd'"];

/** The page's rondo listens at 8123, and is in /srv and /run/rondo. */
const forms = (text: string, place: Place): string =>
  plain(
    text
      .replaceAll('/private/', '/')
      .replaceAll(place.directory, '/srv')
      .replaceAll(/\/run\/rondo|\/srv\/rondo/g, '/srv/run')
      .replaceAll(/^ +at .*\n?/gm, ''),
    '/srv/hello',
  ).replaceAll(/ready in N ms/g, '');

test('docs/operate/control.md', nativeOnly, async (t) => {
  const place = new Place(t);
  place.write('shop.js', PROGRAM);
  place.write('package.json', '{ "type": "module" }');
  const server = place.start('npx rondo start shop.js -w 3');
  const port = String(await server.port());
  await server.prints(/(ready after.*){3}/s);
  const steps = blocksOf(readPage('docs/operate/control.md'))
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => consoleOf(text))
    .filter(({ shown }) => !ELSEWHERE.some((part) => shown.includes(part)));
  t.ok(steps.length > 15);

  let code: number | null = 0;
  for (const { command, shown } of steps) {
    if (command === 'echo $?') {
      if (shown === '3') continue;
      t.equal(String(code), shown, 'the exit code');
      continue;
    }
    // What is the case there.
    const isLast = shown.includes('No other worker is ready') && command.startsWith('rondo drain');
    if (isLast) {
      for (const other of ['restart 1', 'drain 0', 'drain 2']) await place.run(`rondo ${other}`);
    }
    const isBad = shown.includes('DATABASE_URL');
    if (isBad) place.write('shop.js', BAD);
    const here = command
      .replaceAll('8123', port)
      .replaceAll('/run/rondo', path.join(place.directory, 'rondo'));
    const ran = await place.run(here);
    code = ran.code;
    if (command.startsWith('rondo logs')) {
      t.equal(ran.output.trimEnd().split('\n').length, shown.split('\n').length, command);
      t.match(ran.output, /^\d{4}-\S+Z \w/);
    } else {
      t.equal(forms(ran.output, place), forms(shown, place), command);
    }
    if (isBad) place.write('shop.js', PROGRAM);
    if (isLast) t.match(await place.run('rondo reload'), { code: 0 });
  }
  await place.stop(server);
  t.match(readFileSync(path.join(place.directory, 'shop.js'), 'utf8'), 'createServer');
});
