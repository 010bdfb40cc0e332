// Where the addon cannot be loaded, the error says which package is missing or wrong, why that may be, and what to do.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { PLATFORMS } from '../../src/native/addon.js';
import { nativeOnly } from '../fixtures/harness.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ADDON = process.env['RONDO_ADDON'] ?? path.join(ROOT, 'build/Release/rondo.node');

const PROGRAM = `import { Dispatcher } from 'rondo';
try {
  console.log(new Dispatcher({ transport: 'native' }).stats().transport);
  process.exit();
} catch ({ code, message }) {
  console.log(code + ': ' + message);
}`;

/** A folder with rondo in its node_modules, as if it came from the registry. Removed with the test. */
function install(t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rondo-addon-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const place = path.join(folder, 'node_modules/rondo');
  for (const name of ['package.json', 'dist']) {
    cpSync(path.join(ROOT, name), path.join(place, name), { recursive: true });
  }
  return folder;
}

/** Adds a platform's package. */
function add(folder: string, platform: string, version = '0.1.0'): void {
  const place = path.join(folder, 'node_modules/@rondo', platform);
  mkdirSync(place, { recursive: true });
  cpSync(ADDON, path.join(place, 'rondo.node'));
  const manifest = { name: `@rondo/${platform}`, version };
  writeFileSync(path.join(place, 'package.json'), JSON.stringify(manifest));
}

function load(folder: string, before = ''): string {
  const file = path.join(folder, 'program.mjs');
  writeFileSync(file, PROGRAM);
  const preload = `data:text/javascript,${encodeURIComponent(before)}`;
  return execFileSync(process.execPath, ['--import', preload, file], {
    encoding: 'utf8',
    env: { ...process.env, RONDO_ADDON: '', RONDO_NATIVE: '' },
  });
}

/** The one whose package is looked for. */
function platformOf(message: string): string {
  return /the package @rondo\/(\S+) is not installed/.exec(message)?.[1] ?? '';
}

const START = 'ERR_RONDO_NATIVE_MISSING: The native addon cannot be loaded: ';

test('the packages that there are', async (t) => {
  const { platforms } = await import(path.join(ROOT, 'scripts/prebuilt/platforms.mjs'));
  t.strictSame(
    PLATFORMS,
    platforms.map(({ name }: { name: string }) => name),
    'are those that are published',
  );
});

test('loaded, or why not', nativeOnly, async (t) => {
  const folder = install(t);
  const none = load(folder);
  t.match(none, START);
  t.match(none, "installed; an install that omits optional dependencies ('--omit=optional')");
  const here = platformOf(none);
  t.ok(PLATFORMS.includes(here), here);

  const other = PLATFORMS.find((platform) => platform !== here) as string;
  add(folder, other);
  const foreign = load(folder);
  t.match(foreign, `${START}the package @rondo/${here} is not installed, but @rondo/${other}:`);
  t.match(foreign, "node_modules is of another system; 'npm install' on this one adds it");

  add(folder, here, '0.0.9');
  t.match(
    load(folder),
    `${START}@rondo/${here} has version 0.0.9, and rondo 0.1.0; 'npm install rondo@0.1.0' installs both`,
  );

  add(folder, here);
  t.equal(load(folder), 'native\n', 'and there it is');

  const file = path.join(folder, 'node_modules/@rondo', here, 'rondo.node');
  writeFileSync(file, 'no addon');
  t.match(load(folder), `${START}${file}: `, 'the file that cannot be loaded is named');
});

test('no package for the platform', async (t) => {
  const before = "Object.defineProperty(process, 'arch', { value: 's390x' })";
  const message = load(install(t), before);
  t.match(message, `${START}there is none for linux-s390x-`);
  t.match(message, `only for ${PLATFORMS.join(', ')}`);
});

test('a checkout that is not built', async (t) => {
  const folder = install(t);
  cpSync(path.join(ROOT, 'binding.gyp'), path.join(folder, 'node_modules/rondo/binding.gyp'));
  t.match(
    load(folder),
    `${START}it is not built in this checkout; 'npm run build:native' builds it`,
  );
});
