// The program is what `node` would run: a directory by its package.json, read again by a reload with its `type`.
// A worker that goes to another directory takes nobody with it.

import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { ask, runCli, temporaryDirectory, writeServer } from '../fixtures/cluster-cli.js';

test('a directory, whose package changes', async (t) => {
  const directory = temporaryDirectory(t);
  const describe = (type: string, main: string): void =>
    writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ type, main }));
  mkdirSync(path.join(directory, 'lib'));
  describe('commonjs', 'lib/app.js');
  const file = path.join(directory, 'lib/app.js');
  writeServer(file, 'one');
  const run = runCli(t, ['start', directory, '-w', '1', '--min-uptime', '1']);
  const port = await run.listening(1);
  t.equal(await ask(port), 'one');
  describe('module', 'lib/app.js');
  writeFileSync(
    file,
    `import http from 'node:http';
    http.createServer((request, response) => response.end('two')).listen(0, '127.0.0.1');`,
  );
  run.child.kill('SIGHUP');
  await run.says(/^rondo: reload: done$/m);
  t.equal(await ask(port), 'two');
});

test('the name of a package is none', async (t) => {
  const run = runCli(t, ['start', 'typescript']);
  t.equal(await run.end, 2);
  t.match(run.stderr(), "'exec' must be an existing program. Received 'typescript'");
});

test('a worker that goes elsewhere', async (t) => {
  const directory = realpathSync(temporaryDirectory(t));
  writeFileSync(
    path.join(directory, 'app.cjs'),
    `const started = process.cwd();
    require('node:http').createServer((request, response) => {
      if (request.url === '/exit') process.exit();
      response.end(started);
    }).listen(0, '127.0.0.1', () => process.chdir('/'));`,
  );
  const run = runCli(t, ['start', 'app.cjs', '-w', '1'], {}, { cwd: directory });
  const port = await run.listening(1);
  t.equal(await ask(port), directory);
  await t.rejects(ask(port, '/exit'));
  await run.listening(2);
  t.equal(await ask(port), directory);
});
