// docs/compat.md against the package: its programs run as they stand there, its commands and methods are those there are.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHub } from 'rondo/compat/clusterhub';
import { test } from 'tap';
import { COMMANDS, NOT_IMPLEMENTED } from '../../src/compat/clusterhub/store/commands.js';
import { startProgram } from '../fixtures/examples.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = path.join(root, 'docs/compat.md');
const page = readFileSync(file, 'utf8');

const PRINTS: Record<string, RegExp> = {
  'clusterhub.mjs': /^(?=.*worker [12], greeting 1\n)(?=.*worker [12], greeting 2\n)/s,
  'egg.mjs': /^(?=.*Hello in seat 0\n)(?=.*Hello in seat 1\n)/s,
};

test('the programs run as they stand', async (t) => {
  const files: Record<string, string> = {};
  for (const [, text = '', name = ''] of page.matchAll(
    /^```js\n(\/\/ ([\w-]+\.mjs)\n.*?)^```$/gms,
  )) {
    files[name] = text;
  }
  t.strictSame(Object.keys(files), Object.keys(PRINTS));
  const directory = t.testdir(files);
  for (const [name, pattern] of Object.entries(PRINTS)) {
    // This process is the primary of a family, of which they are none.
    const program = startProgram(t, path.join(directory, name), { RONDO_HUB: undefined });
    t.ok(await program.prints(pattern), name);
    const code =
      program.child.exitCode ?? (await new Promise((then) => program.child.once('exit', then)));
    t.equal(code, 0, `${name} ends by itself`);
  }
});

test('the commands of clusterhub are those there are', async (t) => {
  const [, list = ''] = /^The commands, (.*?)^Each tells/ms.exec(page) ?? [];
  const named = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  t.strictSame(named.sort(), Object.keys(COMMANDS).sort());
  for (const name of NOT_IMPLEMENTED) t.match(page, new RegExp(`\`${name}\`.* throw`, 's'));
  const [, table = ''] = /^(\| `createHub.*?)^\n/ms.exec(page) ?? [];
  const methods = [...table.matchAll(/^\| (.*?) \|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)/g)])
    .map(([, name = '']) => name);
  t.ok(methods.length > 20);
  const hub = createHub('page') as unknown as Record<string, unknown>;
  for (const name of methods.filter((one) => !['createHub', 'ready'].includes(one))) {
    t.equal(typeof hub[name], 'function', name);
  }
});
