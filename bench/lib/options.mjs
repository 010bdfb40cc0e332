// The command line of ../run.mjs.
import { CONTESTANTS } from '../contestants/index.mjs';
import { SCENARIOS } from '../scenarios/index.mjs';
import { parseOnlyOptions, UsageError, wholeNumber } from './command-line.mjs';
import { programFile } from './programs.mjs';

const ROUNDS = 7;
const MIN_QUICK_ROUNDS = 5;

/** @satisfies {import('node:util').ParseArgsConfig['options']} */
const OPTIONS = /** @type {const} */ ({
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  scenario: { type: 'string' },
  contestant: { type: 'string' },
  variant: { type: 'string', multiple: true, default: [] },
  workers: { type: 'string', default: '2' },
  connections: { type: 'string' },
  out: { type: 'string' },
  loadgen: { type: 'string', default: programFile('loadgen') },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

export const USAGE = `usage: node bench/run.mjs [options]
  --quick              under 4 minutes on 2 idle cores, where all takes 85: smaller loads, at least ${MIN_QUICK_ROUNDS} rounds
  --rounds N           how often each cell runs (${ROUNDS}; with --quick ${MIN_QUICK_ROUNDS})
  --scenario A,B       only these (all; with --quick ${quickScenarios().join(', ')})
  --contestant A,B     only these (those that the scenario names: some have many cells, and not all of
                       them for everyone)
  --variant TEXT       only these variants of a scenario, such as 'cores idle, 8 workers' or 'load bursts': parts
                       of what stands above a table; may be given several times (all)
  --workers N          worker processes (2)
  --connections N      connections (keep-alive: requests) of a cell, where its load is a number of them
  --out DIR            write results.jsonl, a line per cell, and report.html there
  --loadgen FILE       the load generator (the one that was built or came with the package)
  --list               list scenarios and contestants, and end
  --help               this text`;

/** @param {string[]} args */
export function parseOptions(args) {
  const values = parseOnlyOptions(args, OPTIONS);
  const defaultRounds = values.quick ? MIN_QUICK_ROUNDS : ROUNDS;
  const rounds = wholeNumber('--rounds', values.rounds ?? String(defaultRounds), 1, 100);
  if (values.quick && rounds < MIN_QUICK_ROUNDS) {
    throw new UsageError(`--quick needs --rounds ${MIN_QUICK_ROUNDS} or more, not ${rounds}`);
  }
  return {
    help: values.help,
    list: values.list,
    quick: values.quick,
    rounds,
    workers: wholeNumber('--workers', values.workers, 1, 64),
    connections:
      values.connections === undefined
        ? undefined
        : wholeNumber('--connections', values.connections, 100, 5_000_000),
    scenarios:
      values.scenario === undefined && values.quick
        ? quickScenarios().map((name) => SCENARIOS[name])
        : names('--scenario', values.scenario, SCENARIOS).map((name) => SCENARIOS[name]),
    contestants:
      values.contestant === undefined
        ? undefined
        : names('--contestant', values.contestant, allContestants()),
    variants: values.variant,
    loadgen: values.loadgen,
    out: values.out,
  };
}

function quickScenarios() {
  return Object.keys(SCENARIOS).filter((name) => SCENARIOS[name].quick);
}

/** @returns {Record<string, string>} */
function allContestants() {
  const own = Object.values(SCENARIOS).map(({ ownContestants }) => ownContestants);
  return Object.assign({}, CONTESTANTS, ...own);
}

/**
 * The named ones, in the order of `all`.
 * @param {string} option
 * @param {string | undefined} list
 * @param {Record<string, unknown>} all
 */
function names(option, list, all) {
  if (list === undefined) return Object.keys(all);
  const wanted = list.split(',');
  const unknown = wanted.filter((name) => !Object.hasOwn(all, name));
  if (unknown.length > 0) {
    throw new UsageError(
      `${option}: no '${unknown.join(', ')}'; there are ${Object.keys(all).join(', ')}`,
    );
  }
  return Object.keys(all).filter((name) => wanted.includes(name));
}
