// Published figures beside those of this run. Both are ratios: rates and times of two machines say little of each other.
import { isThere } from './judging.mjs';
import { isValid, METRICS } from './metrics.mjs';
import { median } from './statistics.mjs';

/**
 * Where a scenario's load was published, and what came of it there.
 * @typedef {object} Published
 * @property {string} source who, what and when
 * @property {string[]} urls
 * @property {string} differs what is not the same here
 * @property {PublishedRatio[]} ratios
 */

/**
 * @typedef {object} PublishedRatio
 * @property {string} metric a key of METRICS
 * @property {string} of a contestant that is what was measured there
 * @property {string} against likewise
 * @property {[number, number]} figures as they were published
 * @property {string} [what] they are, where they were no contestants
 * @property {import('./judging.mjs').Place} [at] where; without it in all cells of the scenario
 */

/**
 * The ratio that was published, and that of the medians here, if both contestants have valid cells.
 * @param {PublishedRatio} published
 * @param {string} scenario
 * @param {import('./types.mjs').Cell[]} cells
 */
export function besidePublished({ metric, of, against, figures, at }, scenario, cells) {
  const own = cells
    .filter((cell) => cell.scenario === scenario && isThere(cell, at))
    .filter(isValid);
  const [top, bottom] = [of, against].map((name) =>
    median(own.filter(({ contestant }) => contestant === name).map(METRICS[metric].of)),
  );
  const here = top !== undefined && bottom !== undefined ? top / bottom : undefined;
  return { there: figures[0] / figures[1], here };
}

/**
 * A line for each ratio, and where they are from. Nothing for a scenario that was not published.
 * @param {import('./types.mjs').Scenario} scenario
 * @param {import('./types.mjs').Cell[]} cells
 */
export function publishedLines({ name, published }, cells) {
  if (!published) return [];
  const lines = published.ratios.map((ratio) => describe(ratio, name, cells));
  return [...lines, `${published.source}: ${published.urls.join(' ')}`, published.differs];
}

/**
 * @param {PublishedRatio} ratio
 * @param {string} scenario
 * @param {import('./types.mjs').Cell[]} cells
 */
function describe(ratio, scenario, cells) {
  const { metric, of, against, figures, what, at } = ratio;
  const { there, here } = besidePublished(ratio, scenario, cells);
  const { label, digits } = METRICS[metric];
  const [own, base] = figures.map((figure) => figure.toFixed(digits));
  const place = Object.values(at?.parameters ?? {}).map((value) => `, ${value}`);
  const measured = here === undefined ? 'not measured here' : `here ${here.toFixed(2)}`;
  return `published: ${label}${place.join('')}, ${what ?? `${of} by ${against}`}, ${there.toFixed(2)} (${own} / ${base}); ${of} by ${against} ${measured}`;
}
