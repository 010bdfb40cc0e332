// Each link of README, CONTRIBUTING and the pages leads to a file of the checkout, and to a heading in it, by the anchor that GitHub
// gives it and the one that the site does.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { pageNames, ROOT, readPage } from '../fixtures/docs-page.js';

const FENCED = /^( *)```.*?^\1```$/gms;

/** Without code, in which a bracket is none of a link. */
const prose = (text: string): string =>
  text.replaceAll(FENCED, '').replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));

const headings = (text: string): string[] =>
  [...text.replaceAll(FENCED, '').matchAll(/^#+ (.*)$/gm)].map(([, one = '']) =>
    one.replaceAll('`', ''),
  );

const ofGitHub = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

/** As VitePress does it. */
const ofSite = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'“”‘’<>,.?/]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');

for (const name of [...pageNames(), 'CONTRIBUTING.md', 'bench/README.md']) {
  test(name, (t) => {
    for (const [, target = ''] of prose(readPage(name)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const to = file === '' ? name : path.join(path.dirname(name), file);
      // TypeDoc writes those.
      if (to.startsWith('docs/api/')) continue;
      if (!t.ok(existsSync(path.join(ROOT, to)), target) || anchor === undefined) continue;
      const all = headings(readPage(to));
      t.ok(all.map(ofGitHub).includes(anchor), `${target} on GitHub`);
      t.ok(all.map(ofSite).includes(anchor), `${target} on the site`);
    }
    t.end();
  });
}

interface Group {
  items: Array<{ text: string; link: string }>;
}

test('every page is in the sidebar', async (t) => {
  const file = new URL('../../docs/.vitepress/sidebar.mjs', import.meta.url).href;
  const { sidebar } = (await import(file)) as { sidebar: Group[] };
  const links = sidebar.flatMap(({ items }) => items.map(({ link }) => link));
  for (const name of pageNames()) {
    const link = name.replace(/^docs/, '').replace(/\.md$/, '');
    if (name !== 'README.md' && link !== '/index') t.ok(links.includes(link), name);
  }
  for (const { text, link } of sidebar.flatMap(({ items }) => items)) {
    if (link === '/api/') continue;
    const [, title] = /^# (.*)$/m.exec(readPage(`docs${link}.md`)) ?? [];
    t.equal(title, text, `${link} has the title that it has there`);
  }
});
