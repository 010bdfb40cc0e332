// Packs what is built in this checkout, for tests that install it: rondo with what it depends on, and its platform
// packages. This platform's has the addon in build/, with RONDO_PREBUILT=1 that of `npm run build:addons`; the others
// have a text in the place of theirs, and are there only not to be installed.
//
// usage: node scripts/package/pack-here.mjs <directory>
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { platforms, prebuiltAddon } from '../prebuilt/platforms.mjs';
import { must, root, scratchDirectory } from '../support.mjs';

const [directory] = process.argv.slice(2);
const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
const name = `${process.platform}-${process.arch}-${libc}`;
const built = process.env.RONDO_ADDON || path.join(root, 'build/Release/rondo.node');
const addon = process.env.RONDO_PREBUILT === '1' ? prebuiltAddon(name) : built;
const text = path.join(scratchDirectory('pack'), 'no-addon.txt');
writeFileSync(text, 'the addon of another platform\n');

const pack = path.join(import.meta.dirname, 'pack.mjs');
const addons = platforms.flatMap((platform) => [
  '--addon',
  `${platform.name}=${platform.name === name ? addon : text}`,
]);
await must(process.execPath, [pack, path.resolve(directory), ...addons]);
const args = [
  'pack',
  '--silent',
  '--ignore-scripts',
  '--pack-destination',
  path.resolve(directory),
];
await must('npm', [...args, ...dependencyFolders('package.json')], { capture: true });

/** As they are installed here, theirs too. */
function dependencyFolders(manifest) {
  const { dependencies = {} } = JSON.parse(readFileSync(path.join(root, manifest), 'utf8'));
  return Object.keys(dependencies).flatMap((dependency) => {
    const folder = `./node_modules/${dependency}`;
    return [folder, ...dependencyFolders(`${folder}/package.json`)];
  });
}
