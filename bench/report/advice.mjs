// The table by situation: which way of sharing a port the results of this machine speak for.
import { AS_GOOD, place, SITUATIONS, show, WAYS } from './situations.mjs';
import { escapeText } from './svg.mjs';

/** @typedef {import('../lib/results.mjs').Result} Result */

const CAPTION = 'By situation: which way of sharing a port these figures speak for';
const READING =
  `In bold the best, and what is less than ${Math.round(100 * (AS_GOOD - 1))} % or a negligible amount behind it. ` +
  'A dash: it was not asked, or has no valid cell.';

/**
 * Empty if no situation has figures of two ways.
 * @param {Result[]} results
 */
export function renderAdvice(results) {
  const rows = SITUATIONS.map((situation) => ({
    situation,
    placed: place(situation, results),
  })).filter(({ placed }) => placed.length > 1);
  if (rows.length === 0) return '';
  const ways = Object.keys(WAYS).filter((way) =>
    rows.some(({ placed }) => placed.some((one) => one.way === way)),
  );
  const head = ways.map((way) => `<th scope="col">${plain(WAYS[way])}</th>`);
  const body = rows.map(({ situation: { text, figure, metric }, placed }) => {
    const cells = ways.map((way) => {
      const found = placed.find((one) => one.way === way);
      if (!found) return '<td>–</td>';
      const shown = show(metric, found.value);
      return `<td>${found.isGood ? `<b>${shown}</b>` : shown}</td>`;
    });
    const name = `${escapeText(text)}<br><small>${escapeText(figure)}</small>`;
    return `<tr><th scope="row">${name}</th>${cells.join('')}</tr>`;
  });
  return (
    `<div class="scroll" role="region" tabindex="0" aria-label="${CAPTION}"><table class="advice">` +
    `<caption>${CAPTION}</caption><thead><tr><th scope="col">your program has</th>${head.join('')}</tr></thead>` +
    `<tbody>${body.join('\n')}</tbody></table></div><p class="reading">${READING}</p>`
  );
}

/** @param {string} text in Markdown */
function plain(text) {
  return escapeText(text.replaceAll('`', ''));
}
