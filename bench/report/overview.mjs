// What one wants to see first: every contestant in every scenario, by the figure that the scenario is
// about, with the best in bold.
import { LIMITS } from '../contestants/index.mjs';
import { mainMetrics } from '../lib/results.mjs';
import { SCENARIOS } from '../scenarios/index.mjs';
import { estimate, fullest, groupsOf } from './summarize.mjs';
import { escapeText } from './svg.mjs';
import { byMerit, formatNumber, metricOf, overlap, placeOf } from './words.mjs';

/** @typedef {import('../lib/results.mjs').Result} Result */

const CAPTION = 'All at a glance: medians of the figure that each scenario is about';
const READING =
  'In bold: the best way to share a port, and all that cannot be told from it (the 95 % intervals overlap). ' +
  'A dash: it was not asked, or has no valid cell.';
const GRAY = ' In gray: no ways to share a port, but limits and checks.';

/**
 * @param {Result[]} results
 * @param {string[]} scenarios
 * @param {string[]} contestants
 * @param {(scenario: string) => string} idOf of the scenario's heading
 */
export function renderOverview(results, scenarios, contestants, idOf) {
  const columns = scenarios
    .filter((name) => SCENARIOS[name] && !SCENARIOS[name].ownContestants)
    .map((name) => columnOf(results, name));
  const names = contestants.filter((name) => columns.some(({ rows }) => rows.has(name)));
  const limits = names.filter((name) => LIMITS.includes(name));
  const sorted = [...names.filter((name) => !LIMITS.includes(name)), ...limits];
  const head = columns.map(
    ({ scenario, place, metric, arrow }) =>
      `<th scope="col"><a href="#${idOf(scenario)}">${escapeText(scenario)}</a><br>` +
      `${escapeText(metric.label)} ${arrow}<br>${escapeText(place)}</th>`,
  );
  const body = sorted.map(
    (name) =>
      `<tr${LIMITS.includes(name) ? ' class="limit"' : ''}><th scope="row">${escapeText(name)}</th>` +
      `${columns.map((column) => cellOf(column, name)).join('')}</tr>`,
  );
  return (
    `<div class="scroll" role="region" tabindex="0" aria-label="${CAPTION}"><table class="overview">` +
    `<caption>${CAPTION}</caption><thead><tr><th scope="col">contestant</th>${head.join('')}</tr></thead>` +
    `<tbody>${body.join('\n')}</tbody></table></div>` +
    `<p class="reading">${READING}${limits.length > 0 ? GRAY : ''}</p>`
  );
}

/** @typedef {ReturnType<typeof columnOf>} Column */

/**
 * @param {Result[]} results
 * @param {string} scenario
 */
function columnOf(results, scenario) {
  const { isHeadline = () => true } = SCENARIOS[scenario] ?? {};
  const own = results.filter(
    (result) => result.scenario === scenario && isHeadline(result.parameters ?? {}),
  );
  const group = fullest(groupsOf(own.length > 0 ? own : results, scenario));
  const metric = metricOf(mainMetrics(scenario)[0]);
  const rows = new Map(group.rows.map((row) => [row.contestant, row]));
  const ranked = byMerit(
    group.rows.filter(({ contestant }) => !LIMITS.includes(contestant)),
    metric,
  );
  const best = ranked
    .filter((one) => one === ranked[0] || overlap(one, ranked[0]))
    .filter(({ interval }) => interval !== undefined)
    .map(({ row }) => row.contestant);
  return {
    scenario,
    metric,
    arrow: metric.better === 'higher' ? '↑' : '↓',
    place: [group.heading, placeOf(group.axis, group.at)].filter(Boolean).join(', '),
    rows,
    best,
  };
}

/**
 * @param {Column} column
 * @param {string} contestant
 */
function cellOf({ rows, best, metric }, contestant) {
  const row = rows.get(contestant);
  const found = row && estimate(row, metric.key);
  if (!found) return '<td>–</td>';
  const text = formatNumber(found.value, metric.digits);
  return `<td>${best.includes(contestant) ? `<b>${text}</b>` : text}</td>`;
}
