// The benchmark: every contestant in every scenario, interleaved in rounds, and tables of medians
// with the targets at the end. See README.md for what the figures mean and what they cannot say.
//
// Exit code: 0; 1 if a cell was void; 2 for a wrong command line; 130 after Ctrl-C. A missed target
// is a result, not an error.
import { closeSync, existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import os from 'node:os';
import { pathToFileURL } from 'node:url';
import { CONTESTANTS } from './contestants/index.mjs';
import { runCells } from './lib/cell.mjs';
import { UsageError } from './lib/command-line.mjs';
import { describeMachine } from './lib/machine.mjs';
import { isValid, METRICS } from './lib/metrics.mjs';
import { parseOptions, USAGE } from './lib/options.mjs';
import { cellsPerRound, notApplicable, planRound } from './lib/plan.mjs';
import { killAll } from './lib/processes.mjs';
import { missingLoadgen } from './lib/programs.mjs';
import { parametersOf, resultsFile, toResult } from './lib/results.mjs';
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
    console.error(`no load generator at ${options.loadgen}: ${missingLoadgen()}`);
    process.exitCode = 2;
    return;
  }

  const where = describeMachine();
  const { machine, node, commit } = where;
  console.log(
    `${machine.cores} × ${machine.cpu}, ${machine.kernel}, Node ${node}, commit ${commit ?? 'unknown'}, ` +
      `${options.workers} workers, ${options.rounds} rounds`,
  );
  const out = options.out === undefined ? undefined : openResults(options.out);
  const cells = await runRounds(options, (cell, loadAverage) => {
    if (out === undefined) return;
    writeSync(out, `${JSON.stringify(toResult(cell, loadAverage, where))}\n`);
  });
  report(options, cells);
  if (out === undefined || options.out === undefined) return;
  closeSync(out);
  await drawReport(options.out);
}

/** @param {string} directory */
function openResults(directory) {
  mkdirSync(directory, { recursive: true });
  return openSync(resultsFile(directory), 'w');
}

/**
 * What draws the charts are other packages; a run without them has its results.
 * @param {string} directory
 */
async function drawReport(directory) {
  try {
    const { writeReport } = await import('./report/main.mjs');
    console.log(`\n${pathToFileURL(await writeReport(directory))}`);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error(`no report.html, which vega, vega-lite and svgo draw: ${message}`);
  }
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
 * @param {Options} options
 * @param {(cell: import('./lib/types.mjs').Cell, loadAverage: number[]) => void} onCell
 */
async function runRounds(options, onCell) {
  /** @type {import('./lib/types.mjs').Cell[]} */
  const cells = [];
  const total = options.rounds * cellsPerRound(options);
  const start = performance.now();
  for (let round = 1; round <= options.rounds; round++) {
    for (const { plan, contestants } of planRound(options, round)) {
      let loadAverage = os.loadavg();
      for await (const cell of runCells(plan, contestants)) {
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

/** @param {import('./lib/types.mjs').Cell} cell */
function describe(cell) {
  const name = [cell.scenario, parametersOf(cell), cell.contestant].filter(Boolean).join(' ');
  const where = `${name}, ${cell.workers} workers`;
  if (!isValid(cell)) return `${where}: void`;
  const figures = SCENARIOS[cell.scenario].columns.slice(0, 3).map((key) => {
    const { label, digits, of } = METRICS[key];
    return `${label} ${of(cell).toFixed(digits)}`;
  });
  return `${where}: ${figures.join(', ')}`;
}

/**
 * @param {Options} options
 * @param {import('./lib/types.mjs').Cell[]} cells
 */
function report(options, cells) {
  for (const scenario of options.scenarios) {
    console.log(`\n${scenarioTable(cells, scenario)}`);
    for (const line of notApplicable(scenario, options)) console.log(line);
  }
  console.log(`\n${targetTable(cells)}`);
  const warning = disturbance(cells);
  if (warning !== '') console.log(`\n${warning}`);
  const voids = voidList(cells);
  if (voids === '') return;
  console.log(`\n${voids}`);
  process.exitCode = 1;
}

function list() {
  const own = Object.values(SCENARIOS).flatMap(({ ownContestants }) =>
    Object.entries(ownContestants ?? {}),
  );
  console.log('scenarios');
  for (const { name, about } of Object.values(SCENARIOS))
    console.log(`  ${name.padEnd(16)}${about}`);
  console.log('contestants');
  for (const [name, about] of [...Object.entries(CONTESTANTS), ...own])
    console.log(`  ${name.padEnd(26)}${about}`);
}
