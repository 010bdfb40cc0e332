// A rondo that is installed globally leaves the work to the one that the working directory has.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { ask, BIN, runCli, temporaryDirectory, writeServer } from '../fixtures/cluster-cli.js';
import { copyPackage } from '../fixtures/cluster-package.js';

test('its own', async (t) => {
  const cwd = temporaryDirectory(t);
  const directory = path.join(cwd, 'node_modules/rondo');
  mkdirSync(directory, { recursive: true });
  copyPackage(t, { release: '99.1.2', directory });
  const run = runCli(t, ['--version'], {}, { cwd, bin: BIN });
  t.equal(await run.end, 0);
  t.equal(run.stdout(), '99.1.2\n');

  writeServer(path.join(cwd, 'app.cjs'), 'one');
  const started = runCli(t, ['start', 'app.cjs', '-w', '1'], {}, { cwd });
  t.equal(await ask(await started.listening(1)), 'one');
  started.child.kill('SIGTERM');
  t.equal(await started.end, 0);
});

test('another package of this name', async (t) => {
  const cwd = temporaryDirectory(t);
  const directory = path.join(cwd, 'node_modules/rondo');
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ version: '3.0.0' }));
  const run = runCli(t, ['--version'], {}, { cwd });
  t.equal(await run.end, 0);
  t.not(run.stdout(), '3.0.0\n');
});
