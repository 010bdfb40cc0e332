// The built site: every link, picture and script of a page is a file of it, and every anchor an id there. VitePress itself
// looks at links between pages only. Prints what is not, and ends with 1 then.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './support.mjs';

const dist = path.join(root, 'docs/.vitepress/dist');
const pages = readdirSync(dist, { recursive: true })
  .filter((name) => name.endsWith('.html') && !name.startsWith(`files${path.sep}`))
  .map((name) => ({ name, html: readFileSync(path.join(dist, name), 'utf8') }));
const ids = new Map(pages.map(({ name, html }) => [name, idsIn(html)]));

let count = 0;
const dead = [];
for (const { name, html } of pages) {
  for (const [, target] of html.matchAll(/ (?:href|src)="([^"]+)"/g)) {
    if (/^(\w+:|\/\/)/.test(target)) continue;
    count++;
    if (!leadsSomewhere(name, target.replaceAll('&amp;', '&'))) dead.push(`${name}: ${target}`);
  }
}

for (const one of new Set(dead)) console.error(`dead: ${one}`);
console.log(`${pages.length} pages, ${count} links, ${dead.length} dead`);
if (dead.length > 0 || count < 1_000) process.exitCode = 1;

function leadsSomewhere(from, target) {
  const [file, anchor] = target.split('#');
  const to = file === '' ? from : path.join('.', path.resolve('/', path.dirname(from), file));
  const found = [to, `${to}.html`, path.join(to, 'index.html')].find(
    (one) => existsSync(path.join(dist, one)) && statSync(path.join(dist, one)).isFile(),
  );
  if (found === undefined) return false;
  return !anchor || !found.endsWith('.html') || idsOf(found).has(decodeURIComponent(anchor));
}

/** A file that is served as it is may have anchors, too. */
function idsOf(name) {
  return ids.get(name) ?? idsIn(readFileSync(path.join(dist, name), 'utf8'));
}

function idsIn(html) {
  return new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id.replaceAll('&amp;', '&')));
}
