// Two results of the benchmark, such as before and after a change:
//   node bench/compare.mjs A B [--tolerance PERCENT]
// For each contestant in each scenario: how its main figures in B compare with those in A.
//
// Exit code: 0; 1 if a figure is worse by more than the tolerance, all of its interval; 2 for a wrong command line or
// nothing that could be compared.
import { parseArgs } from 'node:util';
import { compareResults, formatComparison } from './lib/comparison.mjs';
import { ResultsError, readResults } from './lib/results.mjs';

const USAGE = `usage: node bench/compare.mjs A B [--tolerance PERCENT]
  A, B                 directories with results.jsonl: the baseline, and what is compared with it
  --tolerance PERCENT  the exit code is 1 if a figure, with all of its interval, is worse by more (5)
  --help               this text`;

main(process.argv.slice(2));

/** @param {string[]} args */
function main(args) {
  const command = parse(args);
  if (typeof command === 'string') return fail(`${command}\n${USAGE}`);
  if (command.help) return console.log(USAGE);
  try {
    const comparison = compareResults(readResults(command.from), readResults(command.to));
    if (comparison.rows.every(({ verdict }) => verdict === 'too few rounds')) {
      for (const note of comparison.notes) console.error(note);
      return fail(
        'nothing to compare: no contestant has enough valid rounds in both, in the same scenario',
      );
    }
    console.log(formatComparison(comparison, command.tolerance));
    if (comparison.rows.some(({ lossPercent }) => lossPercent > command.tolerance))
      process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof ResultsError)) throw error;
    fail(error.message);
  }
}

/**
 * @param {string[]} args
 * @returns {{ help: boolean, from: string, to: string, tolerance: number } | string} or what is wrong
 */
function parse(args) {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        tolerance: { type: 'string', default: '5' },
        help: { type: 'boolean', default: false },
      },
    });
    const [from, to] = positionals;
    const tolerance = Number(values.tolerance);
    if (values.help) return { help: true, from: '', to: '', tolerance };
    if (from === undefined || to === undefined || positionals.length > 2)
      return 'two directories are needed';
    if (values.tolerance.trim() === '' || !(tolerance >= 0 && tolerance <= 1_000))
      return `--tolerance must be a number from 0 to 1000, not '${values.tolerance}'`;
    return { help: false, from, to, tolerance };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @param {string} text */
function fail(text) {
  console.error(text);
  process.exitCode = 2;
}
