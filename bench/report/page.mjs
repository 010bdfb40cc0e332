// The report as one HTML document that loads nothing: machine and method, what speaks against the
// figures, and a section per scenario.
import { CONTESTANTS } from '../contestants/index.mjs';
import { publishedLines } from '../lib/published.mjs';
import { disturbance, voidList } from '../lib/tables.mjs';
import { SCENARIOS } from '../scenarios/index.mjs';
import { renderAdvice } from './advice.mjs';
import { LAYOUTS } from './layout.mjs';
import { renderOverview } from './overview.mjs';
import { partsOf } from './sections.mjs';
import { STYLE } from './style.mjs';
import { namesOf } from './summarize.mjs';
import { drawSvg, escapeText } from './svg.mjs';
import { tableOf } from './table.mjs';
import { colorOf } from './theme.mjs';
import { formatNumber, placeOf } from './words.mjs';

/** @typedef {import('../lib/results.mjs').Result} Result */

const MAX_REASON = 400;

/**
 * @param {Result[]} results
 * @returns {Promise<{ html: string, charts: Map<string, string> }>} the charts by their ids, as SVG
 */
export async function renderReport(results) {
  const contestants = namesOf(results, 'contestant');
  const scenarios = namesOf(results, 'scenario');
  /** @type {Map<string, string>} */
  const charts = new Map();
  const sections = [];
  for (const scenario of scenarios) {
    sections.push(await renderScenario(results, scenario, contestants, charts));
  }
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>rondo: benchmark report</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>What it costs to share a port among Node.js processes</h1>
${renderMachine(results)}
${renderMethod(results)}
${renderWarnings(results)}
<nav aria-label="Scenarios"><ul>${scenarios.map((name) => `<li><a href="#${idOf(name)}">${escapeText(name)}</a></li>`).join('')}</ul></nav>
</header>
<main>
${renderAdvice(results)}
${renderOverview(results, scenarios, contestants, idOf)}
${renderContestants(contestants)}
${sections.join('\n')}
</main>
</body>
</html>
`;
  return { html, charts };
}

/**
 * @param {Result[]} results
 * @param {string} scenario
 * @param {string[]} contestants
 * @param {Map<string, string>} charts
 */
async function renderScenario(results, scenario, contestants, charts) {
  const parts = partsOf(results, scenario, contestants);
  const texts = [];
  for (const { heading, figures, groups } of parts) {
    const where = `${scenario}${heading && `, ${heading}`}`;
    if (heading !== '') texts.push(`<h3>${escapeText(heading)}</h3>`);
    for (const figure of figures) {
      const id = idOf(scenario, heading, figure.name);
      texts.push(await renderFigure(figure, id, where, contestants, charts));
    }
    const tables = groups.map((group) =>
      tableOf(group, scenario, `${where}, ${placeOf(group.axis, group.at)}: medians`),
    );
    texts.push(`<details><summary>All figures</summary>${tables.join('\n')}</details>`);
  }
  const question = SCENARIOS[scenario];
  const { about = '', expected } = question ?? {};
  const published = question ? publishedLines(question, results) : [];
  const notes = new Set(results.flatMap((cell) => (cell.scenario === scenario && cell.note) || []));
  const noted = [expected ?? [], ...notes, ...published]
    .flat()
    .map((note) => `<p class="about">${escapeText(note)}</p>`)
    .join('');
  return `<section><h2 id="${idOf(scenario)}">${escapeText(scenario)}</h2><p class="about">${escapeText(about)}</p>${noted}\n${texts.join('\n')}</section>`;
}

/**
 * @param {import('./sections.mjs').Figure} figure
 * @param {string} id
 * @param {string} where
 * @param {string[]} contestants
 * @param {Map<string, string>} charts
 */
async function renderFigure({ kind, title, words, reading, draw }, id, where, contestants, charts) {
  const drawings = [];
  for (const layout of LAYOUTS) {
    const chart = `${id}-${layout.name}`;
    const svg = await drawSvg(draw(layout), {
      id: chart,
      title: `${where}: ${title}`,
      words: words.join(' '),
    });
    charts.set(chart, svg);
    drawings.push(`<div class="${layout.name}">${svg}</div>`);
  }
  return (
    `<figure id="${id}" data-kind="${kind}"><h4>${escapeText(title)}</h4>${drawings.join('\n')}` +
    `<figcaption>${words.map((text) => `<p>${withNames(text, contestants)}</p>`).join('')}<p class="reading">${withNames(reading, contestants)}</p></figcaption></figure>`
  );
}

/** @param {Result[]} results */
function renderMachine(results) {
  const [{ machine, node, commit }] = results;
  const times = results.map(({ time }) => time).sort();
  const workers = [...new Set(results.map((result) => result.workers))].sort((a, b) => a - b);
  const loads = results.map(({ loadAverage }) => loadAverage[0]);
  const [lowest, highest] = [Math.min(...loads), Math.max(...loads)].map((load) =>
    formatNumber(load, 1),
  );
  const rows = [
    [
      'machine',
      `${machine.cores} × ${machine.cpu}, ${formatNumber(machine.memoryMb / 1024, 1)} GB`,
    ],
    ['kernel', `${machine.kernel}, ${machine.arch}`],
    ['Node.js', node],
    ['commit', commit ?? 'unknown'],
    ['when', `${minute(times[0])} to ${minute(times.at(-1) ?? times[0])} UTC`],
    ['workers', workers.join(', ')],
    ['rounds', `${Math.max(...results.map(({ round }) => round))}`],
    ['load average', `${lowest} to ${highest} before a cell (1 minute)`],
  ];
  return `<dl>${rows.map(([name, text]) => `<dt>${name}</dt><dd>${escapeText(text)}</dd>`).join('')}</dl>`;
}

/** @param {Result[]} results */
function renderMethod(results) {
  return `<p>Each of the ${formatNumber(results.length, 0)} cells is a contestant in a scenario, once. Contestants take turns, and each round has
every cell. Replies are checked before and while anything is timed; a cell with a wrong one is void and counts nowhere.
Figures are medians over the rounds with 95&nbsp;% intervals by bootstrap. Where two intervals overlap, there is no difference to speak of.
Everything ran on one machine over loopback, the load generator too: rates are those of the whole machine, so look at CPU time and at ratios.</p>`;
}

/** @param {Result[]} results */
function renderWarnings(results) {
  const machines = new Set(results.map(({ machine, node }) => JSON.stringify([machine, node])));
  const voids = voidList(results)
    .split(/\n(?=void \()/)
    .filter(Boolean)
    .map(brief);
  const texts = [
    machines.size > 1 &&
      'These results come from more than one machine or Node.js: do not compare them.',
    disturbance(results),
    voids.length > 0 &&
      `Void cells: ${results.filter(({ valid }) => !valid).length} of ${results.length}.`,
  ].filter(Boolean);
  const list = voids.map((text) => `<li>${escapeText(text)}</li>`).join('');
  return (
    texts.map((text) => `<p class="warning">${escapeText(String(text))}</p>`).join('\n') +
    (list && `<ul class="voids">${list}</ul>`)
  );
}

/**
 * A reason may be what a process wrote when it died: without the stack and the empty lines.
 * @param {string} reason
 */
function brief(reason) {
  const lines = reason.split('\n').filter((line) => !/^\s*(?:at .*|\^+)?$/.test(line));
  return lines
    .map((line) => line.trim())
    .join(' ')
    .slice(0, MAX_REASON);
}

/**
 * Of a contestant that is there in one scenario only.
 * @param {string} name
 */
function ownAbout(name) {
  return Object.values(SCENARIOS).flatMap(({ ownContestants }) => ownContestants?.[name] ?? [])[0];
}

/** @param {string[]} contestants */
function renderContestants(contestants) {
  const items = contestants.map((name) => {
    const swatch = `<svg width="14" height="14" aria-hidden="true"><rect width="14" height="14" rx="3" fill="${colorOf(name, contestants)}"/></svg>`;
    const about = CONTESTANTS[name] ?? ownAbout(name);
    return `<li>${swatch}<strong>${escapeText(name)}</strong>${about ? `: ${escapeText(about)}` : ''}</li>`;
  });
  return `<details open><summary>${contestants.length} contestants</summary><ul class="contestants">${items.join('\n')}</ul></details>`;
}

/**
 * Names in one piece, for they have hyphens, and numbers with their percent sign.
 * @param {string} text
 * @param {string[]} contestants
 */
function withNames(text, contestants) {
  const names = contestants.map((name) => escapeText(name).replace(/[^\w-]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\w-])(?:${names.join('|')})(?![\\w-])`, 'g');
  return escapeText(text)
    .replace(pattern, '<b>$&</b>')
    .replace(/(\d) %/g, '$1&nbsp;%');
}

/** @param {string[]} names */
function idOf(...names) {
  return names
    .filter((name) => name !== '')
    .join('-')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** @param {string} time */
function minute(time) {
  return time.slice(0, 16).replace('T', ' ');
}
