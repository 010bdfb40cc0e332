// The figures behind a scenario's charts, as a table: what a chart says to the eye it says to
// everyone.
import { mainMetrics } from '../lib/results.mjs';
import { SCENARIOS } from '../scenarios/index.mjs';
import { estimate } from './summarize.mjs';
import { escapeText } from './svg.mjs';
import { formatNumber, metricOf } from './words.mjs';

/**
 * @param {import('./summarize.mjs').Group} group
 * @param {string} scenario
 * @param {string} caption
 */
export function tableOf({ rows }, scenario, caption) {
  const main = mainMetrics(scenario);
  const columns = SCENARIOS[scenario]?.columns ?? [];
  const found = new Set(
    rows.flatMap((row) => row.valid.flatMap(({ figures }) => Object.keys(figures))),
  );
  const keys = [...new Set([...main, ...columns, ...found])].filter((key) => found.has(key));
  const head = ['contestant', ...keys.map((key) => metricOf(key).label), 'cells'];
  const body = rows.map((row) => {
    const figures = keys.map((key) => figureOf(row, key, main.includes(key)));
    const count =
      row.valid.length === row.total ? `${row.total}` : `${row.valid.length} of ${row.total}`;
    return `<tr><th scope="row">${escapeText(row.contestant)}</th>${[...figures, count].map((text) => `<td>${text}</td>`).join('')}</tr>`;
  });
  return (
    `<div class="scroll" role="region" tabindex="0" aria-label="${escapeText(caption)}"><table>` +
    `<caption>${escapeText(caption)}</caption>` +
    `<thead><tr>${head.map((text) => `<th scope="col">${escapeText(text)}</th>`).join('')}</tr></thead>` +
    `<tbody>${body.join('\n')}</tbody></table></div>`
  );
}

/**
 * @param {import('./summarize.mjs').Row} row
 * @param {string} key
 * @param {boolean} withInterval
 */
function figureOf(row, key, withInterval) {
  const found = estimate(row, key);
  if (!found) return '–';
  const { digits } = metricOf(key);
  const { value, interval } = found;
  if (!withInterval || !interval) return formatNumber(value, digits);
  const [from, to] = [interval.from, interval.to].map((bound) => formatNumber(bound, digits));
  return `${formatNumber(value, digits)} <small>(${from} to ${to})</small>`;
}
