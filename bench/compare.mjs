// Two results of the benchmark, such as before and after a change:
//   node bench/compare.mjs A B [--tolerance PERCENT]
// For each contestant in each scenario: how its main figures in B compare with those in A.
//
// Exit code: 0; 1 if a figure is worse by more than the tolerance, all of its interval; 2 for a wrong command line or
// nothing that could be compared.
import { parse, UsageError } from './lib/command-line.mjs';
import { compareResults, formatComparison } from './lib/comparison.mjs';
import { ResultsError, readResults } from './lib/results.mjs';

const USAGE = `usage: node bench/compare.mjs A B [--tolerance PERCENT]
  A, B                 directories with results.jsonl: the baseline, and what is compared with it
  --tolerance PERCENT  the exit code is 1 if a figure, with all of its interval, is worse by more (5)
  --help               this text`;

/** @satisfies {import('node:util').ParseArgsConfig['options']} */
const OPTIONS = /** @type {const} */ ({
  tolerance: { type: 'string', default: '5' },
  help: { type: 'boolean', default: false },
});

main(process.argv.slice(2));

/** @param {string[]} args */
function main(args) {
  try {
    const { help, from, to, tolerance } = parseOptions(args);
    if (help) return console.log(USAGE);
    compare(from, to, tolerance);
  } catch (error) {
    if (error instanceof UsageError) return fail(`${error.message}\n${USAGE}`);
    if (!(error instanceof ResultsError)) throw error;
    fail(error.message);
  }
}

/** @param {string[]} args */
function parseOptions(args) {
  const { values, positionals } = parse(args, OPTIONS);
  const [from = '', to = '', ...others] = positionals;
  const tolerance = Number(values.tolerance);
  if (values.help) return { help: true, from, to, tolerance };
  if (to === '' || others.length > 0) throw new UsageError('two directories are needed');
  if (values.tolerance.trim() === '' || !(tolerance >= 0 && tolerance <= 1_000)) {
    throw new UsageError(`--tolerance must be a number from 0 to 1000, not '${values.tolerance}'`);
  }
  return { help: false, from, to, tolerance };
}

/**
 * @param {string} from
 * @param {string} to
 * @param {number} tolerance
 */
function compare(from, to, tolerance) {
  const comparison = compareResults(readResults(from), readResults(to));
  if (comparison.rows.every(({ verdict }) => verdict === 'too few rounds')) {
    for (const note of comparison.notes) console.error(note);
    return fail(
      'nothing to compare: no contestant has enough valid rounds in both, in the same scenario',
    );
  }
  console.log(formatComparison(comparison, tolerance));
  if (comparison.rows.some(({ lossPercent }) => lossPercent > tolerance)) process.exitCode = 1;
}

/** @param {string} text */
function fail(text) {
  console.error(text);
  process.exitCode = 2;
}
