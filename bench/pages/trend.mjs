// docs/trend.md and its charts: the ratios in ../trend.jsonl over the runs there were.
import { METRICS } from '../lib/metrics.mjs';
import { drawSvg, standAlone } from '../report/svg.mjs';
import { colorOf } from '../report/theme.mjs';
import { sentence } from '../report/words.mjs';
import { BASE } from './trend-lines.mjs';

/** @typedef {import('./trend-lines.mjs').TrendLine} TrendLine */

const SHOWN = ['rondo-native', 'cluster-rondo', 'cluster-none'];
const SIZE = { width: 560, height: 220 };

/**
 * What is drawn: where plain node:cluster has a figure, and a way of SHOWN has one in two runs or more.
 * @type {{ scenario: string, variant: string, metric: string, words: string }[]}
 */
const CHARTS = [
  {
    scenario: 'storm',
    variant: '2 workers',
    metric: 'rate',
    words: 'Short connections: rate by that of plain `node:cluster`. More is better.',
  },
  {
    scenario: 'busy',
    variant: '2 workers',
    metric: 'stddevMs',
    words:
      'A handler that is busy for 3 ms: standard deviation of latency by that of plain `node:cluster`. Less is better.',
  },
  {
    scenario: 'keep-alive',
    variant: '2 workers',
    metric: 'rate',
    words:
      'Requests on connections that stay: rate by that of plain `node:cluster`. No difference is expected.',
  },
];

/** @param {TrendLine[]} lines */
export async function renderTrend(lines) {
  const runs = runsOf(lines);
  /** @type {Map<string, string>} */
  const charts = new Map();
  const sections = [];
  for (const chart of CHARTS) {
    const name = `trend-${chart.scenario}-${chart.metric}`;
    const own = lines
      .filter((line) => line.scenario === chart.scenario && line.variant === chart.variant)
      .filter((line) => line.metric === chart.metric && SHOWN.includes(line.contestant))
      .filter(({ ratio }) => ratio !== null);
    const title = `${chart.scenario}: ${METRICS[chart.metric].name ?? chart.metric} over commits`;
    const svg = await drawSvg(specOf(own, runs), { id: name, title, words: chart.words });
    charts.set(name, `${standAlone(svg)}\n`);
    sections.push(
      `## ${sentence(chart.scenario)}\n\n${chart.words}\n\n![${title}](bench/${name}.svg)\n\n${table(own, runs)}`,
    );
  }
  return { page: page(sections, runs), charts };
}

/**
 * @param {string[]} sections
 * @param {Run[]} runs
 */
function page(sections, runs) {
  return `# Trend

<!-- Made of bench/trend.jsonl by \`npm run bench:pages\`. -->

What the [benchmark](benchmark.md) has found at ${runs.length} runs, the oldest first. A ratio below is the median of a way by that of plain \`node:cluster\` in the same run,
because rates and times measured on different days cannot be compared. Runs have different numbers of rounds and connections, and a ratio varies by a tenth from
run to run. A regression is a ratio that becomes worse over several runs.

${sections.join('\n\n')}

## A run more

\`\`\`sh
npm run bench:quick -- --out results
npm run bench:trend -- results
npm run bench:pages
\`\`\`

The second appends to [\`bench/trend.jsonl\`](../bench/trend.jsonl), a line for each contestant in each scenario; the third draws this page anew.
\`.ci/run\` prints the same lines of its own run, and changes no file.
`;
}

/** @typedef {{ label: string, date: string }} Run */

/**
 * @param {TrendLine[]} lines
 * @returns {Run[]}
 */
function runsOf(lines) {
  const runs = new Map(lines.map((line) => [labelOf(line), line]));
  return [...runs]
    .map(([label, { date }]) => ({ label, date }))
    .sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** @param {TrendLine} line */
function labelOf({ commit, date }) {
  return `${commit?.replace(/^(.{7})[^-]*/, '$1') ?? 'unknown'}, ${date.slice(5, 16).replace('T', ' ')}`;
}

/**
 * @param {TrendLine[]} lines
 * @param {Run[]} runs
 */
function specOf(lines, runs) {
  const contestants = SHOWN.filter((name) => lines.some(({ contestant }) => contestant === name));
  const color = {
    field: 'contestant',
    scale: { domain: contestants, range: contestants.map((name) => colorOf(name, [])) },
  };
  const values = lines.map((line) => ({ ...line, run: labelOf(line) }));
  const x = {
    field: 'run',
    type: 'ordinal',
    sort: null,
    scale: { domain: runs.map(({ label }) => label) },
    axis: { title: null, labelAngle: -30 },
  };
  const y = {
    field: 'ratio',
    type: 'quantitative',
    scale: { zero: true },
    axis: { title: `by ${BASE}`, tickCount: 5 },
  };
  const line = { mark: { type: 'line', point: true }, encoding: { x, y, color } };
  const one = {
    mark: { type: 'rule', strokeDash: [4, 4], stroke: 'var(--muted)' },
    encoding: { y: { datum: 1 } },
  };
  return { ...SIZE, data: { values }, layer: [one, line] };
}

/**
 * @param {TrendLine[]} lines
 * @param {Run[]} runs
 */
function table(lines, runs) {
  const rows = runs.flatMap(({ label }) => {
    const own = lines.filter((line) => labelOf(line) === label);
    if (own.length === 0) return [];
    const cells = SHOWN.map(
      (name) => own.find(({ contestant }) => contestant === name)?.ratio?.toFixed(2) ?? '',
    );
    return [`| ${label} | ${cells.join(' | ')} |`];
  });
  return [
    `| commit, date | ${SHOWN.join(' | ')} |`,
    `|---|${'---:|'.repeat(SHOWN.length)}`,
    ...rows,
  ].join('\n');
}
