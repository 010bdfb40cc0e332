// Programs that are bundled with rondo in them run as those that are not: every entry, as primary and as worker, in both
// formats, in another folder. What needs files of the package says so by one error, where the package is not there.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import {
  bundle,
  extension,
  FORMATS,
  installAddon,
  installRondo,
  newFolder,
  servesAndEnds,
  startBundle,
  workplace,
} from '../fixtures/bundles.js';
import { nativeOnly } from '../fixtures/harness.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REQUIRED = `const cluster = require('rondo/cluster');
const hub = require('rondo/compat/clusterhub');
console.log(cluster === require('node:cluster'), typeof hub.on, typeof require('rondo').Dispatcher);`;

const PROGRAMS = ['dispatched.mjs', 'clustered.mjs', 'supervised.mjs', 'server.mjs'];

/** All that a program can import. */
function entries(): string[] {
  const { exports } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const names = Object.keys(exports).filter((name) => !name.endsWith('.json'));
  return names.map((name) => path.posix.join('rondo', name));
}

for (const format of FORMATS) {
  const end = extension(format);
  const [dispatched, clustered] = [`dispatched${end}`, `clustered${end}`];
  const supervised = [`supervised${end}`, `server${end}`, './control.sock'];

  test(`${format}`, nativeOnly, async (t) => {
    const from = workplace(t);
    const alone = newFolder(t);
    t.strictSame(bundle(from, PROGRAMS, format, alone), [], 'esbuild warns of nothing');

    await t.test('with nothing beside', async (t) => {
      const program = startBundle(t, alone, ...supervised);
      await program.prints(/^ERR_RONDO_BUNDLED: The page needs files of the package rondo /m);
      await program.prints(/^ERR_RONDO_BUNDLED: A Supervisor needs files of the package rondo /m);
      t.match(program.output(), "none is installed beside the bundle: 'npm install rondo@");
      t.match(program.output(), "mark 'rondo' as external");
      const fallback = startBundle(t, alone, dispatched);
      await fallback.prints(/^ipc listening on/m);
      t.match(fallback.output(), 'rondo is in a bundle, and the package @rondo/');
      t.equal(fallback.output().match(/Warning/g)?.length, 1, 'one warning');
      await fallback.interrupt(t);
    });

    await t.test('with the addon beside', async (t) => {
      installAddon(alone);
      await servesAndEnds(t, startBundle(t, alone, dispatched));
      await servesAndEnds(t, startBundle(t, alone, clustered));
    });

    await t.test('with rondo beside', async (t) => {
      installRondo(alone);
      const program = startBundle(t, alone, ...supervised);
      await servesAndEnds(t, program);
      t.match(program.output(), /^2 ready of rondo /m);
      t.match(program.output(), /^rondo_build_info{rondo="/m);
      t.match(program.output(), /^<!doctype html>/m);
    });

    await t.test('with another rondo beside', async (t) => {
      const file = path.join(alone, 'node_modules/rondo/package.json');
      writeFileSync(file, JSON.stringify({ name: 'rondo', version: '0.0.9' }));
      await startBundle(t, alone, ...supervised).prints(
        /^ERR_RONDO_BUNDLED: A Supervisor needs .* has version 0\.0\.9: 'npm install/m,
      );
    });
  });

  test(`${format}: every entry exports what it exports`, async (t) => {
    const from = workplace(t);
    const to = newFolder(t);
    const names = entries();
    t.ok(names.length > 15);
    const imports = names.map((name, index) => `import * as entry${index} from '${name}';\n`);
    const prints = names.map(
      (name, index) => `console.log('${name}', Object.keys(entry${index}).sort().join());\n`,
    );
    writeFileSync(path.join(from, 'all.mjs'), [...imports, ...prints].join(''));
    t.strictSame(bundle(from, ['all.mjs'], format, to), []);
    const run = (folder: string, file: string): string =>
      execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
    t.equal(run(to, `all${end}`), run(from, 'all.mjs'));
  });
}

test('esm, with rondo as external', nativeOnly, async (t) => {
  const from = workplace(t);
  const place = newFolder(t);
  bundle(from, ['dispatched.mjs'], 'esm', place, { packages: 'external' });
  installRondo(place);
  installAddon(place);
  await servesAndEnds(t, startBundle(t, place, 'dispatched.mjs'));
});

test('cjs, by a bundler without the condition', nativeOnly, async (t) => {
  const from = workplace(t);
  const place = newFolder(t);
  bundle(from, ['clustered.mjs'], 'cjs', place, { conditions: ['other'] });
  const program = startBundle(t, place, 'clustered.cjs');
  await program.prints(/ERR_RONDO_BUNDLED/);
  t.match(program.output(), "without its module 'cluster/");
  t.match(program.output(), "condition 'module' of the package's exports, or mark 'rondo' as");
});

test('what is required is what it is without a bundle', async (t) => {
  const [from, to] = [workplace(t), newFolder(t)];
  writeFileSync(path.join(from, 'required.cjs'), REQUIRED);
  t.strictSame(bundle(from, ['required.cjs'], 'cjs', to), []);
  const run = (folder: string): string =>
    execFileSync(process.execPath, ['required.cjs'], { cwd: folder, encoding: 'utf8' });
  t.equal(run(to), 'true function function\n');
  t.equal(run(from), run(to));
});
