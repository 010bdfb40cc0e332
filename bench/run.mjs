// The benchmark: every contestant in every scenario, interleaved in rounds, and tables of medians
// with the targets at the end. See README.md for what the figures mean and what they cannot say.
//
// Exit code: 0; 1 if a cell was void; 2 for a wrong command line; 130 after Ctrl-C. A missed target
// is a result, not an error.
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import os from 'node:os';
import { CONTESTANTS } from './contestants/index.mjs';
import { runCells } from './lib/cell.mjs';
import { describeMachine } from './lib/machine.mjs';
import { isValid } from './lib/metrics.mjs';
import { parseOptions, USAGE, UsageError } from './lib/options.mjs';
import { killAll } from './lib/processes.mjs';
import { disturbance, scenarioTable, targetTable, voidList } from './lib/tables.mjs';
import { SCENARIOS } from './scenarios/index.mjs';

/** @typedef {ReturnType<typeof parseOptions>} Options */

process.on('exit', killAll);
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  const options = readOptions(args);
  if (!options) return;
  if (options.help) return console.log(USAGE);
  if (options.list) return list();
  if (!existsSync(options.loadgen)) {
    console.error(`no load generator at ${options.loadgen}: build it with npm run build:native`);
    process.exitCode = 2;
    return;
  }

  const where = describeMachine();
  const { machine, node, commit } = where;
  console.log(
    `${machine.cores} × ${machine.cpu}, ${machine.kernel}, Node ${node}, commit ${commit ?? 'unknown'}, ` +
      `${options.workers} workers, ${options.rounds} rounds`,
  );
  const out = options.out === undefined ? undefined : openSync(options.out, 'w');
  const cells = await runRounds(options, (cell, loadAverage) => {
    if (out === undefined) return;
    const line = { ...cell, time: new Date().toISOString(), loadAverage, ...where };
    writeSync(out, `${JSON.stringify(line)}\n`);
  });
  if (out !== undefined) closeSync(out);
  report(options, cells);
}

/** @param {string[]} args */
function readOptions(args) {
  try {
    return parseOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

/**
 * Neighbours in time are compared with each other: a round has every contestant once, and starts
 * with another one each time, so that no contestant always follows the same.
 * @param {Options} options
 * @param {(cell: import('./lib/types.mjs').Cell, loadAverage: number[]) => void} onCell
 */
async function runRounds(
  { rounds, scenarios, contestants, workers, connections, quick, loadgen },
  onCell,
) {
  /** @type {import('./lib/types.mjs').Cell[]} */
  const cells = [];
  const total = rounds * sum(scenarios.map((scenario) => cellsPerRound(scenario, contestants)));
  const start = performance.now();
  for (let round = 1; round <= rounds; round++) {
    for (const scenario of scenarios) {
      const size = connections ?? (quick ? scenario.quickConnections : undefined);
      const inTurn = rotate(contestantsOf(scenario, contestants), round - 1);
      let loadAverage = os.loadavg();
      for await (const cell of runCells({ scenario, round, workers, size, loadgen }, inTurn)) {
        cells.push(cell);
        onCell(cell, loadAverage);
        loadAverage = os.loadavg();
        const leftS = ((performance.now() - start) / cells.length / 1_000) * (total - cells.length);
        console.error(`${cells.length}/${total} ${describe(cell)} (${Math.round(leftS)} s left)`);
      }
    }
  }
  return cells;
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * @param {import('./lib/types.mjs').Scenario} scenario
 * @param {string[] | undefined} asked
 */
function cellsPerRound(scenario, asked) {
  return contestantsOf(scenario, asked).length * (scenario.passes ?? 1);
}

/**
 * @param {import('./lib/types.mjs').Scenario} scenario
 * @param {string[] | undefined} asked
 */
function contestantsOf(scenario, asked) {
  return asked ?? scenario.contestants ?? Object.keys(CONTESTANTS);
}

/**
 * @template T
 * @param {T[]} list
 * @param {number} by
 */
function rotate(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** @param {import('./lib/types.mjs').Cell} cell */
function describe(cell) {
  const name = `${cell.scenario} ${cell.contestant}`;
  if (!isValid(cell)) return `${name}: void`;
  const { rate, latencyMs } = cell.load;
  return `${name}: ${rate.toFixed(0)}/s, stddev ${latencyMs.stddev.toFixed(2)} ms, max ${latencyMs.max.toFixed(0)} ms`;
}

/**
 * @param {Options} options
 * @param {import('./lib/types.mjs').Cell[]} cells
 */
function report({ scenarios }, cells) {
  for (const scenario of scenarios) console.log(`\n${scenarioTable(cells, scenario)}`);
  console.log(`\n${targetTable(cells)}`);
  const warning = disturbance(cells);
  if (warning !== '') console.log(`\n${warning}`);
  const voids = voidList(cells);
  if (voids === '') return;
  console.log(`\n${voids}`);
  process.exitCode = 1;
}

function list() {
  console.log('scenarios');
  for (const { name, about } of Object.values(SCENARIOS))
    console.log(`  ${name.padEnd(14)}${about}`);
  console.log('contestants');
  for (const [name, about] of Object.entries(CONTESTANTS))
    console.log(`  ${name.padEnd(14)}${about}`);
}
