#!/usr/bin/env node
// The command line of the package, `rondo-bench` and `rondo bench`: without arguments what takes four minutes, with its
// report in ./rondo-bench; with them a run as they say, or one of the other programs.
//
// Exit code: that of the program.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';

/** By the first argument; without one of these, a run. */
const PROGRAMS = {
  run: 'run.mjs',
  compare: 'compare.mjs',
  report: 'report/main.mjs',
  serve: 'serve.mjs',
};
const QUICK = ['--quick', '--out', 'rondo-bench'];

main(process.argv.slice(2));

/** @param {string[]} args */
function main(args) {
  const [first = '', ...rest] = args;
  const isNamed = Object.hasOwn(PROGRAMS, first);
  const file = PROGRAMS[isNamed ? /** @type {keyof typeof PROGRAMS} */ (first) : 'run'];
  const words = args.length === 0 ? QUICK : isNamed ? rest : args;
  const child = spawn(process.execPath, [path.join(import.meta.dirname, file), ...words], {
    stdio: 'inherit',
  });
  // A terminal sends SIGINT to both; the benchmark cleans up and ends, and then this.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)];
  });
}
