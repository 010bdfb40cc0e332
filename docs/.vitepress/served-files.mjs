// Links of the pages to files of the repository that are no pages, such as a program of examples/: the site has a copy
// of each below /files/, and the link leads there.

import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

const files = new Set();

/** Changes such links as they are rendered; throws if one leads nowhere. */
export function servedFiles(md, { docs, root }) {
  const render = md.renderer.rules.link_open;
  md.core.ruler.push('served-files', ({ tokens, env }) => {
    for (const link of tokens.flatMap(({ children }) => children ?? [])) {
      const href = link.type === 'link_open' ? (link.attrGet('href') ?? '') : '';
      if (href === '' || /^(\w+:|#|\/)/.test(href)) continue;
      const page = env.relativePath ?? path.relative(docs, env.path);
      const file = path.join(docs, path.dirname(page), href.split('#')[0]);
      if (!path.relative(docs, file).startsWith('..')) continue;
      if (!statSync(file).isFile()) throw new Error(`${page}: ${href} is no file`);
      const name = path.relative(root, file);
      files.add(name);
      link.attrSet('href', `/files/${name}`);
      // Not a page of the site: the router leaves it to the browser.
      link.attrSet('target', '_self');
    }
  });
  if (render !== undefined) md.renderer.rules.link_open = render;
}

export function copyFiles(outDir, root) {
  for (const name of files) {
    const to = path.join(outDir, 'files', name);
    mkdirSync(path.dirname(to), { recursive: true });
    copyFileSync(path.join(root, name), to);
  }
}
