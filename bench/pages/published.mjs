// The part of docs/benchmark.md that sets published figures beside those of a committed run.
import { METRICS } from '../lib/metrics.mjs';
import { besidePublished } from '../lib/published.mjs';
import { formatNumber, formatRatio } from '../report/words.mjs';
import { SCENARIOS } from '../scenarios/index.mjs';

const published = Object.values(SCENARIOS).flatMap((scenario) =>
  scenario.published ? [{ ...scenario.published, name: scenario.name }] : [],
);

/** @param {import('../lib/results.mjs').Result[]} results */
export function publishedTable(results) {
  const rows = published.flatMap(({ name, ratios }) =>
    ratios.map((ratio) => {
      const { there, here } = besidePublished(ratio, name, results);
      const { metric, of, against, figures, what, at } = ratio;
      const place = Object.values(at?.parameters ?? {}).map((value) => `, ${value}`);
      const shown = figures.map((figure) => formatNumber(figure, METRICS[metric].digits));
      const ours = here === undefined ? 'not in a committed run yet' : formatRatio(here);
      return `| \`${name}\`${place.join('')} | ${what ?? `${of} by ${against}`}: ${METRICS[metric].name ?? metric} | ${there.toFixed(2)} (${shown.join(' / ')}) | ${ours} |`;
    }),
  );
  const near = besidePublished(
    { metric: 'stddevMs', of: 'reuseport', against: 'cluster-none', figures: [25.27, 1.58] },
    'busy',
    results,
  );
  if (near.here !== undefined) {
    rows.push(
      `| \`busy\`, with 50 clients and 3 ms | the same as the first | ${near.there.toFixed(2)} | ${near.here.toFixed(2)} |`,
    );
  }
  return ['| scenario | ratio | published | here |', '|---|---|---:|---:|', ...rows].join('\n');
}

export function publishedNotes() {
  return published
    .map(({ name, source, urls, differs }) => {
      const links = urls.map((url, index) => `[${index === 0 ? source : 'experiment'}](${url})`);
      return `- \`${name}\`: ${links.join(', ')}. ${differs}`;
    })
    .join('\n');
}
