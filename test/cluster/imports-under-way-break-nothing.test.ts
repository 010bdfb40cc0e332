// A program may fork and listen while an import() of it is under way: what rondo loads for that does not depend on
// which of Node.js's builtins the program is about to have. Node.js before 22.20 and 24.8 throws there.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { preloaded } from '../fixtures/cluster.js';
import { fixture } from '../fixtures/harness.js';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));

for (const turns of [0, 1, 2, 3]) {
  test(`${turns} turns later`, preloaded.options, (t) => {
    const args = [...preloaded.nodeArgs, fixture('imports-under-way.mjs'), String(turns)];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    t.equal(stdout, 'ended with 7\n', 'it has listened', { stderr });
    t.end();
  });
}

/** The builtins that a file of dist/ imports, and all that it imports. */
function builtinsOf(file: string, seen = new Set<string>(), found = new Set<string>()) {
  if (seen.has(file)) return found;
  seen.add(file);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/\b(?:from|import) '([^']+)'/g)) {
    if (name.startsWith('node:')) found.add(name);
    else if (name.startsWith('.')) builtinsOf(path.resolve(path.dirname(file), name), seen, found);
  }
  return found;
}

test('builtins.ts has all that modules loaded later import', (t) => {
  const list = readFileSync(path.join(SOURCE, 'lazy.ts'), 'utf8');
  const modules = [...list.matchAll(/^ {2}'(.+\.js)': typeof/gm)].map(([, file = '']) => file);
  t.ok(modules.length > 8);
  const needed = modules.flatMap((file) => [...builtinsOf(path.join(DIST, file))]);
  t.strictSame([...builtinsOf(path.join(DIST, 'builtins.js'))].sort(), [...new Set(needed)].sort());
  t.end();
});
