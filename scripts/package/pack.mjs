// Packs rondo and its platform packages into packages/, or where the argument says. An addon of another file than that
// of `npm run build:addons` is named by --addon.
//
// usage: node scripts/package/pack.mjs [directory] [--addon PLATFORM=FILE]…
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { platformNamed } from '../prebuilt/platforms.mjs';
import { must, root, scratchDirectory } from '../support.mjs';
import { missingBuilds, prebuiltAddons, stage } from './stage.mjs';

const { values, positionals } = parseArgs({
  options: { addon: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
});
const addons = prebuiltAddons();
for (const word of values.addon) {
  const [name, file = ''] = word.split('=');
  addons.set(platformNamed(name).name, path.resolve(file));
}
const missing = missingBuilds(addons);
if (missing.length > 0) {
  for (const line of missing) console.error(line);
  process.exit(1);
}
const directory = path.resolve(positionals[0] ?? path.join(root, 'packages'));
mkdirSync(directory, { recursive: true });
for (const file of readdirSync(directory)) {
  if (file.endsWith('.tgz')) rmSync(path.join(directory, file));
}
const folders = stage(scratchDirectory('stage'), addons);
const args = ['pack', '--silent', '--pack-destination', directory, ...folders];
const names = await must('npm', args, { capture: true });
for (const name of names.trim().split('\n')) {
  console.log(path.relative(process.cwd(), path.join(directory, name)));
}
