// Ends with 1, and says what to do, unless the packages of test/ecosystem are installed as its lock file has them. What an
// earlier run has found is removed.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root } from './support.mjs';

const directory = path.join(root, 'test', 'ecosystem');
const wanted = JSON.parse(readFileSync(path.join(directory, 'package-lock.json'), 'utf8')).packages;
const missing = Object.entries(wanted[''].dependencies)
  .map(([name]) => ({ name, version: wanted[`node_modules/${name}`].version }))
  .filter(({ name, version }) => versionOf(name) !== version)
  .map(({ name, version }) => `${name}@${version}`);

if (missing.length > 0) {
  console.error(`test/ecosystem is not installed: ${missing.join(', ')}`);
  console.error('Run: npm ci --prefix test/ecosystem');
  process.exit(1);
}

rmSync(path.join(root, 'node_modules', '.cache', 'rondo-ecosystem.jsonl'), { force: true });

function versionOf(name) {
  const file = path.join(directory, 'node_modules', name, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}
