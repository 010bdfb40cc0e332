// Compiles src/ to dist/ and removes what is left in dist/ of sources that are gone. dist/ is never
// emptied first: a process that runs from it meanwhile goes on. What has not changed since the last time is not
// compiled again, which TypeScript knows by build/src.tsbuildinfo; where a file is missing in dist/, all is.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildPage } from './build-page.mjs';
import { must, root, tsc } from './support.mjs';

const source = path.join(root, 'src');
const output = path.join(root, 'dist');

const known = path.join(root, 'build', 'src.tsbuildinfo');

const isWhole = readdirSync(source, { recursive: true })
  .filter((file) => /\.c?ts$/.test(file) && !file.startsWith(path.join('metrics/page/browser/')))
  .every((file) =>
    ['.$1js', '.d.$1ts'].every((end) =>
      existsSync(path.join(output, file.replace(/\.(c?)ts$/, end))),
    ),
  );
if (!isWhole) rmSync(known, { force: true });
await must(process.execPath, [tsc, '-p', source, '--incremental', '--tsBuildInfoFile', known]);

for (const entry of readdirSync(output, { recursive: true, withFileTypes: true })) {
  const file = path.join(entry.parentPath, entry.name);
  const stem = path.relative(output, file).replace(/(\.d\.c?ts|\.c?js)(\.map)?$/, '');
  const extension = /\.(cjs|d\.cts)(\.map)?$/.test(entry.name) ? '.cts' : '.ts';
  const from = path.join(source, entry.isDirectory() ? stem : `${stem}${extension}`);
  if (!existsSync(from)) rmSync(file, { recursive: true, force: true });
}

buildPage();
