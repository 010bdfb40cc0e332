// Compiles src/ to dist/ and removes what is left in dist/ of sources that are gone. dist/ is never
// emptied first: a process that runs from it meanwhile goes on.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildPage } from './build-page.mjs';
import { must, root, tsc } from './support.mjs';

const source = path.join(root, 'src');
const output = path.join(root, 'dist');

await must(process.execPath, [tsc, '-p', source]);

for (const entry of readdirSync(output, { recursive: true, withFileTypes: true })) {
  const file = path.join(entry.parentPath, entry.name);
  const stem = path.relative(output, file).replace(/(\.d\.ts|\.js)(\.map)?$/, '');
  const from = path.join(source, entry.isDirectory() ? stem : `${stem}.ts`);
  if (!existsSync(from)) rmSync(file, { recursive: true, force: true });
}

buildPage();
