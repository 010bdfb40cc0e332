// Runs the suite, on the package as it is built, under other versions of Node. They come from npm,
// into a scratch directory.
//
// usage: node scripts/test-matrix.mjs [major…]
import path from 'node:path';
import { must, run, scratchDirectory, tap } from './support.mjs';

const majors = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24', '26'];
const scratch = scratchDirectory('node');
const failed = [];

for (const major of majors) {
  const directory = path.join(scratch, major);
  const name = `node-${process.platform}-${process.arch}`;
  await must(
    'npm',
    ['install', '--prefix', directory, '--no-save', '--no-package-lock', `${name}@${major}`],
    { cwd: scratch, capture: true },
  );
  const bin = path.join(directory, 'node_modules', name, 'bin');
  const node = path.join(bin, 'node');
  const version = await must(node, ['--version'], { capture: true });
  console.log(`# Node ${version.trim()}`);
  const env = { PATH: `${bin}${path.delimiter}${process.env.PATH}` };
  if ((await run(node, [tap], { env })).code !== 0) failed.push(version.trim());
}
console.log(failed.length === 0 ? '# passed on all' : `# failed on ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
