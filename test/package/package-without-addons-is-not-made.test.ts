// `npm pack` makes no package that has no addon and asks for none; what is missing is named, with the command that
// builds it.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { PLATFORMS } from '../../src/native/addon.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACK = path.join(ROOT, 'scripts/package/pack.mjs');

test('npm pack in a checkout', async (t) => {
  const directory = t.testdir({});
  const args = ['pack', '--pack-destination', directory];
  const { status, stderr } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  t.equal(status, 1);
  t.match(stderr, 'rondo: the package that is made here would have no addon.');
  t.match(stderr, "'npm run packages' packs rondo and its platform packages.");
  t.strictSame(readdirSync(directory), []);
});

test('a platform without its addon', async (t) => {
  const directory = t.testdir({});
  for (const platform of PLATFORMS) {
    const args = [PACK, directory, '--addon', `${platform}=${directory}/nowhere.node`];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    t.equal(status, 1, platform);
    t.match(
      stderr,
      `@rondo/${platform}: no addon; 'npm run build:addons -- ${platform}' builds it`,
    );
  }
  t.strictSame(readdirSync(directory), []);
});
