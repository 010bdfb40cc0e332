// What a reader sees of the report: on a phone and at a desk, in light and in dark, all charts are there,
// nothing is cut off or too small to read, and nothing is loaded or complained about.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { test } from 'tap';
import { ENTRIES, writeResults } from '../fixtures/bench-results.js';
import { findBrowser, startBrowser } from '../fixtures/browser.js';

const REPORT = fileURLToPath(new URL('../../bench/report/main.mjs', import.meta.url));
const program = findBrowser();
const options = program ? {} : { skip: 'there is no Chromium' };
const MIN_LETTER = 9;

/** Run in the page: what of each chart a reader has before them. */
const LOOK = `(() => {
  const charts = [...document.querySelectorAll('figure svg')].filter((svg) => svg.getClientRects().length > 0);
  const contains = (outer, inner) =>
    inner.left >= outer.left - 1 && inner.right <= outer.right + 1 &&
    inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  const texts = charts.flatMap((svg) => [...svg.querySelectorAll('text')].map((text) => ({
    text: text.textContent,
    height: text.getBoundingClientRect().height,
    isCut: !contains(svg.getBoundingClientRect(), text.getBoundingClientRect()),
  })));
  return {
    figures: document.querySelectorAll('figure').length,
    shown: charts.length,
    empty: charts.filter((svg) => svg.getBoundingClientRect().height < 40).length,
    texts: texts.length,
    cut: texts.filter(({ isCut }) => isCut).map(({ text }) => text),
    small: texts.filter(({ height }) => height < ${MIN_LETTER}).map(({ text }) => text),
    pageWidth: document.documentElement.scrollWidth,
    paper: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(charts[0].querySelector('text')).fill,
    bar: getComputedStyle(charts[0].querySelector('path[fill^="var(--c"]')).fill,
  };
})()`;

interface Seen {
  figures: number;
  shown: number;
  empty: number;
  texts: number;
  cut: string[];
  small: string[];
  pageWidth: number;
  paper: string;
  ink: string;
  bar: string;
}

test('as readers see it', options, async (t) => {
  const directory = await writeResults(t.testdir(), ENTRIES);
  t.equal(spawnSync(process.execPath, [REPORT, directory]).status, 0);
  const url = pathToFileURL(path.join(directory, 'report.html')).href;
  const browser = await startBrowser(program ?? '');
  t.teardown(() => browser.close());

  const seen = new Map<string, Seen>();
  for (const width of [360, 1280]) {
    for (const scheme of ['light', 'dark'] as const) {
      await browser.open(url, { width, height: 800, scheme });
      const look = (await browser.evaluate(LOOK)) as Seen;
      seen.set(`${width} ${scheme}`, look);
      const { figures, shown, empty, texts, cut, small, pageWidth } = look;
      const where = `${width} pixels, ${scheme}`;
      t.ok(figures >= 10 && texts > 100, `${where}: ${figures} figures, ${texts} texts`);
      t.equal(shown, figures, 'of every figure one drawing is shown');
      t.equal(empty, 0, 'and none is empty');
      t.same(cut, [], 'no letters are cut off');
      t.same(small, [], 'none are too small');
      t.ok(pageWidth <= width, `the page is no wider than the screen: ${pageWidth}`);
    }
  }
  const [light, dark] = [seen.get('1280 light'), seen.get('1280 dark')];
  t.equal(light?.paper, 'rgb(255, 255, 255)');
  for (const part of ['paper', 'ink', 'bar'] as const)
    t.not(light?.[part], dark?.[part], `another ${part} in the dark`);
  t.same(browser.complaints, [], 'nothing on the console');
  t.same([...new Set(browser.requests)], [url], 'nothing but the page is loaded');
});
