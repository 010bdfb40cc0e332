// Makes the folders that are published, rondo's and that of each platform's addon. Their package.json is made here:
// rondo's names the platform packages as optional dependencies, of exactly its own version, which in a checkout
// would be looked for in the registry by each `npm install`.
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { platforms, prebuiltAddon } from '../prebuilt/platforms.mjs';
import { root } from '../support.mjs';

const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const write = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

/** The addons as `npm run build:addons` leaves them, by platform. */
export function prebuiltAddons() {
  return new Map(platforms.map(({ name }) => [name, prebuiltAddon(name)]));
}

/** What is missing of `addons`, a map from platform to file, each with the command that makes it. */
export function missingBuilds(addons) {
  const missing = platforms
    .filter(({ name }) => !existsSync(addons.get(name) ?? ''))
    .map(({ name }) => `@rondo/${name}: no addon; 'npm run build:addons -- ${name}' builds it`);
  if (!existsSync(path.join(root, 'dist/index.js'))) {
    missing.push("rondo: no dist/; 'npm run build' makes it");
  }
  return missing;
}

/**
 * Into `directory`, which is new. Throws if something is missing. Returns the folders in the order in which they are
 * to be published: rondo is last, for whoever installs it meanwhile.
 */
export function stage(directory, addons = prebuiltAddons()) {
  const missing = missingBuilds(addons);
  if (missing.length > 0) throw new Error(`the packages are not complete:\n${missing.join('\n')}`);
  const folders = platforms.map((platform) =>
    stagePlatform(path.join(directory, platform.name), platform, addons.get(platform.name)),
  );
  return [...folders, stageRondo(path.join(directory, 'rondo'))];
}

function stageRondo(folder) {
  // What only a checkout has a use for.
  const {
    scripts,
    devDependencies,
    gypfile,
    workspaces,
    private: _,
    ...manifest
  } = read('package.json');
  mkdirSync(folder, { recursive: true });
  for (const name of [...topLevel(manifest.files), 'README.md', 'LICENSE']) {
    const from = path.join(root, name);
    if (existsSync(from)) cpSync(from, path.join(folder, name), { recursive: true });
  }
  const names = platforms.map(({ name }) => `@rondo/${name}`);
  const optionalDependencies = Object.fromEntries(names.map((name) => [name, manifest.version]));
  write(path.join(folder, 'package.json'), { ...manifest, optionalDependencies });
  return folder;
}

/** npm chooses by `files` among what is there. */
function topLevel(files) {
  return new Set(files.filter((file) => !file.startsWith('!')).map((file) => file.split('/')[0]));
}

function stagePlatform(folder, { name, cpu, libc }, addon) {
  const { version, license, homepage, bugs, repository, engines } = read('package.json');
  mkdirSync(folder, { recursive: true });
  copyFileSync(addon, path.join(folder, 'rondo.node'));
  copyFileSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  const about = `The native addon of rondo for Linux, ${cpu}, ${libc}`;
  writeFileSync(
    path.join(folder, 'README.md'),
    `# @rondo/${name}\n\n${about}. It is installed with [rondo](${homepage}), as an optional dependency.\n`,
  );
  write(path.join(folder, 'package.json'), {
    name: `@rondo/${name}`,
    version,
    description: about,
    homepage,
    bugs,
    repository,
    license,
    engines,
    os: ['linux'],
    cpu: [cpu],
    libc: [libc],
    main: 'rondo.node',
    files: ['rondo.node'],
    preferUnplugged: true,
    publishConfig: { access: 'public' },
  });
  return folder;
}
