// The site of these pages: which there are, in which order, and how links that leave the folder are served.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { apiSidebar, sidebar } from './sidebar.mjs';
import { copyFiles, servedFiles } from './served-files.mjs';

const docs = fileURLToPath(new URL('..', import.meta.url));
const root = path.join(docs, '..');

export default defineConfig({
  title: 'rondo',
  description:
    'A connection dispatcher for Node.js: several processes on one port, evenly, and no request lost',
  lang: 'en',
  cleanUrls: false,
  lastUpdated: false,
  // Nothing is asked of other servers.
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/logo.svg' }]],
  srcExclude: ['node_modules/**'],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (md) => servedFiles(md, { docs, root }),
  },
  buildEnd: ({ outDir }) => copyFiles(outDir, root),
  themeConfig: {
    logo: '/logo.svg',
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Getting started', link: '/start' },
      { text: 'How it works', link: '/how-it-works' },
      { text: 'Figures', link: '/benchmark' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: { '/api/': apiSidebar(docs), '/': sidebar.filter(isThere) },
    docFooter: { prev: 'Before', next: 'Next' },
  },
  vite: { build: { chunkSizeWarningLimit: 2_000 } },
});

/** A page that another change brings is left out until it is there. */
function isThere(group) {
  group.items = group.items.filter(
    ({ link }) => link === '/api/' || existsSync(path.join(docs, `${link}.md`)),
  );
  return group.items.length > 0;
}
