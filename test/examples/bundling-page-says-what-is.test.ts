// docs/bundling.md: its commands make bundles that run, and the errors it names are those there are.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { installAddon, servesAndEnds, startBundle, workplace } from '../fixtures/bundles.js';
import { nativeOnly } from '../fixtures/harness.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(path.join(ROOT, 'docs/bundling.md'), 'utf8');
const commands = [...page.matchAll(/^```sh\nnpx esbuild (.*)\n```$/gm)].map(
  ([, words = '']) => words,
);

test('its commands', nativeOnly, async (t) => {
  t.equal(commands.length, 2);
  for (const words of commands) {
    const folder = workplace(t);
    installAddon(folder);
    const program = readFileSync(path.join(folder, 'dispatched.mjs'), 'utf8');
    for (const name of ['primary.mjs', 'worker.mjs']) {
      writeFileSync(path.join(folder, name), program);
    }
    const esbuild = path.join(ROOT, 'node_modules/esbuild/bin/esbuild');
    execFileSync(esbuild, [...words.split(' '), '--log-level=error'], { cwd: folder });
    await servesAndEnds(t, startBundle(t, folder, 'out/primary.mjs'));
  }
});

test('its errors', async (t) => {
  const source = ['errors', 'lazy', 'own-files', 'native/addon']
    .map((name) => readFileSync(path.join(ROOT, `src/${name}.ts`), 'utf8'))
    .join('\n');
  const codes = new Set([...page.matchAll(/ERR_RONDO_\w+/g)].map(([code]) => code));
  t.ok(codes.size >= 3);
  for (const code of codes) t.match(source, code);
  for (const text of [
    'rondo is in a bundle without its module',
    'needs files of the package rondo',
    'rondo is in a bundle, and ',
  ]) {
    t.match(page, text);
    t.match(source, text);
  }
});
