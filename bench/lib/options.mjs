// The command line of ../run.mjs.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CONTESTANTS } from '../contestants/index.mjs';
import { SCENARIOS } from '../scenarios/index.mjs';

const LOADGEN = fileURLToPath(new URL('../../build/Release/loadgen', import.meta.url));
const ROUNDS = 7;
const MIN_QUICK_ROUNDS = 5;

export const USAGE = `usage: node bench/run.mjs [options]
  --quick              some 4 minutes on 2 idle cores: smaller loads, at least ${MIN_QUICK_ROUNDS} rounds
  --rounds N           how often each cell runs (${ROUNDS}; with --quick ${MIN_QUICK_ROUNDS})
  --scenario A,B       only these (all; with --quick ${quickScenarios().join(', ')})
  --contestant A,B     only these (all; in keep-alive those it is a question for)
  --workers N          worker processes (2)
  --connections N      connections (keep-alive: requests) of a cell, where its load is a number of them
  --out DIR            write results.jsonl, a line per cell, and report.html there
  --loadgen FILE       the load generator (build/Release/loadgen)
  --list               list scenarios and contestants, and end
  --help               this text`;

/** A command line that says something impossible. */
export class UsageError extends Error {}

/** @param {string[]} args */
export function parseOptions(args) {
  const values = parse(args);
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
    loadgen: values.loadgen,
    out: values.out,
  };
}

function quickScenarios() {
  return Object.keys(SCENARIOS).filter((name) => SCENARIOS[name].isQuick);
}

/** @returns {Record<string, string>} */
function allContestants() {
  const own = Object.values(SCENARIOS).map(({ ownContestants }) => ownContestants);
  return Object.assign({}, CONTESTANTS, ...own);
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        scenario: { type: 'string' },
        contestant: { type: 'string' },
        workers: { type: 'string', default: '2' },
        connections: { type: 'string' },
        out: { type: 'string' },
        loadgen: { type: 'string', default: LOADGEN },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} option
 * @param {string} text
 * @param {number} min
 * @param {number} max
 */
function wholeNumber(option, text, min, max) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`${option} must be a whole number from ${min} to ${max}, not '${text}'`);
  }
  return value;
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
