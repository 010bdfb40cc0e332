// The figures of a cell that tables and targets speak of, and their medians over rounds.

/** @typedef {import('./types.mjs').Cell} Cell */
/** @typedef {Cell & Required<Pick<Cell, 'load' | 'cpuUs' | 'othersCores'>>} ValidCell */

/** @type {Record<string, { label: string, digits: number, of: (cell: ValidCell) => number }>} */
export const METRICS = {
  rate: { label: 'per second', digits: 0, of: ({ load }) => load.rate },
  primaryUs: { label: 'primary µs', digits: 1, of: ({ cpuUs }) => cpuUs.primary },
  workersUs: { label: 'workers µs', digits: 1, of: ({ cpuUs }) => cpuUs.workers },
  clientUs: { label: 'client µs', digits: 1, of: ({ cpuUs }) => cpuUs.client },
  meanMs: { label: 'mean ms', digits: 2, of: ({ load }) => load.latencyMs.mean },
  stddevMs: { label: 'stddev ms', digits: 2, of: ({ load }) => load.latencyMs.stddev },
  stddevAllMs: { label: 'with start', digits: 2, of: ({ load }) => load.latencyMs.stddevAll },
  p50Ms: { label: 'p50', digits: 2, of: ({ load }) => load.latencyMs.p50 },
  p99Ms: { label: 'p99', digits: 2, of: ({ load }) => load.latencyMs.p99 },
  maxMs: { label: 'max ms', digits: 1, of: ({ load }) => load.latencyMs.max },
  othersCores: { label: 'others', digits: 2, of: ({ othersCores }) => othersCores },
  busiest: { label: 'busiest %', digits: 1, of: ({ load }) => largestShare(load.workers) },
  busiestConnections: {
    label: 'conns %',
    digits: 1,
    of: ({ load }) => largestShare(load.workerConnections),
  },
};

/**
 * The share of the worker with the most, in percent: 50 is even for 2 workers.
 * @param {Record<string, number>} counts by worker
 */
function largestShare(counts) {
  const values = Object.values(counts);
  return (100 * Math.max(...values)) / values.reduce((sum, value) => sum + value, 0);
}

/**
 * @param {Cell} cell
 * @returns {cell is ValidCell}
 */
export function isValid(cell) {
  return cell.reason === undefined && cell.load !== undefined && cell.cpuUs !== undefined;
}

/**
 * The values of one metric over the rounds.
 * @param {Cell[]} cells
 * @param {string} scenario
 * @param {string} contestant
 * @param {string} metric a key of METRICS
 */
export function valuesOf(cells, scenario, contestant, metric) {
  return cells
    .filter((cell) => cell.scenario === scenario && cell.contestant === contestant)
    .filter(isValid)
    .map(METRICS[metric].of);
}

/**
 * One metric of one contestant by that of another, for each pass that both have a valid cell of.
 * @param {Cell[]} cells
 * @param {string} scenario
 * @param {string} metric a key of METRICS
 * @param {string} of
 * @param {string} against
 */
export function pairedRatios(cells, scenario, metric, of, against) {
  const valid = cells.filter((cell) => cell.scenario === scenario).filter(isValid);
  return valid.flatMap((own) => {
    if (own.contestant !== of) return [];
    const base = valid.find(
      ({ contestant, round, pass }) =>
        contestant === against && round === own.round && pass === own.pass,
    );
    return base ? [METRICS[metric].of(own) / METRICS[metric].of(base)] : [];
  });
}

/**
 * Undefined for no values.
 * @param {number[]} values
 */
export function median(values) {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
