// The site of docs/, to docs/.vitepress/dist: the API pages by TypeDoc, then all by VitePress. It fails where a link or an
// anchor is dead. What builds it has a lock file of its own, docs/package-lock.json, and is installed the first time.
// Usage: node scripts/docs.mjs [dev]
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { must, root } from './support.mjs';

const docs = path.join(root, 'docs');
const command = process.argv[2] ?? 'build';

if (!isInstalled()) {
  await must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: docs });
}
rmSync(path.join(docs, 'api'), { recursive: true, force: true });
await node('typedoc/bin/typedoc', '--options', 'typedoc.json', '--logLevel', 'Warn');
await node('vitepress/bin/vitepress.js', command, '.');
if (command === 'build') {
  await must(process.execPath, [path.join(root, 'scripts/docs-links.mjs')]);
}

/** Whether what the lock file names is there. */
function isInstalled() {
  const of = (file) => JSON.parse(readFileSync(path.join(docs, file), 'utf8')).packages;
  if (!existsSync(path.join(docs, 'node_modules/.package-lock.json'))) return false;
  const installed = of('node_modules/.package-lock.json');
  const { '': own, ...wanted } = of('package-lock.json');
  return Object.entries(wanted).every(
    ([name, { version, optional }]) => optional || installed[name]?.version === version,
  );
}

async function node(bin, ...args) {
  const file = path.join(docs, 'node_modules', bin);
  await must(process.execPath, [file, ...args], { cwd: docs });
}
