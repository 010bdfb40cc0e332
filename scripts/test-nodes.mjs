// Runs the tests of node:cluster under other versions of Node, and the table of `server.listen` beside
// plain Node of each. The versions come from npm, into node_modules/.cache.
//
// usage: node scripts/test-nodes.mjs [version…]

import { existsSync } from 'node:fs';
import path from 'node:path';
import { must, root, run, tap } from './support.mjs';

const given = process.argv.slice(2);
const versions = given.length > 0 ? given : ['20.19.0', '22.12.0', '24', '26'];
const name = `node-${process.platform}-${process.arch}`;
const cache = path.join(root, 'node_modules', '.cache', 'nodes');

async function install(version) {
  const prefix = path.join(cache, version);
  const node = path.join(prefix, 'node_modules', name, 'bin', 'node');
  if (!existsSync(node)) {
    const args = ['install', '--prefix', prefix, '--no-save', '--no-package-lock'];
    await must('npm', [...args, `${name}@${version}`], { capture: true });
  }
  return node;
}

const failed = [];
for (const version of versions) {
  const node = await install(version);
  console.log(`# Node ${version}`);
  const env = { PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
  const { code } = await run(node, [tap, 'test/cluster/*.test.ts'], { env });
  if (code !== 0) failed.push(version);
}
console.log(failed.length === 0 ? '# passed on all' : `# failed on ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
